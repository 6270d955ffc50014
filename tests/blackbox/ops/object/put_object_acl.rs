//! PutObjectAcl.

use crate::ops::Ground;

#[test]
fn what_restates_what_holds_succeeds_and_the_rest_is_not_implemented() {
    let g = Ground::new();
    g.put("k", "x");
    let acl = format!("{}?acl", g.path("k"));
    let document = g.alice.get(&acl).assert_status(200).text();
    g.alice.put(&acl, document.clone()).assert_status(200);
    g.alice.request("PUT", &acl).header("x-amz-acl", "private").send().assert_status(200);
    g.alice.put(&acl, document.replace("FULL_CONTROL", "WRITE")).assert_error(501, "NotImplemented");
    g.alice.request("PUT", &acl).header("x-amz-acl", "public-read").send().assert_error(501, "NotImplemented");
    g.alice.put(&acl, "<x>").assert_error(400, "MalformedXML");
    g.alice.put(&format!("{}?acl", g.path("none")), document).assert_error(404, "NoSuchKey");
    g.get("k").assert_body("x");
}
