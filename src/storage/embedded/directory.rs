//! Directory entries: rows of the index, each changed under its own lock.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::committer::NewRow;
use super::segments::Room;
use super::shared::Shared;
use super::store::Embedded;
use super::{keys, rows};
use crate::storage::directory::{DirectoryStore, Entry, PutEntry, RemoveEntry};
use crate::storage::{PAGE_ENTRIES_MAX, Page, Result, Rev, StorageError};

fn read(shared: &Shared, key: &[u8]) -> Result<Option<Entry>> {
    shared.index.get(key)?.map(|row| rows::decode_entry(&row.value)).transpose()
}

/// Writes the one row; its lock opens when the row is in the index, also when the caller has gone away.
async fn write(shared: &Arc<Shared>, row: NewRow, room: Room, lock: impl Send + 'static) -> Result<()> {
    shared.commit(vec![row], room, Box::new(move || drop(lock))).await
}

#[async_trait]
impl DirectoryStore for Embedded {
    async fn entry(&self, scope: &str, name: &str) -> Result<Option<Entry>> {
        read(&self.shared, &keys::entry(scope, name))
    }

    async fn entries(
        &self,
        scope: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(String, Entry)>> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let first = keys::entry(scope, prefix);
        let end = keys::after_prefix(&first);
        let after = after.map(|after| [&keys::entry(scope, after)[..], &[0]].concat());
        let from = after.unwrap_or_default().max(first);
        let head = keys::entry(scope, "").len();
        let scan = move |shared: &Shared| {
            let found = shared.index.scan(&from, end.as_deref(), limit + 1)?;
            let more = found.len() > limit;
            let read = found.into_iter().take(limit).map(|(key, row)| {
                let name = key.get(head..).and_then(|name| std::str::from_utf8(name).ok()).map(str::to_owned);
                let name = name.ok_or_else(|| StorageError::Corrupt("an entry's name is not UTF-8".into()))?;
                Ok((name, rows::decode_entry(&row.value)?))
            });
            Ok(Page { entries: read.collect::<Result<_>>()?, more })
        };
        self.shared.scan(limit, scan).await
    }

    async fn put_entry(&self, scope: &str, name: &str, expected: Option<Rev>, value: Bytes) -> Result<PutEntry> {
        let key = keys::entry(scope, name);
        let lock = self.shared.locks.key(&key).await;
        let found = read(&self.shared, &key)?;
        if found.as_ref().map(|entry| entry.rev) != expected {
            return Ok(PutEntry::Conflict(found));
        }
        let rev = Rev::fresh();
        let row = NewRow::put(key, rows::encode_entry(&Entry { rev, value }));
        write(&self.shared, row, Room::Data, lock).await?;
        Ok(PutEntry::Done(rev))
    }

    async fn remove_entry(&self, scope: &str, name: &str, expected: Rev) -> Result<RemoveEntry> {
        let key = keys::entry(scope, name);
        let lock = self.shared.locks.key(&key).await;
        match read(&self.shared, &key)? {
            None => Ok(RemoveEntry::Done),
            Some(found) if found.rev != expected => Ok(RemoveEntry::Conflict(found)),
            Some(_) => {
                write(&self.shared, NewRow::delete(key), Room::Delete, lock).await?;
                Ok(RemoveEntry::Done)
            }
        }
    }
}
