//! Giving space back takes nothing that anybody refers to.

use std::sync::Arc;

use super::fixture::{Fixture, at_once, body_of, key_of};
use super::parts::put_part;
use super::uploads::complete_with;
use crate::storage::{Home, Reference, Storage};

/// Sweeps end; sweeping again finds nothing more to give back.
pub async fn sweeping_nothing_comes_to_rest(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.sweep().await;
    f.sweep().await;
    f.put("k", "x").await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"x"[..]));
    f.storage.health.ready().await.expect("the store is ready");
}

/// Objects, overwritten ones, copies, parts of open uploads, completed uploads: all there after many sweeps.
pub async fn sweeping_takes_nothing_that_is_referred_to(storage: Storage) {
    let f = Fixture::new(storage).await;
    let chunk = f.storage.chunks.chunk_bytes();
    let open = f.open("open").await;
    let part = put_part(&f, &open, 1, body_of(chunk + 1, 1)).await;
    let upload = f.open("completed").await;
    complete_with(&f, &upload, &[body_of(chunk, 2), body_of(3, 3)]).await;
    for round in 0..3 {
        f.put("overwritten", body_of(chunk * 2, round)).await;
        f.put("deleted", body_of(chunk * 2, round)).await;
        f.delete("deleted").await;
        f.copy("overwritten", &format!("copy-{round}")).await;
        f.sweep().await;
    }
    for round in 0..3 {
        assert!(f.get(&format!("copy-{round}")).await == Some(body_of(chunk * 2, round)), "copy of round {round}");
    }
    assert!(f.get("overwritten").await == Some(body_of(chunk * 2, 2)));
    assert!(f.get("completed").await == Some([body_of(chunk, 2), body_of(3, 3)].concat().into()));
    let placement = part.attrs.placement.expect("a part has a placement");
    assert!(f.range(&placement, 0..placement.length).await == body_of(chunk + 1, 1));
}

/// Any number of sweepers beside writers and readers.
pub async fn sweeps_at_once_do_no_harm(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    at_once(6, |i| {
        let f = Arc::clone(&f);
        async move {
            if i < 3 {
                return f.sweep().await;
            }
            let chunk = f.storage.chunks.chunk_bytes();
            for round in 0..4 {
                let (key, body) = (format!("{i}"), body_of(chunk + round, i as u64));
                f.put(&key, body.clone()).await;
                assert!(f.get(&key).await == Some(body), "{key}, round {round}");
            }
        }
    })
    .await;
    assert_eq!(f.list(b"", b"", 10).await, ["3", "4", "5"]);
}

/// A blob that no head refers to may be gone; as long as the store holds it, it can be read.
pub async fn a_blob_without_an_object_is_held_or_gone(storage: Storage) {
    let f = Fixture::new(storage).await;
    let body = body_of(f.storage.chunks.chunk_bytes() + 1, 4);
    let key = key_of("k");
    let placement = f.blob(Home::Object(&f.bucket, &key), body.clone()).await.expect("writes");
    f.sweep().await;
    match f.storage.chunks.reference(&placement, &f.bucket, &key).await.expect("answers") {
        Reference::Held(hold) => {
            f.sweep().await;
            assert!(f.range(&placement, 0..placement.length).await == body, "held and not readable");
            drop(hold);
        }
        Reference::Gone => {}
    }
    f.sweep().await;
    assert!(f.list(b"", b"", 10).await.is_empty());
}
