//! Fence, then judge: whether anything refers to a blob, and the end of those that nothing refers to.
//!
//! # Why fences
//! A writer that read a head before a blob was judged may still publish that blob. Giving each head that might come to
//! refer to it a fresh revision makes such a writer start again, and then it has to claim the blob, which a dying or
//! dead one refuses. An exhaustive search finds a lost object as soon as the fence, the claim, the dying state or its
//! sweep id is left out.

use std::sync::Arc;

use prost::Message;
use uuid::Uuid;

use super::Core;
use super::blocks::{blocks_of, inode_of};
use super::heads::Fenced;
use super::inodes::{ReferencesAfter, Verdict};
use super::log::{Entry, Kind};
use super::rows::{
    BUCKET_DELETING, BlobHome, FOR_EVER, INODE_DEAD, INODE_DYING, INODE_LIVE, UPLOAD_ABORTED, UPLOAD_COMPLETED,
    UPLOAD_COMPLETING,
};
use super::session::corrupt;
use super::uploads::UploadRow;
use crate::storage::{BucketId, BucketName, COMPLETED_UPLOAD_SECONDS, Placement, Result, Timestamp, UploadId};

/// What is to happen to an entry.
pub(super) enum Ruling {
    /// Nothing is left to do.
    Done,
    /// Look again a grace period from now.
    Later(Entry),
    /// Its space was given back; what arrived late may have to be, a grace period from now.
    Erased(Option<Entry>),
}

/// What became of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// A head refers to the blob.
    Live,
    /// Nothing does, and nothing can from now on.
    Dead,
    /// Another sweep was faster; nothing is decided.
    Overtaken,
}

impl Core {
    /// Does what one entry asks for.
    pub(super) async fn rule(self: &Arc<Self>, entry: &Entry) -> Result<Ruling> {
        // Boxed: nested as they are, these would together be larger than a thread's stack.
        match Kind::try_from(entry.kind).map_err(|e| corrupt("an entry of the reclaimer's log", e))? {
            Kind::Written | Kind::Replaced => Box::pin(self.rule_blob(entry)).await,
            Kind::Dead => {
                self.erase_blocks(inode_of(placement_of(entry)?)?, entry.blocks).await?;
                Ok(Ruling::Done)
            }
            Kind::Upload => Box::pin(self.rule_upload(entry)).await,
            Kind::Bucket => Box::pin(self.rule_bucket(entry)).await,
            Kind::Shard => self.rule_shard(entry).await,
        }
    }

    async fn rule_blob(self: &Arc<Self>, entry: &Entry) -> Result<Ruling> {
        let placement = placement_of(entry)?;
        let home = BlobHome::decode(placement.home.clone()).map_err(|e| corrupt("a blob's home", e))?;
        match home.upload_id() {
            Some(upload) if home.part > 0 => self.rule_part(entry, placement, UploadId(upload)).await,
            _ => self.judge_blob(entry, placement, &home).await,
        }
    }

    /// A blob that heads refer to: an object's own, or a manifest.
    async fn judge_blob(self: &Arc<Self>, entry: &Entry, placement: &Placement, home: &BlobHome) -> Result<Ruling> {
        if self.is_being_completed(placement, home).await? {
            return Ok(Ruling::Later(entry.clone()));
        }
        match self.try_blob(placement, home).await? {
            Judgement::Live => Ok(Ruling::Done),
            Judgement::Overtaken => Ok(Ruling::Later(entry.clone())),
            Judgement::Dead => self.erase(entry, placement, home).await,
        }
    }

    /// Passes judgement on a blob; deletes nothing.
    pub(super) async fn try_blob(self: &Arc<Self>, placement: &Placement, home: &BlobHome) -> Result<Judgement> {
        let inode = inode_of(placement)?;
        let before = self.verdict(inode).await?;
        if before.state == Some(INODE_DEAD) {
            return Ok(Judgement::Dead);
        }
        let sweep = Uuid::new_v4();
        if !self.judge(inode, before, INODE_DYING, sweep).await? {
            return Ok(Judgement::Overtaken);
        }
        // From here on no reference can be added, so what is read now is all there is.
        let dying = Verdict { state: Some(INODE_DYING), sweep: Some(sweep) };
        let referred = self.is_referred_to(inode, home, placement).await;
        let (state, judgement) = match referred {
            Ok(false) => (INODE_DEAD, Judgement::Dead),
            // Where it cannot be told, the blob must not stay one that nobody may copy.
            Ok(true) | Err(_) => (INODE_LIVE, Judgement::Live),
        };
        let passed = self.judge(inode, dying, state, sweep).await;
        referred?;
        Ok(if passed? { judgement } else { Judgement::Overtaken })
    }

