//! RestoreObject. AWS documents `InvalidObjectState` (403) for an object that is not archived; none is here.

use crate::ops::Ground;

#[test]
fn what_is_not_archived_cannot_be_restored() {
    let g = Ground::new();
    let class = g.alice.request("PUT", &g.path("k")).header("x-amz-storage-class", "STANDARD_IA").body("x");
    class.send().assert_status(200);
    let target = format!("{}?restore", g.path("k"));
    for body in ["", "<RestoreRequest><Days>1</Days></RestoreRequest>"] {
        let reply = g.alice.post(&target, body).assert_error(403, "InvalidObjectState");
        assert_eq!(reply.element("StorageClass").as_deref(), Some("STANDARD_IA"));
    }
    g.alice.post(&target, "<Other/>").assert_error(400, "MalformedXML");
    g.alice.post(&format!("{}?restore", g.path("none")), "").assert_error(404, "NoSuchKey");
    g.get("k").assert_body("x");
}
