//! How far a round through the buckets of a slot is, as it is written down between two steps.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;

use crate::storage::{BucketName, Timestamp};

/// A round, under way or over.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Note {
    /// When it began, microseconds since 1970.
    #[prost(int64, tag = "1")]
    began_micros: i64,
    /// It is under way.
    #[prost(bool, tag = "2")]
    under_way: bool,
    /// The bucket that was gone through last; empty when none was.
    #[prost(string, tag = "3")]
    pub(super) bucket: String,
    /// How far that is; absent when it was gone through to its end.
    #[prost(message, optional, tag = "4")]
    pub(super) place: Option<Place>,
}

/// A place in a bucket. Uploads come first, then versions.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Place {
    /// All uploads have been looked at.
    #[prost(bool, tag = "1")]
    pub(super) at_versions: bool,
    /// The first key that has not been looked at.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) from: Vec<u8>,
    /// Of the uploads of that key, the last that was looked at; empty when none was.
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) after_upload: Bytes,
}

impl Note {
    /// From what was written down. What cannot be read is as good as nothing: the round begins anew.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self::decode(bytes).unwrap_or_default()
    }

    /// To be written down.
    pub(super) fn written(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    /// The round to go on with: the one under way, or a new one when the last began long enough ago.
    pub(super) fn due(self, now: Timestamp, every: Duration) -> Option<Self> {
        if self.under_way {
            return Some(self);
        }
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
        // A round from the future is one of a clock that was wrong.
        let over = now.0 < self.began_micros || now.0.saturating_sub(self.began_micros) >= every;
        over.then(|| Self { began_micros: now.0, under_way: true, ..Self::default() })
    }

    /// A bucket has been gone through.
    pub(super) fn pass(&mut self, bucket: &BucketName) {
        self.bucket = bucket.as_str().to_owned();
        self.place = None;
    }

    /// A bucket has been gone through up to here.
    pub(super) fn stop_at(&mut self, bucket: &BucketName, place: Place) {
        self.bucket = bucket.as_str().to_owned();
        self.place = Some(place);
    }

    /// Every bucket has been gone through.
    pub(super) fn end(&mut self) {
        self.under_way = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_begin_at_their_time_and_are_gone_on_with_at_once() {
        let (second, every) = (1_000_000, Duration::from_secs(10));
        let first = Note::read(b"").due(Timestamp(100 * second), every).expect("nothing was done yet");
        let mut note = Note::read(&first.written());
        note.stop_at(&BucketName::existing("bbb").expect("a name"), Place { from: b"k".to_vec(), ..Place::default() });
        let mut note = note.due(Timestamp(101 * second), every).expect("is under way");
        assert_eq!((note.bucket.as_str(), note.place.as_ref().map(|p| p.from.clone())), ("bbb", Some(b"k".to_vec())));
        note.end();
        assert_eq!(note.clone().due(Timestamp(109 * second), every), None);
        let next = note.clone().due(Timestamp(110 * second), every).expect("is due");
        assert_eq!((next.bucket.as_str(), next.place), ("", None));
        assert!(note.due(Timestamp(0), every).is_some(), "a clock that was wrong stops nothing");
        assert!(Note::read(b"\xff\xff").due(Timestamp(110 * second), every).is_some());
    }
}
