//! New names for users and groups. What an entity is lies under its name, so a new name is a new document, and which of
//! the two counts is decided by one compare-and-set on a third:
//!
//! 1. `moved/<id>` is there, and says the old name;
//! 2. the old document is marked as leaving: it counts, and does not change any more;
//! 3. the new document is written, with a ticket;
//! 4. `moved/<id>` says the new name and that ticket: from here on the new one counts, before only the old one did;
//! 5. the old document is removed, then the ticket of the new one.
//!
//! Whoever wants to change a document that is marked finishes what was decided in step 4, or, before it, writes
//! `moved/<id>` anew, so that step 4 fails, and takes the mark away. `moved/<id>` stays for as long as the entity does:
//! keys, sessions and memberships hold the name that was theirs when they were made, and the id, which never changes.

use super::documents::Found;
use super::entities::{EntityKind, entity_name};
use super::error::{AccountError, Result, missing, taken};
use super::names::{check_name, check_path};
use super::records::Entity;
use super::{Accounts, machine, random, tenant_scope};
use crate::storage::TenantId;

/// How often what others do at the same moment is taken into account.
pub(super) const TRIES_MAX: usize = 10;

/// Where an entity is that was given another name.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Moved {
    /// What it is called.
    #[prost(string, tag = "1")]
    name: String,
    /// What it was called before.
    #[prost(string, tag = "2")]
    from: String,
    /// Which renaming that was.
    #[prost(string, tag = "3")]
    ticket: String,
}

pub(super) fn moved_name(id: &str) -> String {
    format!("moved/{id}")
}

impl Entity {
    /// Whether no renaming is under way.
    pub(super) fn is_settled(&self) -> bool {
        !self.leaving && self.ticket.is_empty()
    }

    /// Whether this document is the one that counts.
    fn counts(&self, moved: Option<&Moved>) -> bool {
        match moved {
            _ if self.is_settled() => true,
            Some(moved) if self.leaving => moved.name.eq_ignore_ascii_case(&self.name),
            Some(moved) => moved.ticket == self.ticket,
            None => false,
        }
    }
}

impl Accounts {
    /// Gives a user or group another name and, if one is named, another path. Everything that it has stays its own.
    ///
    /// # Errors
    /// There is none, the new name is taken, or the name or the path breaks its rules.
    pub async fn rename_entity(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        to: &str,
        path: Option<&str>,
    ) -> Result<Entity> {
        check_name(kind.noun(), to, kind.name_bytes_max())?;
        path.map_or(Ok(()), check_path)?;
        let called = |entity: &mut Entity| {
            to.clone_into(&mut entity.name);
            if let Some(path) = path {
                path.clone_into(&mut entity.path);
            }
            Ok(())
        };
        if name.eq_ignore_ascii_case(to) {
            return self.change_entity(tenant, kind, name, called).await;
        }
        let _noting = self.changes.noting(tenant);
        for _ in 0..TRIES_MAX {
            let found = self.settled(tenant, kind, name).await?.ok_or_else(|| missing(kind.noun(), name))?;
            if self.settled(tenant, kind, to).await?.is_some() {
                return Err(taken(kind.noun(), to));
            }
            let mut renamed = found.record.clone();
            called(&mut renamed)?;
            if let Some(renamed) = self.try_rename(tenant, kind, found, renamed).await? {
                return Ok(renamed);
            }
        }
        Err(AccountError::Busy(name.to_owned()))
    }

    /// `None`: somebody else was faster.
    async fn try_rename(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        found: Found<Entity>,
        renamed: Entity,
    ) -> Result<Option<Entity>> {
        let (scope, documents) = (tenant_scope(tenant), &self.documents);
        let Found { rev, record: before } = found;
        let (old, new, decider) =
            (entity_name(kind, &before.name), entity_name(kind, &renamed.name), moved_name(&before.id));
        let decided = match documents.find::<Moved>(&scope, &decider).await? {
            Some(found) => Ok(found.rev),
            None => {
                let here = Moved { name: before.name.clone(), ..Moved::default() };
                documents.put(&scope, &decider, None, &here).await?
            }
        };
        let Ok(decided) = decided else { return Ok(None) };
        let leaving = Entity { leaving: true, ..before.clone() };
        if documents.put(&scope, &old, Some(rev), &leaving).await?.is_err() {
            return Ok(None);
        }
        let renamed = Entity { ticket: random::id("", 20).map_err(machine)?, ..renamed };
        let Ok(written) = documents.put(&scope, &new, None, &renamed).await? else {
            self.settled(tenant, kind, &before.name).await?;
            return Ok(None);
        };
        let moved = Moved { name: renamed.name.clone(), from: before.name, ticket: renamed.ticket.clone() };
        if documents.put(&scope, &decider, Some(decided), &moved).await?.is_err() {
            documents.0.remove_entry(&scope, &new, written).await?;
            return Ok(None);
        }
        // It has happened: what is left of the old name harms nobody, and goes with the next change.
        if let Err(error) = self.settled(tenant, kind, &renamed.name).await {
            tracing::warn!(%error, "the former name of a {} is to be removed later", kind.noun());
        }
        Ok(Some(Entity { ticket: String::new(), ..renamed }))
    }

