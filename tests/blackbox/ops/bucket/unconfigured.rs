//! Reading configurations that a bucket does not have: AWS's own answers, never a listing and never 501.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | an empty document; what is restated | what_is_always_there_is_an_empty_document, removing_what_is_not_there_and_restating_it_succeed |
//! | 204 | there is nothing to remove | removing_what_is_not_there_and_restating_it_succeed |
//! | 400 MalformedXML | the document is none | removing_what_is_not_there_and_restating_it_succeed |
//! | 400 BadDigest | the digest of the document differs | removing_what_is_not_there_and_restating_it_succeed |
//! | 403 AccessDenied | the caller has no right to it | an_absent_configuration_has_its_own_error |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchWebsiteConfiguration | no website | an_absent_configuration_has_its_own_error |
//! | 404 ServerSideEncryptionConfigurationNotFoundError | no encryption | an_absent_configuration_has_its_own_error |
//! | 404 ReplicationConfigurationNotFoundError | no replication | an_absent_configuration_has_its_own_error |
//! | 404 NoSuchConfiguration | none of this id | what_is_always_there_is_an_empty_document |
//! | 501 NotImplemented | a write that would have an effect | removing_what_is_not_there_and_restating_it_succeed, a_sub_resource_nobody_has_is_refused_and_does_nothing_else |

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
fn removing_what_is_not_there_and_restating_it_succeed() {
    let g = Ground::new();
    for query in ["website", "encryption", "replication"] {
        g.alice.delete(&format!("{}?{query}", g.root())).assert_status(204);
    }
    for (query, root, part) in [
        ("logging", "BucketLoggingStatus", "<LoggingEnabled/>"),
        ("notification", "NotificationConfiguration", "<EventBridgeConfiguration/>"),
    ] {
        let target = format!("{}?{query}", g.root());
        g.alice.put(&target, format!("<{root}/>")).assert_status(200);
        g.alice.put(&target, format!("<{root}>{part}</{root}>")).assert_error(501, "NotImplemented");
        g.alice.put(&target, "<Other/>").assert_error(400, "MalformedXML");
        let differs = g.alice.request("PUT", &target).header("content-md5", crate::ops::md5_base64(b"x"));
        differs.body(format!("<{root}/>")).send().assert_error(400, "BadDigest");
    }
}

#[test]
fn a_sub_resource_nobody_has_is_refused_and_does_nothing_else() {
    let g = Ground::new();
    g.put("k", "x");
    for (method, target) in [
        ("PUT", format!("{}?website", g.root())),
        ("PUT", format!("{}?encryption", g.root())),
        ("PUT", format!("{}?replication", g.root())),
        ("PUT", format!("{}?accelerate", g.root())),
        ("PUT", format!("{}?analytics&id=x", g.root())),
        ("PUT", format!("{}?intelligent-tiering&id=x", g.root())),
        ("PUT", format!("{}?inventory&id=x", g.root())),
        ("PUT", format!("{}?metrics&id=x", g.root())),
        ("GET", format!("{}?torrent", g.path("k"))),
        ("POST", format!("{}?select&select-type=2", g.path("k"))),
    ] {
        g.alice.request(method, &target).body("").send().assert_error(501, "NotImplemented");
    }
    g.get("k").assert_body("x");
    g.alice.request("PATCH", &g.root()).send().assert_error(405, "MethodNotAllowed");
}
