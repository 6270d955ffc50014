//! PutBucketAcl.

use crate::ops::Ground;

#[test]
fn what_restates_what_holds_succeeds() {
    let g = Ground::new();
    let acl = format!("{}?acl", g.root());
    let document = g.alice.get(&acl).assert_status(200).text();
    g.alice.put(&acl, document).assert_status(200);
    g.alice.request("PUT", &acl).header("x-amz-acl", "private").send().assert_status(200);
}

#[test]
fn every_other_list_is_not_implemented() {
    let g = Ground::new();
    let acl = format!("{}?acl", g.root());
    let document = g.alice.get(&acl).assert_status(200).text();
    g.alice.put(&acl, document.replace("FULL_CONTROL", "READ")).assert_error(501, "NotImplemented");
    let stranger = "f".repeat(64);
    let other = document.replace(&g.alice.get("/").element("ID").expect("an id"), &stranger);
    g.alice.put(&acl, other).assert_error(501, "NotImplemented");
    for (name, value) in [("x-amz-acl", "public-read"), ("x-amz-grant-full-control", "id=\"x\"")] {
        g.alice.request("PUT", &acl).header(name, value).send().assert_error(501, "NotImplemented");
    }
    g.alice.put(&acl, "<AccessControlPolicy>").assert_error(400, "MalformedXML");
    g.alice.put(&acl, "").assert_error(400, "MissingSecurityHeader");
}
