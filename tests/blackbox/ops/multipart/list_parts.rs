//! ListParts.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of parts | parts_come_by_number_and_in_pages |
//! | 400 InvalidArgument | a number or marker that is none | wrong_arguments_and_absent_uploads_are_errors |
//! | 403 AccessDenied | the caller has no right to it | wrong_arguments_and_absent_uploads_are_errors |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchUpload | there is no such upload of this key, or it is closed | wrong_arguments_and_absent_uploads_are_errors, everywhere::an_upload_that_is_not_there |

use crate::ops::multipart::Multipart;
use crate::ops::{Ground, md5_hex};

#[test]
fn parts_come_by_number_and_in_pages() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "a & b");
    for number in [7, 1, 300, 2, 10_000] {
        upload.part(number, number.to_string());
    }
    let reply = g.alice.get(&upload.target("")).assert_status(200);
    assert_eq!(reply.elements("PartNumber"), ["1", "2", "7", "300", "10000"]);
    assert_eq!(reply.elements("Size"), ["1", "1", "1", "3", "5"]);
    assert_eq!(reply.elements("ETag")[0], format!("\"{}\"", md5_hex(b"1")));
    assert_eq!((reply.element("Bucket"), reply.element("Key").as_deref()), (Some(g.bucket.clone()), Some("a & b")));
    assert_eq!(reply.element("UploadId"), Some(upload.id.clone()));
    assert_eq!(
        (reply.elements("DisplayName"), reply.element("StorageClass").as_deref()),
        (vec!["alice".to_owned(); 2], Some("STANDARD"))
    );
    assert_eq!(reply.element("IsTruncated").as_deref(), Some("false"));
    let mut seen = Vec::new();
    let mut marker = "0".to_owned();
    loop {
        let page = g.alice.get(&upload.target(&format!("max-parts=2&part-number-marker={marker}&"))).assert_status(200);
        seen.extend(page.elements("PartNumber"));
        assert_eq!(page.element("MaxParts").as_deref(), Some("2"));
        if page.element("IsTruncated").as_deref() == Some("false") {
            break;
        }
        marker = page.element("NextPartNumberMarker").expect("a truncated page has a marker");
    }
    assert_eq!(seen, reply.elements("PartNumber"));
    assert!(g.alice.get(&upload.target("part-number-marker=10000&")).elements("PartNumber").is_empty());
}

#[test]
fn wrong_arguments_and_absent_uploads_are_errors() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let none = g.alice.get(&upload.target("max-parts=0&")).assert_status(200);
    assert_eq!((none.elements("Part").len(), none.element("IsTruncated").as_deref()), (0, Some("false")));
    assert_eq!(g.alice.get(&upload.target("max-parts=5000&")).element("MaxParts").as_deref(), Some("1000"));
    for bad in ["max-parts=-1&", "max-parts=x&", "part-number-marker=x&", "part-number-marker=-1&"] {
        g.alice.get(&upload.target(bad)).assert_error(400, "InvalidArgument");
    }
    g.alice.get(&format!("{}?uploadId=nope", g.path("k"))).assert_error(404, "NoSuchUpload");
    g.alice.get(&format!("{}?uploadId={}", g.path("other"), upload.id)).assert_error(404, "NoSuchUpload");
    g.bob.get(&upload.target("")).assert_error(403, "AccessDenied");
    g.alice.delete(&upload.target("")).assert_status(204);
    g.alice.get(&upload.target("")).assert_error(404, "NoSuchUpload");
}
