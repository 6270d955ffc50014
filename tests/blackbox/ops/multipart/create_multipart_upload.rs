//! CreateMultipartUpload.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | an upload is open | an_upload_names_bucket_key_and_id_and_is_no_object |
//! | 400 InvalidArgument | a list or lock header that is none | what_is_not_implemented_is_refused, complete_multipart_upload::a_lock_comes_with_the_upload_or_from_the_bucket |
//! | 400 InvalidRequest | an unknown checksum, or a type it cannot have | checksums::types_that_cannot_be_are_refused |
//! | 400 InvalidStorageClass | an unknown class | what_is_not_implemented_is_refused |
//! | 400 InvalidTag | tags that are none | what_is_not_implemented_is_refused |
//! | 400 AccessControlListNotSupported | a list in a bucket without them | its_list_becomes_the_objects |
//! | 400 KeyTooLongError | the key has more than 1,024 bytes | what_is_not_implemented_is_refused |
//! | 400 MetadataTooLarge | more than 2 KB of metadata | what_is_not_implemented_is_refused |
//! | 403 AccessDenied | no right to it, or public lists are blocked | what_is_not_implemented_is_refused, its_list_becomes_the_objects |
//! | 404 NoSuchBucket | there is no such bucket | what_is_not_implemented_is_refused |
//! | 501 NotImplemented | encryption | what_is_not_implemented_is_refused |

use crate::ops::acls::{ALL_USERS, assert_grants, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_public_access_block::block;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, fresh_bucket_name};

#[test]
fn an_upload_names_bucket_key_and_id_and_is_no_object() {
    let g = Ground::new();
    let reply = g.alice.post(&format!("{}?uploads", g.path("a & b")), "").assert_status(200);
    assert!(reply.text().contains("<InitiateMultipartUploadResult xmlns="), "{reply}");
    assert_eq!((reply.element("Bucket"), reply.element("Key").as_deref()), (Some(g.bucket.clone()), Some("a & b")));
    assert!(reply.element("UploadId").is_some_and(|id| !id.is_empty()));
    g.alice.get(&g.path("a & b")).assert_error(404, "NoSuchKey");
    assert!(g.keys("").is_empty());
    // `?uploads=` is the same, and each call is another upload.
    let again = g.alice.post(&format!("{}?uploads=", g.path("a & b")), "").assert_status(200);
    assert_ne!(again.element("UploadId"), reply.element("UploadId"));
}

#[test]
fn its_headers_become_the_objects() {
    let g = Ground::new();
    let create = g.alice.request("POST", &format!("{}?uploads", g.path("k")));
    let create = create.header("content-type", "text/x").header("x-amz-meta-a", "1");
    let create = create.header("content-encoding", "aws-chunked,gzip").header("x-amz-storage-class", "STANDARD");
    let id = create.body("").send().assert_status(200).element("UploadId").expect("an id");
    let upload = Multipart { ground: &g, key: "k".to_owned(), id };
    let part = upload.part(1, "x");
    upload.complete(&[part]).assert_status(200);
    let reply = g.get("k").assert_header("content-type", "text/x").assert_header("x-amz-meta-a", "1");
    reply.assert_header("content-encoding", "gzip");
}

#[test]
fn its_list_becomes_the_objects() {
    let g = Ground::new();
    let upload = Multipart::open_with(&g, "k", &[("x-amz-acl", "public-read")]);
    let part = upload.part(1, "x");
    upload.complete(&[part]).assert_status(200);
    let alice = id(&g.alice);
    let acl = g.alice.get(&format!("{}?acl", g.path("k"))).assert_status(200);
    assert_grants(&acl, &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL")]);
    block(&g, "BlockPublicAcls").assert_status(200);
    let target = format!("{}?uploads", g.path("k"));
    g.alice
        .request("POST", &target)
        .header("x-amz-acl", "public-read")
        .body("")
        .send()
        .assert_error(403, "AccessDenied");
    own(&g, "BucketOwnerEnforced").assert_status(200);
    let open = |name: &str| g.alice.request("POST", &target).header("x-amz-acl", name).body("").send();
    for name in ["public-read", "private"] {
        open(name).assert_error(400, "AccessControlListNotSupported");
    }
    open("bucket-owner-full-control").assert_status(200);
}

#[test]
fn what_is_not_implemented_is_refused() {
    let g = Ground::new();
    let target = format!("{}?uploads", g.path("k"));
    for (name, value, status, code) in [
        ("x-amz-acl", "open", 400, "InvalidArgument"),
        ("x-amz-storage-class", "FASTEST", 400, "InvalidStorageClass"),
        ("x-amz-tagging", "a=1&a=2", 400, "InvalidArgument"),
        ("x-amz-tagging", "a=;", 400, "InvalidTag"),
        ("x-amz-meta-a", &*"x".repeat(2048), 400, "MetadataTooLarge"),
        ("x-amz-server-side-encryption", "AES256", 501, "NotImplemented"),
    ] {
        g.alice.request("POST", &target).header(name, value).body("").send().assert_error(status, code);
    }
    g.alice.post(&format!("/{}/k?uploads", fresh_bucket_name()), "").assert_error(404, "NoSuchBucket");
    g.alice.post(&format!("{}?uploads", g.path(&"k".repeat(1025))), "").assert_error(400, "KeyTooLongError");
    g.bob.post(&target, "").assert_error(403, "AccessDenied");
    let open = g.alice.get(&format!("{}?uploads", g.root())).assert_status(200);
    assert!(open.elements("UploadId").is_empty(), "{open}");
}
