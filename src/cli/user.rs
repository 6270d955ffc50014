//! `dolium user`: who has keys of a tenant with limited rights.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::client::{Client, Connection, Table, path};
use super::entity::{self, Create, One, PolicyCommand, names};
use crate::admin::types::{User, UserPage};

/// `dolium user`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// Make a user; it may do nothing until a policy lets it
    #[command(after_help = "Example:\n  dolium user create acme backup")]
    Create(Create),
    /// List the users of a tenant
    List {
        /// The tenant
        tenant: String,
    },
    /// Show a user, with its groups, keys and policies
    Show(One),
    /// Delete a user without keys, groups and policies
    Delete(One),
    #[command(flatten)]
    Policy(PolicyCommand),
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::Create(new) => show(&client, &entity::create(&client, "users", new)?),
        Command::List { tenant } => {
            let at = path(&["tenants", tenant, "users"]);
            let users = client.all(&at, &[], |page: UserPage| (page.users, page.next))?;
            client.show(&users, |users| {
                let rows = users
                    .iter()
                    .map(|one| vec![one.name.clone(), one.arn.clone(), one.groups.join(", "), one.keys.join(", ")]);
                Table::list(&["NAME", "ARN", "GROUPS", "KEYS"], rows)
            })
        }
        Command::Show(one) => show(&client, &client.get(&path(&["tenants", &one.tenant, "users", &one.name]))?),
        Command::Delete(one) => entity::delete(&client, "users", one),
        Command::Policy(command) => entity::change_policy(&client, "users", command),
    }
}

fn show(client: &Client, user: &User) -> Result<()> {
    client.show(user, |it| {
        Table::parts(&[
            ("name", it.name.clone()),
            ("id", it.id.clone()),
            ("arn", it.arn.clone()),
            ("groups", it.groups.join(", ")),
            ("keys", it.keys.join(", ")),
            ("policies", names(&it.policies)),
            ("attached", it.attached.join(", ")),
            ("created", it.created.clone()),
        ])
    })
}
