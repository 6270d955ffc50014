//! The command line: parses arguments, starts what they ask for, turns every failure into one sentence.

mod bucket;
mod client;
mod entity;
mod group;
mod key;
mod log;
mod schema;
pub mod snippets;
mod tenant;
mod token;
mod user;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

use crate::app;
use crate::app::first_key;
use crate::config::{self, Config, Flags};

const EXAMPLES: &str = "\
Examples:
  dolium                                      serve S3 from ./dolium-data on 127.0.0.1:7480; the first start
                                              makes a key and shows how clients use it
  dolium --listen 0.0.0.0:9000 --data /srv/s3 the same, elsewhere
  dolium serve --config dolium.toml           serve what a file says, from Cassandra for instance
  dolium config check dolium.toml             say what is wrong with a file, without starting
  dolium schema migrate --config dolium.toml  bring the keyspace to this version's schema
  dolium credentials --data ./dolium-data     show the generated key again, ready to paste into s3cmd, aws,
                                              rclone, boto 2 and boto3
  dolium tenant create acme                   make a tenant on the server that runs here; the commands tenant,
                                              key, user, group, bucket and token take --config, --admin and --json
  dolium key create acme                      make a key for it

Every key of the file can also be set from the environment, lists with commas:
  DOLIUM__SERVER__DOMAINS=s3.example.org,localhost DOLIUM__LOG__FORMAT=json dolium";

/// An S3-compatible object store on Apache Cassandra, or in one folder.
#[derive(Parser)]
#[command(name = "dolium", version, about, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Serve S3 (also what happens without a command)
    Serve(ServeArguments),
    /// Look at a configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at, or change, the tables in Cassandra
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Show the generated key of an embedded store, ready to paste into clients
    #[command(after_help = "Example:\n  dolium credentials --data ./dolium-data")]
    Credentials(CredentialsArguments),
    /// Make, look at and change tenants
    Tenant(tenant::Arguments),
    /// Make, look at and change access keys
    Key(key::Arguments),
    /// Make, look at and change groups of users
    Group(group::Arguments),
    /// Make, look at and change users of tenants
    User(user::Arguments),
    /// Look at buckets, give one away, empty one
    Bucket(bucket::Arguments),
    /// Make, list and revoke tokens of the operators' interface
    Token(token::Arguments),
}

#[derive(Args, Clone)]
struct ServeArguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port of the S3 endpoint, such as 127.0.0.1:7480
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Folder of the embedded store
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say whether a file (with the environment) is valid, and if not, why
    #[command(after_help = "Example:\n  dolium config check /etc/dolium.toml")]
    Check {
        /// The file
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum SchemaCommand {
    /// Compare the keyspace's schema with this version's
    #[command(after_help = "Example:\n  dolium schema status --config dolium.toml")]
    Status(SchemaArguments),
    /// Apply the migrations that are missing
    #[command(after_help = "Example:\n  dolium schema migrate --config dolium.toml")]
    Migrate(SchemaArguments),
}

#[derive(Args, Clone)]
struct SchemaArguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args, Clone)]
struct CredentialsArguments {
    /// Folder of the embedded store
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file (TOML), for the endpoint's address
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command that the process was started with.
///
/// # Errors
/// One sentence for the operator.
pub fn run() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(flags) => serve(&flags),
        Command::Config(ConfigCommand::Check { file }) => {
            load(Some(&file), &Flags::default())?;
            println!("{} is valid.", file.display());
            Ok(())
        }
        Command::Schema(SchemaCommand::Status(flags)) => {
            runtime()?.block_on(schema::status(&load(flags.config.as_deref(), &Flags::default())?))
        }
        Command::Schema(SchemaCommand::Migrate(flags)) => {
            runtime()?.block_on(schema::migrate(&load(flags.config.as_deref(), &Flags::default())?))
        }
        Command::Credentials(flags) => credentials(&flags),
        Command::Tenant(arguments) => tenant::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Group(arguments) => group::run(&arguments),
        Command::User(arguments) => user::run(&arguments),
        Command::Bucket(arguments) => bucket::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
    }
}

fn serve(flags: &ServeArguments) -> Result<()> {
    let overrides = Flags { listen: flags.listen.clone(), data: flags.data.clone() };
    let config = load(flags.config.as_deref(), &overrides)?;
    log::start(&config.log);
    runtime()?.block_on(app::serve(config))
}

fn credentials(flags: &CredentialsArguments) -> Result<()> {
    let config = load(flags.config.as_deref(), &Flags { listen: None, data: flags.data.clone() })?;
    let file = first_key::path(&config.store.path);
    let key = first_key::read(&file).map_err(anyhow::Error::msg)?.with_context(|| {
        format!("there is no generated key in {}: it is made on the first start without [[keys]]", file.display())
    })?;
    let endpoint = snippets::Endpoint::of(&config, None);
    let blocks = snippets::blocks(&endpoint, &key.access_key, key.secret_key.expose());
    match io::stdout().write_all(blocks.as_bytes()) {
        // Whoever reads only the first lines has what they wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}

fn load(file: Option<&Path>, flags: &Flags) -> Result<Config> {
    Ok(config::load(file, std::env::vars_os(), flags)?)
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_command_is_serve() {
        let arguments = Arguments::parse_from(["dolium", "--listen", "127.0.0.1:1", "--data", "d"]);
        assert!(arguments.command.is_none());
        assert_eq!(arguments.serve.listen.as_deref(), Some("127.0.0.1:1"));
        let arguments = Arguments::parse_from(["dolium", "serve", "--data", "d"]);
        assert!(matches!(arguments.command, Some(Command::Serve(serve)) if serve.data == Some("d".into())));
    }
}
