//! Going through one bucket: uploads, then versions in the order of the listing.

use super::note::Place;
use super::remove::{Outcome, Removal};
use crate::s3::lifecycle::{Calendar, Position, Rules};
use crate::storage::{
    AbortUpload, Bucket, Fetch, ListedVersion, ObjectAttrs, ObjectKey, PAGE_ENTRIES_MAX, Rev, Storage, StorageError,
    Timestamp, Upload, UploadId, UploadScan, VersionScan,
};

/// Removals of one step.
const REMOVALS_MAX: u32 = 100;
/// Pages of one step.
const PAGES_MAX: u32 = 10;
/// Removals that may fail before the step does: the store is in trouble, and not one key.
const FAILURES_MAX: u32 = 10;

/// What is left of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    removals: u32,
    pages: u32,
    failures: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { removals: REMOVALS_MAX, pages: PAGES_MAX, failures: FAILURES_MAX }
    }
}

impl Budget {
    pub(super) fn is_spent(&self) -> bool {
        self.removals == 0 || self.pages == 0
    }

    fn removed(&mut self) {
        self.removals = self.removals.saturating_sub(1);
    }

    fn read_a_page(&mut self) {
        self.pages = self.pages.saturating_sub(1);
    }

    /// One key's trouble is logged and comes up again in the next round; it does not stop the others.
    fn failed(&mut self, key: &ObjectKey, error: StorageError) -> Result<(), StorageError> {
        if self.failures == 0 {
            return Err(error);
        }
        self.failures -= 1;
        tracing::warn!(%key, %error, "a lifecycle rule could not be enacted");
        Ok(())
    }
}

/// One bucket and its rules, at one moment.
pub(super) struct Scan<'a> {
    pub(super) storage: &'a Storage,
    pub(super) bucket: &'a Bucket,
    pub(super) rules: &'a Rules,
    pub(super) calendar: Calendar,
    pub(super) now: Timestamp,
}

/// Where in a key's versions, newest first, a walk is.
#[derive(Debug, Default)]
struct Walk {
    key: Option<ObjectKey>,
    /// When the version before this one in the listing was made.
    newer_made: Option<Timestamp>,
    /// Noncurrent versions so far.
    noncurrent: u64,
}

impl Walk {
    /// The position of the next version.
    fn next(&mut self, version: &ListedVersion, alone: bool) -> Position {
        if self.key.as_ref() != Some(&version.key) {
            *self = Self { key: Some(version.key.clone()), ..Self::default() };
        }
        let position = match self.newer_made {
            Some(since) if !version.latest => Position::Noncurrent { since, newer: self.noncurrent },
            _ => Position::Current { alone },
        };
        self.newer_made = Some(Timestamp(version.attrs.modified_micros));
        self.noncurrent += u64::from(!version.latest);
        position
    }

    /// A noncurrent version that was looked at is no more.
    fn forget_one(&mut self) {
        self.noncurrent = self.noncurrent.saturating_sub(1);
    }
}

