//! The parts of an open upload.

use std::sync::Arc;

use bytes::Bytes;

use super::fixture::{Fixture, at_once, body_of, etag_of, insist};
use crate::storage::{Home, Part, PartAttrs, PutPart, Result, Storage, Timestamp, Upload};

/// By number, in pages, from after a marker; the attributes as given.
pub async fn parts_are_listed_in_order_and_in_pages(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    assert!(list(&f, &upload, 0, 10).await.is_empty());
    let mut parts = Vec::new();
    for number in [10_000, 3, 1, 2_000, 255, 256] {
        parts.push(put_part(&f, &upload, number, body_of(usize::from(number), 1)).await);
    }
    parts.sort_by_key(|part| part.number);
    for limit in [1, 2, 6, 1_000] {
        assert_eq!(list(&f, &upload, 0, limit).await, parts, "in pages of {limit}");
    }
    assert_eq!(list(&f, &upload, 255, 2).await, parts[3..]);
    assert_eq!(list(&f, &upload, 254, 2).await, parts[2..]);
    assert!(list(&f, &upload, 10_000, 2).await.is_empty());
    let beside = f.open("k").await;
    assert!(list(&f, &beside, 0, 10).await.is_empty(), "another upload of the key has parts of its own");
}

/// The last part of a number counts.
pub async fn a_part_is_replaced_by_its_number(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    put_part(&f, &upload, 1, body_of(100, 1)).await;
    let second = put_part(&f, &upload, 1, body_of(200, 2)).await;
    let parts = list(&f, &upload, 0, 10).await;
    assert_eq!(parts, [second]);
    f.sweep().await;
    let placement = parts[0].attrs.placement.clone().expect("a part has a placement");
    assert!(f.range(&placement, 0..200).await == body_of(200, 2));
}

/// How often in a row contention may hide whether a part was registered.
const UNKNOWN_MAX: usize = 10;

/// Uploaded by many connections at once, none is lost.
pub async fn parts_put_at_once_are_all_there(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    let upload = Arc::new(f.open("k").await);
    at_once(24, |i| {
        let (f, upload) = (Arc::clone(&f), Arc::clone(&upload));
        async move {
            let number = u16::try_from(i + 1).expect("few parts");
            // Registering the same part again does no harm, so it is done until it is known.
            let mut put = None;
            for _ in 0..UNKNOWN_MAX {
                put = insist(|| try_put_part(&f, &upload, number, body_of(i + 1, i as u64))).await;
                if put.is_some() {
                    break;
                }
            }
            assert!(put.is_some_and(|(_, put)| put == PutPart::Registered), "part {number}");
        }
    })
    .await;
    let sizes: Vec<u64> = list(&f, &upload, 0, 7).await.iter().map(|part| part.attrs.size).collect();
    assert_eq!(sizes, (1..=24).collect::<Vec<u64>>());
}

/// Writes a part's bytes and registers it.
pub async fn put_part(f: &Fixture, upload: &Upload, number: u16, body: Bytes) -> Part {
    let (part, put) = try_put_part(f, upload, number, body).await.expect("puts a part");
    assert_eq!(put, PutPart::Registered);
    part
}

/// [`put_part`], for those who expect another answer.
///
/// # Errors
/// The store's.
pub async fn try_put_part(f: &Fixture, upload: &Upload, number: u16, body: Bytes) -> Result<(Part, PutPart)> {
    let placement = f.blob(Home::Part(&f.bucket, upload, number), body.clone()).await?;
    let attrs = PartAttrs {
        size: body.len() as u64,
        etag: etag_of(&body),
        modified_micros: Timestamp::now().0,
        placement: Some(placement),
        ..PartAttrs::default()
    };
    let part = Part { number, attrs };
    let put = f.storage.metadata.put_part(&f.bucket, upload, part.clone()).await?;
    Ok((part, put))
}

async fn list(f: &Fixture, upload: &Upload, after: u16, limit: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    loop {
        let marker = parts.last().map_or(after, |part| part.number);
        let page = f.storage.metadata.list_parts(&f.bucket, upload, marker, limit).await.expect("lists parts");
        assert!(page.entries.len() <= limit);
        assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
        parts.extend(page.entries);
        if !page.more {
            return parts;
        }
    }
}
