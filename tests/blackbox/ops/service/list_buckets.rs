//! ListBuckets.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of one's buckets | a_tenant_sees_its_own_buckets_in_order_and_in_pages |
//! | 400 InvalidArgument | a number or token that is none | wrong_parameters_are_invalid_arguments |
//! | 403 AccessDenied | nobody signs | nobody_sees_nothing |
//! | 403 SignatureDoesNotMatch | signed wrong | everywhere::a_wrong_secret_and_an_unknown_key |
//! | 403 InvalidAccessKeyId | nobody has this key | everywhere::a_wrong_secret_and_an_unknown_key |

use crate::client::{Client, encode_value};
use crate::harness::{CAROL, Server};
use crate::ops::{Ground, client, fresh_bucket_name};

fn names(carol: &Client, parameters: &str) -> Vec<String> {
    carol.get(&format!("/?{parameters}")).assert_status(200).elements("Name")
}

#[test]
fn a_tenant_sees_its_own_buckets_in_order_and_in_pages() {
    let server = Server::shared();
    let ground = Ground::new();
    let carol = client(server, CAROL);
    let tail = fresh_bucket_name();
    let mut mine: Vec<String> = ["a", "b.c", "b-c", "d", "e"].iter().map(|head| format!("{head}{tail}")).collect();
    for name in &mine {
        carol.put(&format!("/{name}"), "").assert_status(200);
    }
    mine.sort();
    let reply = carol.get("/").assert_status(200).assert_header("content-type", "application/xml");
    assert_eq!(reply.elements("Name"), mine);
    assert_eq!(reply.element("DisplayName").as_deref(), Some("carol"));
    let id = reply.element("ID").expect("the owner has an id");
    assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    assert!(reply.text().contains("<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
    assert!(reply.elements("CreationDate").iter().all(|date| date.ends_with('Z') && date.contains('T')));
    assert!(!reply.elements("Name").contains(&ground.bucket), "another tenant's bucket is listed");

    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = carol.get(&format!("/?max-buckets=2{token}")).assert_status(200);
        seen.extend(page.elements("Name"));
        match page.element("ContinuationToken") {
            Some(next) => token = format!("&continuation-token={}", encode_value(&next)),
            None => break,
        }
    }
    assert_eq!(seen, mine);
    assert_eq!(names(&carol, "prefix=b").len(), 2);
    assert_eq!(names(&carol, &format!("prefix={}", mine[0])), mine[..1]);
    assert!(names(&carol, "prefix=zzz").is_empty());
    for name in &mine {
        carol.delete(&format!("/{name}")).assert_status(204);
    }
    assert!(names(&carol, "").is_empty());
}

#[test]
fn wrong_parameters_are_invalid_arguments() {
    let carol = client(Server::shared(), CAROL);
    for parameters in ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=%21"] {
        carol.get(&format!("/?{parameters}")).assert_error(400, "InvalidArgument");
    }
}

#[test]
fn nobody_sees_nothing() {
    client(Server::shared(), CAROL).anonymous().get("/").assert_error(403, "AccessDenied");
}
