//! Reading configurations that a bucket does not have: AWS's own answers, never a listing and never 501.

use crate::ops::Ground;

#[test]
fn an_absent_configuration_has_its_own_error() {
    let g = Ground::new();
    for (query, code) in [
        ("website", "NoSuchWebsiteConfiguration"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
        ("policy", "NoSuchBucketPolicy"),
    ] {
        for value in ["", "="] {
            g.alice.get(&format!("{}?{query}{value}", g.root())).assert_error(404, code);
        }
        g.bob.get(&format!("{}?{query}", g.root())).assert_error(403, "AccessDenied");
    }
}

#[test]
fn what_is_always_there_is_an_empty_document() {
    let g = Ground::new();
    for (query, root) in [
        ("logging", "BucketLoggingStatus"),
        ("notification", "NotificationConfiguration"),
        ("accelerate", "AccelerateConfiguration"),
    ] {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        assert_eq!(reply.element(root).as_deref(), Some(""), "{reply}");
    }
    for query in ["analytics", "intelligent-tiering", "inventory", "metrics"] {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        assert_eq!(reply.element("IsTruncated").as_deref(), Some("false"), "{reply}");
        g.alice.get(&format!("{}?{query}&id=x", g.root())).assert_error(404, "NoSuchConfiguration");
    }
}

#[test]
fn a_sub_resource_nobody_has_is_refused_and_does_nothing_else() {
    let g = Ground::new();
    g.put("k", "x");
    for (method, target) in [
        ("PUT", format!("{}?website", g.root())),
        ("GET", format!("{}?torrent", g.path("k"))),
        ("POST", format!("{}?select&select-type=2", g.path("k"))),
    ] {
        g.alice.request(method, &target).body("").send().assert_error(501, "NotImplemented");
    }
    g.get("k").assert_body("x");
    g.alice.request("PATCH", &g.root()).send().assert_error(405, "MethodNotAllowed");
}
