//! What `dolium group` and `dolium user` have in common: policies.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::client::{Client, Table, path};
use crate::admin::types::{Deleted, Done, NewEntity, NewPolicyText, PolicyText};

/// A user or a group that is to be made.
#[derive(Args, Clone)]
pub(super) struct Create {
    /// The tenant
    tenant: String,
    /// Unique in the tenant
    name: String,
    /// What it is sorted by, such as /division/team/
    #[arg(long)]
    path: Option<String>,
}

/// One user or group.
#[derive(Args, Clone)]
pub(super) struct One {
    /// The tenant
    pub tenant: String,
    /// Its name
    pub name: String,
}

/// What is done about policies.
#[derive(Subcommand, Clone)]
pub(super) enum PolicyCommand {
    /// Attach a managed policy
    #[command(after_help = "Example:\n  … attach acme NAME arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")]
    Attach(Named),
    /// Detach a managed policy
    Detach(Named),
    /// Give it a policy of its own
    PutPolicy {
        #[command(flatten)]
        named: Named,
        /// A file with the policy, JSON
        file: PathBuf,
    },
    /// Take a policy of its own away
    DeletePolicy(Named),
}

/// A policy of a user or group.
#[derive(Args, Clone)]
pub(super) struct Named {
    /// The tenant
    tenant: String,
    /// The user's or group's name
    name: String,
    /// The policy: its ARN where it is a managed one, else its name
    policy: String,
}

impl Named {
    fn path(&self, kind: &str, what: &str) -> String {
        path(&["tenants", &self.tenant, kind, &self.name, what, &self.policy])
    }
}

/// Makes a user or group; `kind` is `users` or `groups`.
pub(super) fn create<O: serde::de::DeserializeOwned>(client: &Client, kind: &str, new: &Create) -> Result<O> {
    let input = NewEntity { name: new.name.clone(), path: new.path.clone() };
    client.post(&path(&["tenants", &new.tenant, kind]), &input)
}

/// Deletes one.
pub(super) fn delete(client: &Client, kind: &str, one: &One) -> Result<()> {
    let deleted: Deleted = client.delete(&path(&["tenants", &one.tenant, kind, &one.name]))?;
    client.show(&deleted, |it| Table::parts(&[("deleted", it.deleted.clone())]))
}

/// Changes policies.
pub(super) fn change_policy(client: &Client, kind: &str, command: &PolicyCommand) -> Result<()> {
    let done: Done = match command {
        PolicyCommand::Attach(named) => client.act("PUT", &named.path(kind, "attached"))?,
        PolicyCommand::Detach(named) => client.delete(&named.path(kind, "attached"))?,
        PolicyCommand::PutPolicy { named, file } => {
            client.put(&named.path(kind, "policies"), &NewPolicyText { document: read(file)? })?
        }
        PolicyCommand::DeletePolicy(named) => client.delete(&named.path(kind, "policies"))?,
    };
    done_with(client, &done)
}

/// Says what was done.
pub(super) fn done_with(client: &Client, done: &Done) -> Result<()> {
    client.show(done, |it| Table::parts(&[("done", it.done.clone())]))
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read the policy {}", file.display()))
}

/// Names of policies, in one line.
pub(super) fn names(policies: &[PolicyText]) -> String {
    policies.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
}
