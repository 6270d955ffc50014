//! Reading configurations that a bucket does not have: AWS's own answers, never a listing and never 501.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | an empty document; what is restated | what_is_always_there_is_an_empty_document, removing_what_is_not_there_and_restating_it_succeed |
//! | 204 | there is nothing to remove (AWS documents nothing else; it has been seen to answer NoSuchConfiguration) | removing_what_is_not_there_and_restating_it_succeed |
//! | 400 MalformedXML | the document is none | removing_what_is_not_there_and_restating_it_succeed |
//! | 400 BadDigest | the digest of the document differs | removing_what_is_not_there_and_restating_it_succeed |
//! | 403 AccessDenied | the caller has no right to it | an_absent_configuration_has_its_own_error |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchWebsiteConfiguration | no website | an_absent_configuration_has_its_own_error |
//! | 404 ServerSideEncryptionConfigurationNotFoundError | no encryption | an_absent_configuration_has_its_own_error |
//! | 404 ReplicationConfigurationNotFoundError | no replication | an_absent_configuration_has_its_own_error |
//! | 404 MetadataConfigurationNotFound | no metadata tables | an_absent_configuration_has_its_own_error |
//! | 404 NoSuchConfiguration | none of this id | what_is_always_there_is_an_empty_document |
//! | 405 MethodNotAllowed | what can only be written is read | what_can_only_be_written_is_neither_read_nor_taken_for_the_bucket |
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
        ("metadataConfiguration", "MetadataConfigurationNotFound"),
        ("metadataTable", "MetadataConfigurationNotFound"),
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
    for (query, root) in [("logging", "BucketLoggingStatus"), ("notification", "NotificationConfiguration")] {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        assert_eq!(reply.element(root).as_deref(), Some(""), "{reply}");
    }
    let abac = g.alice.get(&format!("{}?abac", g.root())).assert_status(200);
    assert_eq!(
        (abac.elements("AbacStatus").len(), abac.elements("Status")),
        (1, vec!["Disabled".to_owned()]),
        "{abac}"
    );
    for query in ["analytics", "intelligent-tiering", "inventory", "metrics"] {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        assert_eq!(reply.element("IsTruncated").as_deref(), Some("false"), "{reply}");
        g.alice.get(&format!("{}?{query}&id=x", g.root())).assert_error(404, "NoSuchConfiguration");
    }
}

#[test]
fn removing_what_is_not_there_and_restating_it_succeed() {
    let g = Ground::new();
    for query in [
        "website",
        "encryption",
        "replication",
        "metadataConfiguration",
        "metadataTable",
        "analytics&id=x",
        "intelligent-tiering&id=x",
        "inventory&id=x",
        "metrics&id=x",
    ] {
        g.bob.delete(&format!("{}?{query}", g.root())).assert_error(403, "AccessDenied");
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
    let abac = |status: &str| {
        let document = format!("<AbacStatus><Status>{status}</Status></AbacStatus>");
        g.alice.put(&format!("{}?abac", g.root()), document)
    };
    abac("Disabled").assert_status(200);
    abac("Enabled").assert_error(501, "NotImplemented");
    abac("").assert_error(400, "MalformedXML");
    // Nothing of it was taken for the bucket itself.
    g.alice.head(&g.root()).assert_status(200);
}

#[test]
fn what_can_only_be_written_is_neither_read_nor_taken_for_the_bucket() {
    let g = Ground::new();
    for query in ["metadataAnnotationTable", "metadataInventoryTable", "metadataJournalTable"] {
        let target = format!("{}?{query}", g.root());
        g.alice.get(&target).assert_error(405, "MethodNotAllowed");
        g.alice.put(&target, "").assert_error(501, "NotImplemented");
        g.alice.put(&format!("{}-{}?{query}", g.root(), query.len()), "").assert_error(501, "NotImplemented");
        g.alice.delete(&target).assert_error(501, "NotImplemented");
    }
    g.alice.head(&g.root()).assert_status(200);
}

#[test]
fn a_sub_resource_nobody_has_is_refused_and_does_nothing_else() {
    let g = Ground::new();
    g.put("k", "x");
    for (method, target) in [
        ("PUT", format!("{}?website", g.root())),
        ("PUT", format!("{}?encryption", g.root())),
        ("PUT", format!("{}?replication", g.root())),
        ("POST", format!("{}?metadataConfiguration", g.root())),
        ("POST", format!("{}?metadataTable", g.root())),
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
