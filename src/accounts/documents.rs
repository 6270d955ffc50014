//! Records in the directory: read, made, changed by compare-and-set, listed. Knows none of their meanings.

use std::sync::Arc;

use prost::Message;

use super::error::{AccountError, Result};
use crate::storage::directory::{Entry, PutEntry, RemoveEntry};
use crate::storage::{DirectoryStore, PAGE_ENTRIES_MAX, Page, Rev, StorageError};

/// How often a change is tried again because another was faster.
const ATTEMPTS_MAX: usize = 50;

/// A record, and the revision it was read at.
pub(super) struct Found<M> {
    pub rev: Rev,
    pub record: M,
}

/// The directory, by types.
#[derive(Clone)]
pub(super) struct Documents(pub Arc<dyn DirectoryStore>);

fn decode<M: Message + Default>(name: &str, entry: &Entry) -> std::result::Result<Found<M>, StorageError> {
    let record = M::decode(entry.value.clone())
        .map_err(|_| StorageError::Corrupt(format!("the directory's entry {name} cannot be decoded")))?;
    Ok(Found { rev: entry.rev, record })
}

impl Documents {
    pub(super) async fn find<M: Message + Default>(
        &self,
        scope: &str,
        name: &str,
    ) -> std::result::Result<Option<Found<M>>, StorageError> {
        self.0.entry(scope, name).await?.map(|entry| decode(name, &entry)).transpose()
    }

    pub(super) async fn get<M: Message + Default>(
        &self,
        scope: &str,
        name: &str,
    ) -> std::result::Result<Option<M>, StorageError> {
        Ok(self.find(scope, name).await?.map(|found| found.record))
    }

    /// Writes a record if the entry is as expected; otherwise answers how it is.
    pub(super) async fn put<M: Message + Default>(
        &self,
        scope: &str,
        name: &str,
        expected: Option<Rev>,
        record: &M,
    ) -> std::result::Result<std::result::Result<Rev, Option<Found<M>>>, StorageError> {
        match self.0.put_entry(scope, name, expected, record.encode_to_vec().into()).await? {
            PutEntry::Done(rev) => Ok(Ok(rev)),
            PutEntry::Conflict(entry) => Ok(Err(entry.map(|entry| decode(name, &entry)).transpose()?)),
        }
    }

    /// Makes a record; false when the name is taken.
    pub(super) async fn make<M: Message + Default>(&self, scope: &str, name: &str, record: &M) -> Result<bool> {
        Ok(self.put(scope, name, None, record).await?.is_ok())
    }

    /// Changes a record; `decide` is called again, on what is there then, when another change was faster. `None`: there
    /// is no such record.
    pub(super) async fn change<M: Message + Default + Clone>(
        &self,
        scope: &str,
        name: &str,
        mut decide: impl FnMut(&mut M) -> Result<()>,
    ) -> Result<Option<M>> {
        let mut found = self.find::<M>(scope, name).await?;
        for _ in 0..ATTEMPTS_MAX {
            let Some(Found { rev, mut record }) = found else { return Ok(None) };
            decide(&mut record)?;
            match self.put(scope, name, Some(rev), &record).await? {
                Ok(_) => return Ok(Some(record)),
                Err(now) => found = now,
            }
        }
        Err(AccountError::Busy(name.to_owned()))
    }

    /// Removes a record that `agree` agrees to; false when there is none.
    pub(super) async fn remove<M: Message + Default>(
        &self,
        scope: &str,
        name: &str,
        mut agree: impl FnMut(&M) -> Result<()>,
    ) -> Result<bool> {
        let mut found = self.find::<M>(scope, name).await?;
        for _ in 0..ATTEMPTS_MAX {
            let Some(Found { rev, record }) = found else { return Ok(false) };
            agree(&record)?;
            match self.0.remove_entry(scope, name, rev).await? {
                RemoveEntry::Done => return Ok(true),
                RemoveEntry::Conflict(entry) => found = Some(decode(name, &entry)?),
            }
        }
        Err(AccountError::Busy(name.to_owned()))
    }

    /// A page of records, by the names of their entries without the prefix.
    pub(super) async fn page<M: Message + Default>(
        &self,
        scope: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(String, M)>> {
        let after = after.map(|after| format!("{prefix}{after}"));
        let page = self.0.entries(scope, prefix, after.as_deref(), limit).await?;
        let read = page.entries.into_iter().map(|(name, entry)| {
            let record = decode::<M>(&name, &entry)?.record;
            Ok((name.strip_prefix(prefix).unwrap_or(&name).to_owned(), record))
        });
        Ok(Page { entries: read.collect::<Result<_>>()?, more: page.more })
    }

    /// Every record with a prefix, up to `most` (where whoever makes them bounds their number).
    pub(super) async fn all<M: Message + Default>(&self, scope: &str, prefix: &str, most: usize) -> Result<Vec<M>> {
        let mut all: Vec<M> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.page::<M>(scope, prefix, after.as_deref(), PAGE_ENTRIES_MAX).await?;
            after = page.entries.last().map(|(name, _)| name.clone());
            all.extend(page.entries.into_iter().map(|(_, record)| record));
            if !page.more || all.len() >= most {
                return Ok(all);
            }
        }
    }
}
