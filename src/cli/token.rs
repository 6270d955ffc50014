//! `dolium token`: tokens of the operators' interface.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::client::{Connection, Table, or_none, path, seconds};
use crate::admin::SCOPES;
use crate::admin::types::{Deleted, IssuedToken, NewToken, TokenList};

/// `dolium token`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// Make a token; it is shown this once
    #[command(after_help = scopes_help())]
    Create {
        /// For people; unique
        name: String,
        /// What it may be used for; may be given several times
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// When it will end, such as 30d; never when not said
        #[arg(long, value_parser = seconds)]
        expires: Option<u64>,
    },
    /// List the tokens
    List,
    /// Revoke a token
    Revoke {
        /// Its name or id
        token: String,
    },
}

fn scopes_help() -> String {
    let scopes = SCOPES.join(", ");
    format!(
        "Scopes: {scopes}, FAMILY:* and *.\n\nExample:\n  dolium token create billing --scope tenants:read --expires 90d"
    )
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::Create { name, scopes, expires } => {
            let new = NewToken { name: name.clone(), scopes: scopes.clone(), expires_in_seconds: *expires };
            let made: IssuedToken = client.post("/tokens", &new)?;
            client.show(&made, |it| {
                Table::parts(&[
                    ("token", it.token.expose().to_owned()),
                    ("name", it.about.name.clone()),
                    ("id", it.about.id.clone()),
                    ("scopes", it.about.scopes.join(", ")),
                    ("expires", or_none(it.about.expires.as_deref(), "never")),
                ])
            })
        }
        Command::List => {
            let list: TokenList = client.get("/tokens")?;
            client.show(&list.tokens, |tokens| {
                let rows = tokens.iter().map(|one| {
                    let expires = or_none(one.expires.as_deref(), "never");
                    vec![one.name.clone(), one.id.clone(), one.scopes.join(", "), expires, one.created.clone()]
                });
                Table::list(&["NAME", "ID", "SCOPES", "EXPIRES", "CREATED"], rows)
            })
        }
        Command::Revoke { token } => {
            let deleted: Deleted = client.delete(&path(&["tokens", token]))?;
            client.show(&deleted, |it| Table::parts(&[("revoked", it.deleted.clone())]))
        }
    }
}
