//! `dolium bucket`: whose buckets are there, giving one away, emptying one.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::client::{Client, Connection, Table, path};
use crate::admin::types::{Bucket, BucketPage, ChangeBucket, Chown, Chowned, Deleted, Limits, Purge, Purged};

/// `dolium bucket`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// List the buckets of a tenant, or all
    List {
        /// The tenant; everybody's when not named
        tenant: Option<String>,
    },
    /// Show a bucket
    Info {
        /// The bucket
        bucket: String,
    },
    /// Bound what one front end lets through for a bucket
    #[command(after_help = "Example:\n  dolium bucket limit photos --requests-per-second 200")]
    Limit {
        /// The bucket
        bucket: String,
        #[command(flatten)]
        limits: LimitFlags,
    },
    /// Give a bucket, and what its owner has in it, to another tenant
    #[command(after_help = "Example:\n  dolium bucket chown photos acme")]
    Chown {
        /// The bucket
        bucket: String,
        /// The new tenant
        tenant: String,
        /// The former tenant: goes on with a change of owner that was cut off
        #[arg(long)]
        from: Option<String>,
    },
    /// Remove every object, version and upload of a bucket, but for what a lock keeps
    #[command(after_help = "Example:\n  dolium bucket purge photos --yes --delete")]
    Purge {
        /// The bucket
        bucket: String,
        /// It is meant: nothing brings the objects back
        #[arg(long)]
        yes: bool,
        /// Delete the bucket too
        #[arg(long)]
        delete: bool,
    },
}

/// What one front end lets through.
#[derive(Args, Clone)]
pub(super) struct LimitFlags {
    /// Requests per second; 0 is unbounded
    #[arg(long, value_name = "N")]
    requests_per_second: Option<u32>,
    /// Bytes of bodies received, per second; 0 is unbounded
    #[arg(long, value_name = "BYTES")]
    received_bytes_per_second: Option<u64>,
    /// Bytes of bodies sent, per second; 0 is unbounded
    #[arg(long, value_name = "BYTES")]
    sent_bytes_per_second: Option<u64>,
}

impl LimitFlags {
    /// These over what is set now; `None` when no flag is given.
    pub(super) fn over(&self, now: &Limits) -> Option<Limits> {
        let wanted = Limits {
            requests_per_second: self.requests_per_second.unwrap_or(now.requests_per_second),
            received_bytes_per_second: self.received_bytes_per_second.unwrap_or(now.received_bytes_per_second),
            sent_bytes_per_second: self.sent_bytes_per_second.unwrap_or(now.sent_bytes_per_second),
        };
        (wanted != *now).then_some(wanted)
    }
}

/// Limits in one line; empty when there are none.
pub(super) fn limits_text(limits: &Limits) -> String {
    let all = [
        (u64::from(limits.requests_per_second), "requests/s"),
        (limits.received_bytes_per_second, "bytes/s received"),
        (limits.sent_bytes_per_second, "bytes/s sent"),
    ];
    let set: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    set.join(", ")
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::List { tenant } => {
            let query = [("tenant", tenant.as_deref().unwrap_or_default())];
            let buckets = client.all("/buckets", &query, |page: BucketPage| (page.buckets, page.next))?;
            client.show(&buckets, |buckets| {
                let rows = buckets.iter().map(|one| {
                    [&one.name, &one.tenant, &one.region, &one.versioning, &one.created].map(String::clone).to_vec()
                });
                Table::list(&["NAME", "TENANT", "REGION", "VERSIONING", "CREATED"], rows)
            })
        }
        Command::Info { bucket } => show(&client, &client.get(&path(&["buckets", bucket]))?),
        Command::Limit { bucket, limits } => {
            let at = path(&["buckets", bucket]);
            let now: Bucket = client.get(&at)?;
            match limits.over(&now.limits) {
                Some(limits) => show(&client, &client.patch(&at, &ChangeBucket { limits })?),
                None => show(&client, &now),
            }
        }
        Command::Chown { bucket, tenant, from } => chown(&client, bucket, tenant, from.clone()),
        Command::Purge { bucket, yes: false, .. } => {
            bail!("this removes everything in {bucket}, for good: add --yes if that is meant")
        }
        Command::Purge { bucket, delete, .. } => purge(&client, bucket, *delete),
    }
}

fn chown(client: &Client, bucket: &str, tenant: &str, from: Option<String>) -> Result<()> {
    let at = path(&["buckets", bucket, "chown"]);
    let mut step = Chown { tenant: tenant.to_owned(), from, after: None };
    let mut changed = 0;
    loop {
        let done: Chowned = client.post(&at, &step)?;
        changed += done.changed;
        step = Chown { from: Some(done.from.clone()), after: done.next.clone(), ..step };
        if step.after.is_none() {
            return client.show(&Chowned { changed, ..done }, |it| {
                Table::parts(&[
                    ("bucket", it.bucket.name.clone()),
                    ("tenant", it.bucket.tenant.clone()),
                    ("versions changed", it.changed.to_string()),
                ])
            });
        }
    }
}

fn purge(client: &Client, bucket: &str, delete: bool) -> Result<()> {
    let at = path(&["buckets", bucket, "purge"]);
    let mut sum = Purged { removed: 0, aborted: 0, locked: 0, legal_hold: 0, governance: 0, compliance: 0, next: None };
    let mut after = None;
    loop {
        let done: Purged = client.post(&at, &Purge { after })?;
        sum.removed += done.removed;
        sum.aborted += done.aborted;
        sum.locked += done.locked;
        sum.legal_hold += done.legal_hold;
        sum.governance += done.governance;
        sum.compliance += done.compliance;
        match done.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    client.show(&sum, |it| {
        Table::parts(&[
            ("versions removed", it.removed.to_string()),
            ("uploads aborted", it.aborted.to_string()),
            ("locked versions left", it.locked.to_string()),
            ("  under legal hold", it.legal_hold.to_string()),
            ("  in governance mode", it.governance.to_string()),
            ("  in compliance mode", it.compliance.to_string()),
        ])
    })?;
    if delete {
        let _: Deleted = client.delete(&path(&["buckets", bucket]))?;
    }
    Ok(())
}

fn show(client: &Client, bucket: &Bucket) -> Result<()> {
    client.show(bucket, |it| {
        Table::parts(&[
            ("name", it.name.clone()),
            ("tenant", it.tenant.clone()),
            ("owner", it.owner.clone()),
            ("region", it.region.clone()),
            ("versioning", it.versioning.clone()),
            ("object lock", if it.object_lock { "yes" } else { "no" }.to_owned()),
            ("limits", limits_text(&it.limits)),
            ("created", it.created.clone()),
        ])
    })
}
