//! `dolium group`: users of a tenant with the same policies.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::client::{Client, Connection, Table, path};
use super::entity::{self, Create, One, PolicyCommand, names};
use crate::admin::types::{Group, GroupPage};

/// `dolium group`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// Make a group
    #[command(after_help = "Example:\n  dolium group create acme readers")]
    Create(Create),
    /// List the groups of a tenant
    List {
        /// The tenant
        tenant: String,
    },
    /// Show a group, and who is in it
    Show(One),
    /// Delete a group without users and policies
    Delete(One),
    /// Put a user into a group
    Add(Member),
    /// Take a user out of a group
    Remove(Member),
    #[command(flatten)]
    Policy(PolicyCommand),
}

#[derive(Args, Clone)]
struct Member {
    /// The tenant
    tenant: String,
    /// The group
    group: String,
    /// The user
    user: String,
}

impl Member {
    fn path(&self) -> String {
        path(&["tenants", &self.tenant, "groups", &self.group, "users", &self.user])
    }
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::Create(new) => show(&client, &entity::create(&client, "groups", new)?),
        Command::List { tenant } => {
            let at = path(&["tenants", tenant, "groups"]);
            let groups = client.all(&at, &[], |page: GroupPage| (page.groups, page.next))?;
            client.show(&groups, |groups| {
                let rows = groups
                    .iter()
                    .map(|one| vec![one.name.clone(), one.arn.clone(), names(&one.policies), one.attached.join(", ")]);
                Table::list(&["NAME", "ARN", "POLICIES", "ATTACHED"], rows)
            })
        }
        Command::Show(one) => show(&client, &client.get(&path(&["tenants", &one.tenant, "groups", &one.name]))?),
        Command::Delete(one) => entity::delete(&client, "groups", one),
        Command::Add(member) => entity::done_with(&client, &client.act("PUT", &member.path())?),
        Command::Remove(member) => entity::done_with(&client, &client.delete(&member.path())?),
        Command::Policy(command) => entity::change_policy(&client, "groups", command),
    }
}

fn show(client: &Client, group: &Group) -> Result<()> {
    client.show(group, |it| {
        Table::parts(&[
            ("name", it.name.clone()),
            ("id", it.id.clone()),
            ("arn", it.arn.clone()),
            ("users", it.users.clone().unwrap_or_default().join(", ")),
            ("policies", names(&it.policies)),
            ("attached", it.attached.join(", ")),
            ("created", it.created.clone()),
        ])
    })
}
