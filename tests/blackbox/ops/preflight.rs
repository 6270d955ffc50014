//! The question of browsers, which carries no signature of its own.

use crate::ops::Ground;

#[test]
fn it_is_answered_before_any_signature_is_looked_at() {
    let g = Ground::new();
    let presigned = g.alice.v4_presigned().presign("GET", &g.path("k"));
    for target in [presigned.as_str(), &g.root(), "/no-such-bucket-here/k"] {
        let ask = || g.alice.anonymous().request("OPTIONS", target);
        ask().send().assert_error(400, "BadRequest");
        ask().header("origin", "https://a.example").send().assert_error(400, "BadRequest");
        let whole = ask().header("origin", "https://a.example").header("access-control-request-method", "GET").send();
        whole.assert_error(403, "AccessForbidden");
    }
}
