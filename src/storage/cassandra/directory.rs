//! Directory entries: one row each, changed only by compare-and-set on its revision.

use bytes::Bytes;
use futures::FutureExt;
use uuid::Uuid;

use super::Core;
use super::session::{Cas, Look, corrupt};
use super::statements::Statement;
use crate::storage::directory::{Entry, PutEntry, RemoveEntry};
use crate::storage::{PAGE_ENTRIES_MAX, Page, Result, Rev, StorageError};

/// Entries read at once, bytes bounded by the longest value.
const ROWS_AT_ONCE: usize = 200;

type Columns = (Option<Uuid>, Option<Bytes>);

fn entry_of((rev, value): Columns) -> Option<Entry> {
    Some(Entry { rev: Rev(rev?), value: value.unwrap_or_default() })
}

impl Core {
    pub(super) async fn entry(&self, scope: &str, name: &str) -> Result<Option<Entry>> {
        self.entry_by(&self.cluster.st.entry_read, scope, name).await
    }

    async fn entry_by(&self, statement: &Statement, scope: &str, name: &str) -> Result<Option<Entry>> {
        let row: Option<Columns> = self.cluster.row(statement, (scope, name)).await?;
        Ok(row.and_then(entry_of))
    }

    pub(super) async fn directory_entries(
        &self,
        scope: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(String, Entry)>> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX).min(ROWS_AT_ONCE);
        let asked = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let st = &self.cluster.st;
        let rows: Vec<(String, Option<Uuid>, Option<Bytes>)> = match after {
            Some(after) if after >= prefix => self.cluster.rows(&st.entries_after, (scope, after, asked)).await?,
            _ => self.cluster.rows(&st.entries_from, (scope, prefix, asked)).await?,
        };
        let more = rows.len() > limit && rows.get(limit).is_some_and(|(name, ..)| name.starts_with(prefix));
        let mut entries = Vec::new();
        for (name, rev, value) in rows.into_iter().take(limit).take_while(|(name, ..)| name.starts_with(prefix)) {
            let entry = entry_of((rev, value)).ok_or_else(|| corrupt("a directory entry", "it has no revision"))?;
            entries.push((name, entry));
        }
        Ok(Page { entries, more })
    }

    pub(super) async fn put_entry(
        &self,
        scope: &str,
        name: &str,
        expected: Option<Rev>,
        value: Bytes,
    ) -> Result<PutEntry> {
        let st = &self.cluster.st;
        let fresh = Rev::fresh();
        let look = || {
            async move {
                Ok(match self.entry_by(&st.entry_serial, scope, name).await?.map(|entry| entry.rev) {
                    Some(rev) if rev == fresh => Look::Ours,
                    // Absent again is not as expected: it may have landed and been removed, and must not come back.
                    Some(rev) if Some(rev) == expected => Look::AsExpected,
                    _ => Look::Other,
                })
            }
            .boxed()
        };
        let values = (fresh.0, value, scope, name, expected.map(|rev| rev.0));
        let ours = |row: &super::session::CasRow| row.uuid("rev") == Some(fresh.0);
        match self.cluster.cas(&st.entry_set, values, ours, look).await? {
            Cas::Applied => Ok(PutEntry::Done(fresh)),
            Cas::Refused(_) => Ok(PutEntry::Conflict(self.entry_by(&st.entry_serial, scope, name).await?)),
        }
    }

    pub(super) async fn remove_entry(&self, scope: &str, name: &str, expected: Rev) -> Result<RemoveEntry> {
        let st = &self.cluster.st;
        let look = || {
            async move {
                Ok(match self.entry_by(&st.entry_serial, scope, name).await? {
                    None => Look::Ours,
                    Some(entry) if entry.rev == expected => Look::AsExpected,
                    Some(_) => Look::Other,
                })
            }
            .boxed()
        };
        let gone = |row: &super::session::CasRow| row.uuid("rev").is_none();
        match self.cluster.cas(&st.entry_drop, (scope, name, expected.0), gone, look).await {
            Ok(Cas::Applied) => Ok(RemoveEntry::Done),
            // Revisions are never used twice, so whatever is there now was put after the one that had to go.
            Ok(Cas::Refused(_)) | Err(StorageError::OutcomeUnknown(_)) => {
                match self.entry_by(&st.entry_serial, scope, name).await? {
                    None => Ok(RemoveEntry::Done),
                    Some(entry) if entry.rev == expected => {
                        Err(StorageError::OutcomeUnknown(format!("whether entry {name} was removed is not known")))
                    }
                    Some(entry) => Ok(RemoveEntry::Conflict(entry)),
                }
            }
            Err(error) => Err(error),
        }
    }
}
