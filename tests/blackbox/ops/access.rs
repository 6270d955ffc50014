//! Only the owner's tenant may act: every row of the operation table, asked by a stranger and by nobody.

use std::collections::BTreeMap;

use dolium::s3::operation::{Level, ROWS, Row};
use dolium::s3::request::Method;

use crate::client::{Client, Reply};
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, bytes, md5_base64};

/// A request of Alice's bucket that would do what the row does.
fn request(row: &Row, g: &Ground, upload: &Multipart<'_>, client: &Client) -> Reply {
    let target = match row.level {
        Level::Service => "/".to_owned(),
        Level::Bucket => g.root(),
        Level::Object => g.path("k"),
    };
    let value = |name: &&str| match *name {
        "uploadId" => format!("uploadId={}", upload.id),
        "partNumber" => "partNumber=1".to_owned(),
        other => other.to_owned(),
    };
    let query: Vec<String> = row.query.iter().map(value).collect();
    let target = if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) };
    let body: &[u8] = match row.name {
        "DeleteObjects" => b"<Delete><Object><Key>k</Key></Object></Delete>",
        "CompleteMultipartUpload" => b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>",
        _ => b"",
    };
    let mut request = client.request(row.method.as_str(), &target).header("content-md5", md5_base64(body));
    if let Some(name) = row.header {
        assert_eq!(name, "x-amz-copy-source", "a header this test does not know how to fill");
        request = request.header(name, format!("/{}/k", g.bucket));
    }
    if matches!(row.method, Method::Put | Method::Post) {
        request = request.body(body);
    }
    request.send()
}

#[test]
fn no_operation_of_the_table_is_open_to_strangers() {
    let g = Ground::new();
    let body = bytes(300_000);
    g.put("k", body.clone());
    let upload = Multipart::open(&g, "u");
    let on_k = Multipart::open(&g, "k");
    let mut outcomes: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for row in ROWS {
        for client in [g.bob.v4(), g.bob.v2(), g.bob.v4_presigned(), g.bob.v2_presigned(), g.alice.anonymous()] {
            let reply = request(row, &g, &on_k, &client);
            outcomes.entry(row.name).or_default().push(reply.status);
            let anonymous = outcomes[row.name].len() == 5;
            match row.name {
                // A stranger has buckets of his own; and a name that is taken may be known.
                "ListBuckets" if !anonymous => assert!(!reply.elements("Name").contains(&g.bucket), "{reply}"),
                "CreateBucket" if !anonymous => drop(reply.assert_error(409, "BucketAlreadyExists")),
                _ if row.method == Method::Head => drop(reply.assert_status(403)),
                _ => drop(reply.assert_error(403, "AccessDenied")),
            }
        }
    }
    assert!(outcomes.len() >= 24, "{outcomes:?}");
    // Nothing has happened.
    g.get("k").assert_body(body);
    assert_eq!(g.keys(""), ["k"]);
    let open = g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId");
    assert_eq!(open, [on_k.id.clone(), upload.id.clone()]);
    assert!(g.alice.get(&on_k.target("")).assert_status(200).elements("PartNumber").is_empty());
}

#[test]
fn the_owner_may_do_everything_in_every_way_to_sign() {
    let g = Ground::new();
    for client in [g.alice.v4(), g.alice.v2(), g.alice.v4_presigned(), g.alice.v2_presigned()] {
        client.put(&g.path("k"), "x").assert_status(200);
        client.get(&g.path("k")).assert_status(200).assert_body("x");
        assert_eq!(client.get(&format!("{}?prefix=k", g.root())).assert_status(200).elements("Key"), ["k"]);
        client.delete(&g.path("k")).assert_status(204);
    }
}

#[test]
fn a_foreign_bucket_hides_which_keys_it_has() {
    let g = Ground::new();
    g.put("there", "x");
    for key in ["there", "absent"] {
        g.bob.get(&g.path(key)).assert_error(403, "AccessDenied");
        g.alice.anonymous().get(&g.path(key)).assert_error(403, "AccessDenied");
    }
}
