//! Listing: index rows as they stand, the head's word where a row asks for it. Emits nothing that it only believes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Core;
use super::change::unmapped;
use super::rows::{LISTED_CURRENT, key_of, listed_attrs, successor};
use super::shards::Stretch;
use super::views::View;
use crate::storage::{Bucket, ListedObject, ObjectAttrs, PAGE_ENTRIES_MAX, Page, Result, Scan, Timestamp};

/// Heads that one page reads at a time.
const HEADS_AT_ONCE: usize = 16;
/// Rows that are read at least: most of those that ask may turn out to be gone, and two at a time would take for ever.
pub(super) const ROWS_MIN: usize = 100;
/// A row that has been asking for longer than any write takes was left so by a crash, microseconds.
pub(super) const ASKING_TOO_LONG: i64 = Duration::from_secs(60).as_micros() as i64;

/// One index row.
pub(super) struct IndexRow {
    /// Its key.
    pub(super) key: Bytes,
    /// It says what the head says.
    pub(super) current: bool,
    attrs: Option<Bytes>,
    /// The timestamp of its state.
    pub(super) at: i64,
}

/// What listings answer of a version's attributes.
pub(super) fn as_listed(attrs: &ObjectAttrs) -> ObjectAttrs {
    ObjectAttrs { headers: Vec::new(), user_metadata: Vec::new(), ..attrs.clone() }
}

impl IndexRow {
    /// How much it takes beside its key.
    pub(super) fn bytes(&self) -> usize {
        self.attrs.as_ref().map_or(0, Bytes::len)
    }

    /// The attributes that the row holds, where it says what the head says.
    pub(super) fn attrs(&self) -> Result<Option<ObjectAttrs>> {
        if self.current { listed_attrs(self.attrs.clone()).map(Some) } else { Ok(None) }
    }
}

impl Core {
    pub(super) async fn list_objects(self: &Arc<Self>, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>> {
        let view = self.view(&bucket.name).await?.filter(|view| view.bucket.id == bucket.id);
        let Some(view) = view else { return Ok(Page { entries: Vec::new(), more: false }) };
        let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
        let upper = successor(&scan.prefix);
        let upper = upper.as_deref();
        let mut from = scan.from.clone().max(scan.prefix.clone());
        let mut entries = Vec::new();
        loop {
            // One more than asked for tells whether there are more.
            let missing = limit + 1 - entries.len();
            let wanted = missing.max(ROWS_MIN);
            let read = |at: Stretch| {
                let (bucket, from) = (bucket.id.0, &from);
                async move { self.index_rows(bucket, at.read, from, at.until(upper), wanted).await }
            };
            let Some((stretch, rows)) = self.in_stretch(bucket.id, &from, read).await? else {
                return self.gone_or_unmapped(bucket).await;
            };
            let next = match rows.last() {
                Some(last) if rows.len() == wanted => Some([&last.key, &[0][..]].concat()),
                _ => stretch.next(upper),
            };
            entries.extend(self.resolved(&view, rows, missing).await?);
            if entries.len() > limit {
                entries.truncate(limit);
                return Ok(Page { entries, more: true });
            }
            match next {
                Some(next) => from = next,
                None => return Ok(Page { entries, more: false }),
            }
        }
    }

    /// Nothing, of a bucket that has been deleted meanwhile; otherwise an error.
    pub(super) async fn gone_or_unmapped<T>(&self, bucket: &Bucket) -> Result<Page<T>> {
        self.views.forget(&bucket.name);
        match self.view(&bucket.name).await?.filter(|view| view.bucket.id == bucket.id) {
            None => Ok(Page { entries: Vec::new(), more: false }),
            Some(_) => Err(unmapped(bucket)),
        }
    }

    /// Index rows from `from` on and below `upper`.
    pub(super) async fn index_rows(
        &self,
        bucket: Uuid,
        shard: Uuid,
        from: &[u8],
        upper: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<IndexRow>> {
        type Columns = (Bytes, Option<i8>, Option<Bytes>, Option<i64>);
        let st = &self.cluster.st;
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let rows: Vec<Columns> = match upper {
            Some(upper) => self.cluster.rows(&st.listing_between, (bucket, shard, from, upper, limit)).await?,
            None => self.cluster.rows(&st.listing_from, (bucket, shard, from, limit)).await?,
        };
        let row = |(key, state, attrs, at): Columns| IndexRow {
            key,
            // A row that lost a column is as good as one that asks.
            current: state == Some(LISTED_CURRENT) && attrs.is_some(),
            attrs,
            at: at.unwrap_or_default(),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The first `wanted` objects that rows speak of; heads of rows behind them are not read.
    async fn resolved(
        self: &Arc<Self>,
        view: &Arc<View>,
        rows: Vec<IndexRow>,
        wanted: usize,
    ) -> Result<Vec<ListedObject>> {
        let now = Timestamp::now().0;
        for row in rows.iter().filter(|row| !row.current && now - row.at > ASKING_TOO_LONG) {
            self.repair_later(view, &row.key, row.at).await;
        }
        let resolved = rows.into_iter().map(|row| self.resolve(view, row));
        let found = futures::stream::iter(resolved).buffered(HEADS_AT_ONCE);
        found.try_filter_map(|object| futures::future::ready(Ok(object))).take(wanted).try_collect().await
    }

    async fn resolve(&self, view: &View, row: IndexRow) -> Result<Option<ListedObject>> {
        let key = key_of(&row.key)?;
        if row.current {
            return Ok(Some(ListedObject { key, attrs: listed_attrs(row.attrs)? }));
        }
        let head = self.head_row(view.bucket.id, &row.key).await?.head()?;
        Ok(head.object().map(|record| ListedObject { key, attrs: as_listed(&record.attrs) }))
    }
}