    /// Whether a completion that is under way is about to publish this manifest. One that stopped is taken over.
    async fn is_being_completed(self: &Arc<Self>, placement: &Placement, home: &BlobHome) -> Result<bool> {
        let Some(upload) = home.upload_id() else { return Ok(false) };
        let Some(row) = self.upload_row(UploadId(upload)).await? else { return Ok(false) };
        let published = row.closing.manifest.as_ref();
        let ours = row.state == UPLOAD_COMPLETING && published.is_some_and(|one| one.inode == placement.inode);
        if ours && self.stopped(&row) {
            self.recover_completion(UploadId(upload), &row).await?;
        }
        Ok(ours)
    }

    /// Looks at every head that may refer to a blob, and fences those that do not.
    async fn is_referred_to(self: &Arc<Self>, inode: Uuid, home: &BlobHome, placement: &Placement) -> Result<bool> {
        let unless = Some(&placement.inode);
        if let Fenced::Left = self.fence(home.bucket_id()?, home.key.as_bytes(), 0, unless).await? {
            return Ok(true);
        }
        let mut after = ReferencesAfter::default();
        loop {
            let page = self.references(inode, &after).await?;
            for (bucket, key) in &page {
                if let Fenced::Left = self.fence(BucketId(*bucket), key, 0, unless).await? {
                    return Ok(true);
                }
            }
            match page.into_iter().last() {
                Some(last) => after = ReferencesAfter(last),
                None => return Ok(false),
            }
        }
    }

    /// Deletes a dead blob's partitions; a manifest's parts first, for without it nobody would find them.
    async fn erase(&self, entry: &Entry, placement: &Placement, home: &BlobHome) -> Result<Ruling> {
        if placement.manifest
            && self.owns_its_parts(entry, placement, home).await?
            && let Some(manifest) = self.find_manifest(placement).await?
        {
            self.erase_parts(&manifest).await?;
        }
        let ruling = self.erase_now(entry, placement).await?;
        self.forget_references(inode_of(placement)?).await?;
        Ok(ruling)
    }

    async fn erase_now(&self, entry: &Entry, placement: &Placement) -> Result<Ruling> {
        let bytes = if placement.manifest { placement.manifest_bytes } else { placement.length };
        let known = entry.blocks.max(blocks_of(bytes));
        let dead =
            |blocks| Entry { kind: Kind::Dead.into(), placement: Some(placement.clone()), blocks, ..Entry::default() };
        Ok(match self.erase_blocks(inode_of(placement)?, known).await {
            Ok(blocks) => Ruling::Erased(Some(dead(blocks))),
            // The sentence is passed and needs no witness: a part's upload may be forgotten before the next try.
            Err(error) => {
                tracing::warn!(%error, "a dead blob could not be deleted, and is put off");
                Ruling::Later(dead(known))
            }
        })
    }

    /// Whether the parts go with this manifest. Those of a manifest that was never published are still the upload's.
    async fn owns_its_parts(&self, entry: &Entry, placement: &Placement, home: &BlobHome) -> Result<bool> {
        let Some(upload) = home.upload_id() else { return Ok(false) };
        Ok(match self.upload_row(UploadId(upload)).await? {
            Some(row) => {
                row.state == UPLOAD_COMPLETED
                    && row.closing.manifest.as_ref().is_some_and(|published| published.inode == placement.inode)
            }
            // A completed upload is forgotten after a week; a head let go of this manifest, so it was the one.
            None => entry.kind == i32::from(Kind::Replaced),
        })
    }

    /// A part's blob belongs to its upload while that is open, and to the manifest after; nobody else can refer to it.
    async fn rule_part(self: &Arc<Self>, entry: &Entry, placement: &Placement, upload: UploadId) -> Result<Ruling> {
        let Some(row) = self.upload_row(upload).await? else {
            // Without the upload nobody can tell whether a manifest has this part: space is lost rather than data.
            tracing::warn!(%upload, "a part outlived its upload's row and is left where it is");
            return Ok(Ruling::Done);
        };
        if row.is_open() {
            // An open upload's parts are the entries that are certain to come by again.
            if self.stopped(&row) {
                self.recover_completion(upload, &row).await?;
            }
            return Ok(Ruling::Later(entry.clone()));
        }
        if row.state == UPLOAD_ABORTED {
            return self.erase_now(entry, placement).await;
        }
        let published = row.closing.manifest.as_ref().ok_or_else(|| corrupt("an upload", "it has no manifest"))?;
        let manifest = self.find_manifest(published).await?;
        let verdict = self.verdict(inode_of(published)?).await?.state;
        let Some(manifest) = manifest else {
            if verdict == Some(INODE_DEAD) {
                // It took its parts along; this one was either among them or left out.
                return self.erase_now(entry, placement).await;
            }
            // Chunks may be out of reach for a while; an absent manifest alone condemns nothing.
            tracing::warn!(%upload, "a published manifest cannot be read, and its parts are not judged");
            return Ok(Ruling::Later(entry.clone()));
        };
        let mut used = manifest.parts.iter().filter_map(|part| part.placement.as_ref());
        if !used.any(|used| used.inode == placement.inode) {
            return self.erase_now(entry, placement).await;
        }
        // One condemned before its upload was closed does not take its parts along: their entries must stay.
        let condemned = matches!(verdict, Some(INODE_DYING | INODE_DEAD));
        Ok(if condemned { Ruling::Later(entry.clone()) } else { Ruling::Done })
    }

