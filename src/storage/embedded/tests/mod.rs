//! The contract suite, crashes, damage and full disks, on a simulated disk and on a real one.

mod contract;
mod faults;
mod folder;
mod panics;
mod power;
mod sim;
mod space;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use crate::storage::conformance::fixture::{Fixture, key_of};
use crate::storage::conformance::parts::try_put_part;
use crate::storage::conformance::uploads::complete;
use crate::storage::{CreateUpload, Data, Fetch, NewUpload, ObjectAttrs, Placement, Result, StorageError, Timestamp};

/// The bytes of an object, or what the store says instead.
async fn try_get(f: &Fixture, key: &str) -> Result<Option<Bytes>> {
    let read = f.storage.metadata.read_head(&f.bucket, &key_of(key), Fetch::WithInline).await?;
    let Some(record) = read.head.current else { return Ok(None) };
    match &record.data {
        Data::Inline(bytes) => Ok(Some(bytes.clone())),
        Data::Stored(placement) if placement.manifest => {
            let mut all = BytesMut::new();
            for part in f.storage.chunks.read_manifest(placement).await?.parts {
                all.extend_from_slice(&blob(f, &part.placement.expect("a part has a placement")).await?);
            }
            Ok(Some(all.freeze()))
        }
        Data::Stored(placement) => blob(f, placement).await.map(Some),
        Data::NotRead => panic!("inline bytes were asked for"),
    }
}

async fn blob(f: &Fixture, placement: &Placement) -> Result<Bytes> {
    let pieces: Vec<Bytes> = f.storage.chunks.read(placement, 0..placement.length).await?.try_collect().await?;
    Ok(pieces.concat().into())
}

/// Uploads an object in two parts, and one more that the completion leaves out.
async fn uploaded(f: &Fixture, key: &str, body: &Bytes) -> Result<()> {
    let new = NewUpload {
        key: key_of(key),
        attrs: ObjectAttrs::default(),
        initiator: f.tenant.id,
        initiated: Timestamp::now(),
    };
    let CreateUpload::Created(upload) = f.storage.metadata.create_upload(&f.bucket, new).await? else {
        return Err(StorageError::Unavailable("no bucket".into()));
    };
    let (first, second) = (body.slice(..body.len() / 2), body.slice(body.len() / 2..));
    let mut parts = Vec::new();
    for (number, body) in [(1, first), (2, second), (3, Bytes::from_static(b"left out"))] {
        parts.push(try_put_part(f, &upload, number, body).await?.0);
    }
    parts.pop();
    complete(f, &upload, &parts, [7; 32]).await.map(drop)
}