    /// The document of this name, after what a renaming has left there is finished or undone. `None`: nobody is called
    /// so.
    pub(super) async fn settled(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
    ) -> Result<Option<Found<Entity>>> {
        let (scope, entry) = (tenant_scope(tenant), entity_name(kind, name));
        for _ in 0..TRIES_MAX {
            match self.documents.find::<Entity>(&scope, &entry).await? {
                Some(found) if !found.record.is_settled() => self.settle(&scope, kind, found).await?,
                found => return Ok(found),
            }
        }
        Err(AccountError::Busy(name.to_owned()))
    }

    /// One step towards a document that is settled, or gone.
    async fn settle(&self, scope: &str, kind: EntityKind, found: Found<Entity>) -> Result<()> {
        let (documents, Found { rev, record: entity }) = (&self.documents, found);
        let entry = entity_name(kind, &entity.name);
        let moved = documents.find::<Moved>(scope, &moved_name(&entity.id)).await?;
        let counts = entity.counts(moved.as_ref().map(|moved| &moved.record));
        let decided = entity.leaving != counts;
        if !decided && !self.decide_anew(scope, &entity.id, moved.as_ref()).await? {
            return Ok(());
        }
        if !counts {
            documents.0.remove_entry(scope, &entry, rev).await?;
            return Ok(());
        }
        if let Some(moved) = moved.filter(|_| !entity.leaving) {
            self.remove_former(scope, kind, &entity, &moved.record.from).await?;
        }
        let settled = Entity { leaving: false, ticket: String::new(), ..entity };
        // Where it has changed by now, it is looked at once more.
        let _changed = documents.put(scope, &entry, Some(rev), &settled).await?;
        Ok(())
    }

    /// Removes what a decided renaming has left under the old name. What lies there is read before the decision is read
    /// once more: an entity that has come back to that name since has another document there, or another ticket.
    async fn remove_former(&self, scope: &str, kind: EntityKind, entity: &Entity, from: &str) -> Result<()> {
        let (documents, former) = (&self.documents, entity_name(kind, from));
        let left = documents.find::<Entity>(scope, &former).await?;
        let Some(left) = left.filter(|left| left.record.leaving && left.record.id == entity.id) else { return Ok(()) };
        let moved = documents.get::<Moved>(scope, &moved_name(&entity.id)).await?;
        if moved.is_some_and(|moved| moved.ticket == entity.ticket) {
            documents.0.remove_entry(scope, &former, left.rev).await?;
        }
        Ok(())
    }

    /// Has a renaming fail that has not been decided; false when it was decided just now.
    async fn decide_anew(&self, scope: &str, id: &str, moved: Option<&Found<Moved>>) -> Result<bool> {
        let Some(Found { rev, record }) = moved else { return Ok(true) };
        Ok(self.documents.put(scope, &moved_name(id), Some(*rev), record).await?.is_ok())
    }

    /// The entity, if its document is the one that counts.
    pub(super) async fn if_it_counts(&self, tenant: TenantId, entity: Entity) -> Result<Option<Entity>> {
        if entity.is_settled() {
            return Ok(Some(entity));
        }
        let moved = self.documents.get::<Moved>(&tenant_scope(tenant), &moved_name(&entity.id)).await?;
        Ok(entity.counts(moved.as_ref()).then_some(entity))
    }

    /// Those whose documents count.
    pub(super) async fn that_count(&self, tenant: TenantId, entities: Vec<Entity>) -> Result<Vec<Entity>> {
        let mut counting = Vec::with_capacity(entities.len());
        for entity in entities {
            counting.extend(self.if_it_counts(tenant, entity).await?);
        }
        Ok(counting)
    }

    /// The entity with this id, which was called `name` at some time.
    pub(super) async fn entity_once_called(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        id: &str,
    ) -> Result<Option<Entity>> {
        let (mut name, mut known) = (name.to_owned(), None);
        for _ in 0..TRIES_MAX {
            let found = self.entity_if_any(tenant, kind, &name).await?;
            if found.as_ref().is_some_and(|found| found.id == id) {
                return Ok(found);
            }
            let moved = self.documents.get::<Moved>(&tenant_scope(tenant), &moved_name(id)).await?;
            match moved {
                // It may have come to this name after the document was read, unless that was known before.
                Some(moved) if Some(&moved) != known.as_ref() => {
                    name.clone_from(&moved.name);
                    known = Some(moved);
                }
                _ => return Ok(None),
            }
        }
        Err(AccountError::Busy(name))
    }
}