    /// A closed upload's rows are removed when nobody asks for them any more, its parts' entries included.
    async fn rule_upload(&self, entry: &Entry) -> Result<Ruling> {
        let id = UploadId::from_slice(&entry.id).ok_or_else(|| corrupt("an upload's id", "it has not 16 bytes"))?;
        let Some(row) = self.upload_row(id).await? else { return Ok(Ruling::Done) };
        // The LWT that closes it may still be on its way while it is open.
        if row.is_open() || Timestamp::now().0 < self.forgotten_at(&row) {
            return Ok(Ruling::Later(entry.clone()));
        }
        // A slot may lag behind the others for as long as a front end that died holds it, or its backlog lasts. What was
        // put off while it was caught up is in any slot by then, so that all have to pass a second time.
        let due = if entry.passed > 0 { entry.passed } else { self.forgotten_at(&row) };
        if !self.swept_past(Timestamp(due)).await? {
            return Ok(Ruling::Later(entry.clone()));
        }
        if entry.passed == 0 {
            return Ok(Ruling::Later(Entry { passed: Timestamp::now().0, ..entry.clone() }));
        }
        // Not by LWT, which cannot delete a partition; at the highest timestamp no LWT can be seen after it.
        self.cluster.write(&self.cluster.st.upload_purge, (FOR_EVER, id.0)).await?;
        Ok(Ruling::Done)
    }

    fn forgotten_at(&self, row: &UploadRow) -> i64 {
        let remembered = if row.state == UPLOAD_COMPLETED { COMPLETED_UPLOAD_SECONDS } else { 0 };
        let remembered = std::time::Duration::from_secs(remembered);
        // Entries of its parts are put off by one grace period at a time; four let each be judged with room to spare.
        let kept = i64::try_from((remembered + self.grace * 4).as_micros()).unwrap_or(i64::MAX);
        row.changed.0.saturating_add(kept)
    }

    /// A deletion that was left behind is finished, or taken back when the bucket is not empty.
    async fn rule_bucket(self: &Arc<Self>, entry: &Entry) -> Result<Ruling> {
        let name = BucketName::existing(&entry.name).ok_or_else(|| corrupt("a bucket's name", &entry.name))?;
        let row = self.bucket_row(&name).await?.filter(|row| row.bucket.id.bytes() == entry.id);
        match row {
            Some(row) if row.state == BUCKET_DELETING && self.abandoned(&row) => {
                self.delete_bucket(&row.bucket).await?;
                Ok(Ruling::Done)
            }
            Some(row) if row.state == BUCKET_DELETING => Ok(Ruling::Later(entry.clone())),
            // The deletion ended one way or the other, perhaps elsewhere: what is remembered may be from before.
            _ => {
                self.views.forget(&name);
                Ok(Ruling::Done)
            }
        }
    }

    /// A shard that the map no longer names is deleted; one that still does is on its way out.
    async fn rule_shard(&self, entry: &Entry) -> Result<Ruling> {
        let damaged = || corrupt("an entry of the reclaimer's log", "it names no shard");
        let bucket = BucketId::from_slice(&entry.id).ok_or_else(damaged)?;
        let id = Uuid::from_slice(&entry.shard).map_err(|_| damaged())?;
        let now = self.shard_by(&self.cluster.st.shard_serial, bucket, &entry.key).await?;
        if now.is_some_and(|now| now.partitions().any(|partition| partition == id)) {
            return Ok(Ruling::Later(entry.clone()));
        }
        self.purge_shard(bucket.0, id).await?;
        Ok(Ruling::Done)
    }
}

fn placement_of(entry: &Entry) -> Result<&Placement> {
    entry.placement.as_ref().ok_or_else(|| corrupt("an entry of the reclaimer's log", "it names no blob"))
}