impl Scan<'_> {
    /// Goes on from a place, and moves it; whether the bucket's end was reached.
    ///
    /// # Errors
    /// When the store is in trouble; the place is where it was.
    pub(super) async fn go_on(&self, place: &mut Place, budget: &mut Budget) -> Result<bool, StorageError> {
        if !place.at_versions {
            if self.rules.concern_uploads() && !self.uploads(place, budget).await? {
                return Ok(false);
            }
            *place = Place { at_versions: true, ..Place::default() };
        }
        Ok(!self.rules.concern_versions() || self.versions(place, budget).await?)
    }

    async fn uploads(&self, place: &mut Place, budget: &mut Budget) -> Result<bool, StorageError> {
        while !budget.is_spent() {
            let after_upload = UploadId::from_slice(&place.after_upload);
            let scan =
                UploadScan { prefix: Vec::new(), from: place.from.clone(), after_upload, limit: PAGE_ENTRIES_MAX };
            let page = self.storage.metadata.list_uploads(self.bucket, &scan).await?;
            budget.read_a_page();
            for upload in page.entries {
                if budget.removals == 0 {
                    return Ok(false);
                }
                if self.is_overdue(&upload) {
                    self.abort(&upload, budget).await?;
                }
                place.from = upload.key.as_bytes().to_vec();
                place.after_upload = upload.id.bytes();
            }
            if !page.more {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_overdue(&self, upload: &Upload) -> bool {
        let abortion = self.rules.abortion(upload.key.as_str(), upload.initiated, self.calendar);
        abortion.is_some_and(|(time, _)| time <= self.now)
    }

    async fn abort(&self, upload: &Upload, budget: &mut Budget) -> Result<(), StorageError> {
        match self.storage.metadata.abort_upload(self.bucket, upload).await {
            Ok(AbortUpload::Aborted) => {
                tracing::info!(bucket = %self.bucket.name, key = %upload.key, upload = %upload.id, "an upload was aborted by a lifecycle rule");
                budget.removed();
                Ok(())
            }
            Ok(AbortUpload::NoSuchUpload) => Ok(()),
            Err(error) => budget.failed(&upload.key, error),
        }
    }

    async fn versions(&self, place: &mut Place, budget: &mut Budget) -> Result<bool, StorageError> {
        let began = place.from.clone();
        let mut walk = Walk::default();
        let mut below = None;
        let mut done: Option<ObjectKey> = None;
        // A key of which no page shows the end is not left, so that each step comes further.
        while !budget.is_spent() || place.from == began {
            let scan = VersionScan { prefix: Vec::new(), from: place.from.clone(), below, limit: PAGE_ENTRIES_MAX };
            let page = self.storage.metadata.list_versions(self.bucket, &scan).await?;
            budget.read_a_page();
            for (at, version) in page.entries.iter().enumerate() {
                if done.as_ref() == Some(&version.key) {
                    continue;
                }
                let alone = page.entries.get(at + 1).is_none_or(|next| next.key != version.key);
                let position = walk.next(version, alone);
                if self.is_due(&version.key, &version.attrs, position) {
                    if !self.enact(&version.key, budget).await? {
                        place.from = version.key.as_bytes().to_vec();
                        return Ok(false);
                    }
                    done = Some(version.key.clone());
                }
            }
            let Some(last) = page.entries.last().filter(|_| page.more) else { return Ok(true) };
            place.from = last.key.as_bytes().to_vec();
            below = Some(last.attrs.seq);
        }
        Ok(false)
    }

    fn is_due(&self, key: &ObjectKey, attrs: &ObjectAttrs, position: Position) -> bool {
        self.rules.is_due(key.as_str(), attrs, position, self.calendar, self.now)
    }

    /// Removes what is due of one key; false when the budget ended first. A failure is counted, and the key left.
    async fn enact(&self, key: &ObjectKey, budget: &mut Budget) -> Result<bool, StorageError> {
        match self.enact_key(key, budget).await {
            Ok(done) => Ok(done),
            Err(error) => budget.failed(key, error).map(|()| true),
        }
    }

    /// Goes through all versions of one key from its head on, as long as nobody else changes that: then what the
    /// listing says of each version's age and rank is so at the moment of the removal.
    async fn enact_key(&self, key: &ObjectKey, budget: &mut Budget) -> Result<bool, StorageError> {
        let head = self.storage.metadata.read_head(self.bucket, key, Fetch::Attrs).await?.head;
        let Some(mut rev) = head.rev else { return Ok(true) };
        let alone = head.older == 0;
        let mut walk = Walk::default();
        let mut below = None;
        loop {
            let (prefix, from) = (key.as_bytes().to_vec(), key.as_bytes().to_vec());
            let scan = VersionScan { prefix, from, below, limit: PAGE_ENTRIES_MAX };
            let page = self.storage.metadata.list_versions(self.bucket, &scan).await?;
            budget.read_a_page();
            for version in page.entries.iter().take_while(|version| version.key == *key) {
                let position = walk.next(version, alone);
                if !self.is_due(key, &version.attrs, position) {
                    continue;
                }
                if budget.removals == 0 {
                    return Ok(false);
                }
                let Some(next) = self.remove(key, version, position, rev).await? else { return Ok(true) };
                rev = next;
                budget.removed();
                if !version.latest {
                    walk.forget_one();
                }
            }
            match page.entries.last() {
                Some(last) if page.more && last.key == *key => below = Some(last.attrs.seq),
                _ => return Ok(true),
            }
        }
    }

    /// The revision after a removal; `None` when the key is left as it is.
    async fn remove(
        &self,
        key: &ObjectKey,
        version: &ListedVersion,
        position: Position,
        rev: Rev,
    ) -> Result<Option<Rev>, StorageError> {
        let removal = Removal {
            rules: self.rules,
            calendar: self.calendar,
            now: self.now,
            key,
            seen: &version.attrs,
            position,
            rev,
        };
        match removal.run(self.storage, self.bucket).await? {
            Outcome::Removed(next) => Ok(next),
            Outcome::Left => Ok(None),
        }
    }
}
