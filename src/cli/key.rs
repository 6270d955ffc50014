//! `dolium key`: access keys of tenants and of their users.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::client::{Client, Connection, Table, or_none, path, seconds, with_query};
use crate::admin::types::{
    Deleted, ImportKey, IssuedKey, Key, KeyList, KeyState, NewKey, RotateKey, RotatedKey, SecretText,
};
use crate::config::read_secret_file;

/// Longest secret that is read from standard input, bytes.
const SECRET_BYTES_MAX: u64 = 1024;

/// `dolium key`.
#[derive(Args, Clone)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Clone)]
enum Command {
    /// Make a key; its secret is shown this once
    #[command(after_help = "Example:\n  dolium key create acme --user backup --expires 90d")]
    Create {
        /// Whose it will be
        tenant: String,
        #[command(flatten)]
        about: About,
    },
    /// Take over a key pair from elsewhere
    #[command(after_help = "Example:\n  dolium key import acme AKOLD0000000000001 --secret-file old.secret")]
    Import {
        /// Whose it will be
        tenant: String,
        /// The public half
        access_key: String,
        /// A file with the secret half; standard input when it is not named
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        #[command(flatten)]
        about: About,
    },
    /// List the keys of a tenant, or of one of its users
    List {
        /// The tenant
        tenant: String,
        /// The user
        #[arg(long)]
        user: Option<String>,
    },
    /// Show a key, without its secret
    Show {
        /// The public half
        access_key: String,
    },
    /// Make a key in the place of another, which stops at once or after a grace
    #[command(after_help = "Example:\n  dolium key rotate AKIAEXAMPLE --grace 1h")]
    Rotate {
        /// The public half of the old one
        access_key: String,
        /// How long the old one goes on working, such as 1h
        #[arg(long, value_parser = seconds)]
        grace: Option<u64>,
        /// When the new one will end, such as 90d
        #[arg(long, value_parser = seconds)]
        expires: Option<u64>,
    },
    /// Stop a key
    Disable {
        /// The public half
        access_key: String,
    },
    /// Let a key work again
    Enable {
        /// The public half
        access_key: String,
    },
    /// Delete a key
    Delete {
        /// The public half
        access_key: String,
        /// Whose it is: needed for one that is listed as unfinished
        #[arg(long)]
        tenant: Option<String>,
        /// The user that it belongs to
        #[arg(long)]
        user: Option<String>,
    },
}

#[derive(Args, Clone)]
struct About {
    /// The user that it will belong to; the tenant itself when not named
    #[arg(long)]
    user: Option<String>,
    /// For people
    #[arg(long)]
    description: Option<String>,
    /// When it will end, such as 90d; never when not said
    #[arg(long, value_parser = seconds)]
    expires: Option<u64>,
    /// Whether V2 signatures are taken; as the installation does when not said
    #[arg(long, value_name = "true|false")]
    signature_v2: Option<bool>,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let client = arguments.connection.open()?;
    match &arguments.command {
        Command::Create { tenant, about } => {
            let About { user, description, expires, signature_v2 } = about.clone();
            let new = NewKey { user, description, expires_in_seconds: expires, signature_v2 };
            let made: IssuedKey = client.post(&path(&["tenants", tenant, "keys"]), &new)?;
            client.show(&made, |made| Table::parts(&issued(made)))
        }
        Command::Import { tenant, access_key, secret_file, about } => {
            let secret_key = read_secret(secret_file.as_deref())?;
            let About { user, description, expires, signature_v2 } = about.clone();
            let (access_key, expires_in_seconds) = (access_key.clone(), expires);
            let new = ImportKey { access_key, secret_key, user, description, expires_in_seconds, signature_v2 };
            show(&client, &client.post(&path(&["tenants", tenant, "keys", "import"]), &new)?)
        }
        Command::List { tenant, user } => {
            let user = user.as_deref().unwrap_or_default();
            let list: KeyList = client.get(&with_query(&path(&["tenants", tenant, "keys"]), &[("user", user)]))?;
            client.show(&list.keys, |keys| {
                let rows = keys.iter().map(|key| {
                    let (expires, state) = (or_none(key.expires.as_deref(), "never"), state(key.state).to_owned());
                    let created = or_none(key.created.as_deref(), "");
                    vec![key.access_key.clone(), state, expires, created, key.description.clone()]
                });
                Table::list(&["ACCESS KEY", "STATE", "EXPIRES", "CREATED", "DESCRIPTION"], rows)
            })
        }
        Command::Show { access_key } => show(&client, &client.get(&path(&["keys", access_key]))?),
        Command::Rotate { access_key, grace, expires } => {
            let how = RotateKey { grace_seconds: *grace, expires_in_seconds: *expires };
            let rotated: RotatedKey = client.post(&path(&["keys", access_key, "rotate"]), &how)?;
            client.show(&rotated, |it| {
                let mut parts = issued(&it.new);
                parts.push(("old key", it.old.access_key.clone()));
                parts.push(("old state", state(it.old.state).to_owned()));
                parts.push(("old expires", or_none(it.old.expires.as_deref(), "")));
                Table::parts(&parts)
            })
        }
        Command::Disable { access_key } => show(&client, &client.act("POST", &path(&["keys", access_key, "disable"]))?),
        Command::Enable { access_key } => show(&client, &client.act("POST", &path(&["keys", access_key, "enable"]))?),
        Command::Delete { access_key, tenant, user } => {
            let (tenant, user) = (tenant.as_deref().unwrap_or_default(), user.as_deref().unwrap_or_default());
            let at = with_query(&path(&["keys", access_key]), &[("tenant", tenant), ("user", user)]);
            let deleted: Deleted = client.delete(&at)?;
            client.show(&deleted, |it| Table::parts(&[("deleted", it.deleted.clone())]))
        }
    }
}

fn read_secret(file: Option<&Path>) -> Result<SecretText> {
    if let Some(file) = file {
        let secret = read_secret_file(file).map_err(anyhow::Error::msg)?;
        return Ok(SecretText::new(secret.into_inner()));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().take(SECRET_BYTES_MAX).read_to_string(&mut text).context("cannot read the secret key")?;
    Ok(SecretText::new(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Disabled => "disabled",
        KeyState::Expired => "expired",
        KeyState::Unfinished => "unfinished",
    }
}

fn parts(key: &Key) -> Vec<(&'static str, String)> {
    vec![
        ("tenant", key.tenant.clone()),
        ("user", or_none(key.user.as_deref(), "")),
        ("state", state(key.state).to_owned()),
        ("expires", or_none(key.expires.as_deref(), "never")),
        ("signature V2", key.signature_v2.map_or_else(String::new, |on| on.to_string())),
        ("description", key.description.clone()),
        ("created", or_none(key.created.as_deref(), "")),
    ]
}

fn issued(made: &IssuedKey) -> Vec<(&'static str, String)> {
    let mut all = vec![("access key", made.access_key.clone()), ("secret key", made.secret_key.expose().to_owned())];
    all.extend(parts(&made.key));
    all
}

fn show(client: &Client, key: &Key) -> Result<()> {
    client.show(key, |key| {
        let mut all = vec![("access key", key.access_key.clone())];
        all.extend(parts(key));
        Table::parts(&all)
    })
}
