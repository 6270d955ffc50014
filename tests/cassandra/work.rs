//! Two front ends share background work by turns.

use std::time::Duration;

use bytes::Bytes;
use dolium::storage::cassandra::open;

use super::keyspace::{fresh, run};

#[test]
fn a_turn_is_one_front_ends_until_it_is_left_or_over() {
    run(async {
        let (one, config) = fresh(|_| {}).await;
        let two = open(config).await.expect("a second front end opens");
        let minute = Duration::from_secs(60);
        let free = two.work.work("w").await.expect("reads");
        assert!(one.work.take_work("w", &free, minute).await.expect("takes"));
        assert!(!two.work.take_work("w", &free, minute).await.expect("asks"), "it saw the turn before");
        let taken = two.work.work("w").await.expect("reads");
        assert!(taken.taken && !two.work.take_work("w", &taken, minute).await.expect("asks"));
        two.work.leave_work("w", Bytes::from_static(b"not mine")).await.expect("does nothing");
        let mine = one.work.work("w").await.expect("reads");
        assert!(!mine.taken && mine.note.is_empty(), "whoever has the turn may go on");
        one.work.leave_work("w", Bytes::from_static(b"half")).await.expect("leaves");
        let left = two.work.work("w").await.expect("reads");
        assert_eq!((left.taken, left.note.as_ref()), (false, &b"half"[..]));
        // A turn of no time is over at once: its front end was paused, and another goes on.
        assert!(two.work.take_work("w", &left, Duration::ZERO).await.expect("takes"));
        let over = one.work.work("w").await.expect("reads");
        assert!(one.work.take_work("w", &over, minute).await.expect("takes"));
        two.work.leave_work("w", Bytes::from_static(b"late")).await.expect("does nothing");
        assert_eq!(one.work.work("w").await.expect("reads").note, &b"half"[..]);
        for storage in [one, two] {
            storage.health.close().await.expect("nothing is left to do");
        }
    });
}
