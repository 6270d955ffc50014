//! `dolium tenant`: who owns buckets and keys.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::bucket::limits_text;
use super::client::{Client, Connection, Table, path};
use crate::admin::types::{ChangeTenant, Deleted, Limits, NewTenant, PublicAccess, Tenant, TenantPage};

/// `dolium tenant`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// Make a tenant
    #[command(after_help = "Example:\n  dolium tenant create acme --email ops@acme.example")]
    Create {
        /// Its name; it never changes
        name: String,
        /// What listings show
        #[arg(long)]
        display_name: Option<String>,
        /// Unique; grants may name it
        #[arg(long)]
        email: Option<String>,
    },
    /// List all tenants
    List,
    /// Show a tenant, named by its name, canonical id or account number
    Show {
        /// The tenant
        tenant: String,
    },
    /// Stop all keys of a tenant
    Disable {
        /// The tenant
        tenant: String,
    },
    /// Let a tenant's keys work again
    Enable {
        /// The tenant
        tenant: String,
    },
    /// Change what is said about a tenant
    #[command(after_help = "Example:\n  dolium tenant set acme --requests-per-second 500 --block-public-access true")]
    Set(Set),
    /// Delete a tenant that has no buckets, with its keys, users and groups
    Delete {
        /// The tenant
        tenant: String,
    },
}

#[derive(Args, Clone)]
struct Set {
    /// The tenant
    tenant: String,
    /// What listings show
    #[arg(long)]
    display_name: Option<String>,
    /// Unique; an empty text takes it away
    #[arg(long)]
    email: Option<String>,
    #[command(flatten)]
    limits: super::bucket::LimitFlags,
    /// All four switches against public access at once
    #[arg(long, value_name = "true|false")]
    block_public_access: Option<bool>,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::Create { name, display_name, email } => {
            let new = NewTenant { name: name.clone(), display_name: display_name.clone(), email: email.clone() };
            show(&client, &client.post("/tenants", &new)?)
        }
        Command::List => {
            let tenants = client.all("/tenants", &[], |page: TenantPage| (page.tenants, page.next))?;
            client.show(&tenants, |tenants| {
                let rows = tenants.iter().map(|one| {
                    let state = if one.disabled { "disabled" } else { "active" };
                    [&one.name, &one.account, state, &one.email, &one.created].map(str::to_owned).to_vec()
                });
                Table::list(&["NAME", "ACCOUNT", "STATE", "E-MAIL", "CREATED"], rows)
            })
        }
        Command::Show { tenant } => show(&client, &client.get(&path(&["tenants", tenant]))?),
        Command::Disable { tenant } => show(&client, &client.act("POST", &path(&["tenants", tenant, "disable"]))?),
        Command::Enable { tenant } => show(&client, &client.act("POST", &path(&["tenants", tenant, "enable"]))?),
        Command::Set(set) => change(&client, set),
        Command::Delete { tenant } => {
            let deleted: Deleted = client.delete(&path(&["tenants", tenant]))?;
            client.show(&deleted, |it| Table::parts(&[("deleted", it.deleted.clone())]))
        }
    }
}

fn change(client: &Client, set: &Set) -> Result<()> {
    let path = path(&["tenants", &set.tenant]);
    let now: Tenant = client.get(&path)?;
    let public_access_block = set.block_public_access.map(|on| PublicAccess {
        block_public_acls: on,
        ignore_public_acls: on,
        block_public_policy: on,
        restrict_public_buckets: on,
    });
    let limits: Option<Limits> = set.limits.over(&now.limits);
    let (display_name, email) = (set.display_name.clone(), set.email.clone());
    show(client, &client.patch(&path, &ChangeTenant { display_name, email, limits, public_access_block })?)
}

fn show(client: &Client, tenant: &Tenant) -> Result<()> {
    client.show(tenant, |it| {
        let block = &it.public_access_block;
        let switches = [
            ("acls", block.block_public_acls),
            ("ignored acls", block.ignore_public_acls),
            ("policies", block.block_public_policy),
            ("access", block.restrict_public_buckets),
        ];
        let blocked: Vec<&str> = switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect();
        Table::parts(&[
            ("name", it.name.clone()),
            ("id", it.id.clone()),
            ("account", it.account.clone()),
            ("display name", it.display_name.clone()),
            ("e-mail", it.email.clone()),
            ("state", if it.disabled { "disabled" } else { "active" }.to_owned()),
            ("limits", limits_text(&it.limits)),
            ("public blocked", blocked.join(", ")),
            ("created", it.created.clone()),
        ])
    })
}
