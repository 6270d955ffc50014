//! From the file, the environment and the flags to one [`Config`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Config as Settings, File, FileFormat};
use serde::Deserialize;
use toml::{Table, Value};

use super::fields::fields_of;
use super::{Accounts, Admin, Buckets, Cassandra, Config, CorsRule, Debug, Key, Limits, Log, Server, Store};

/// What a name of the environment begins with.
const PREFIX: &str = "DOLIUM__";
/// Sections that are lists.
const LISTS: [&str; 2] = ["keys", "cors"];
/// Entries of a list that the environment can hold.
const ENVIRONMENT_ENTRIES_MAX: usize = 100;

/// Why a configuration cannot be used, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// What the command line sets.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--listen`: `server.listen`.
    pub listen: Option<String>,
    /// `--data`: `store.path`.
    pub data: Option<PathBuf>,
}

macro_rules! sections {
    ($($name:literal $type:ty,)*) => {
        /// The keys of a section; `None` when there is no such section.
        fn keys_of(section: &str) -> Option<&'static [&'static str]> {
            match section { $($name => Some(fields_of::<$type>()),)* _ => None }
        }

        /// What is wrong with the values of a section.
        fn check(section: &str, table: Table) -> Result<(), String> {
            match section {
                $($name => <$type>::deserialize(table).map(drop).map_err(|e| one_line(&e)),)*
                _ => Ok(()),
            }
        }
    };
}

sections! {
    "server" Server,
    "store" Store,
    "cassandra" Cassandra,
    "limits" Limits,
    "log" Log,
    "admin" Admin,
    "buckets" Buckets,
    "debug" Debug,
    "cors" CorsRule,
    "accounts" Accounts,
    "keys" Key,
}

/// Reads and validates a configuration. `environment` are the process's variables; those that do not begin with
/// `DOLIUM__` are not looked at. Relative paths of the file are relative to the working directory.
///
/// # Errors
/// One sentence that names the file or variable, the section, the key, and for unknown names the nearest known one.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    flags: &Flags,
) -> Result<Config, ConfigError> {
    let mut root = match file {
        Some(path) => read_file(path).map_err(|what| ConfigError(format!("{}: {what}", path.display())))?,
        None => Table::new(),
    };
    overlay(&mut root, environment).map_err(ConfigError)?;
    if let Some(listen) = &flags.listen {
        set(&mut root, "server", "listen", Value::String(listen.clone()));
    }
    if let Some(data) = &flags.data {
        set(&mut root, "store", "path", Value::String(data.to_string_lossy().into_owned()));
    }
    let config = Config::deserialize(root).map_err(|e| ConfigError(one_line(&e)))?;
    config.validated(file)
}

fn read_file(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot be read: {e}"))?;
    let source = File::from_str(&text, FileFormat::Toml);
    let read = Settings::builder().add_source(source).build().and_then(Settings::try_deserialize::<Table>);
    let root = read.map_err(|error| place_of_error(&text).unwrap_or_else(|| error.to_string().replace('\n', ", ")))?;
    for (section, value) in &root {
        let Some(known) = keys_of(section) else {
            return Err(unknown(&format!("section [{section}]"), section, fields_of::<Config>(), |s| format!("[{s}]")));
        };
        let is_list = LISTS.contains(&section.as_str());
        let shown = if is_list { format!("[[{section}]]") } else { format!("[{section}]") };
        let tables: Vec<&Value> = match value {
            Value::Array(entries) if is_list => entries.iter().collect(),
            _ if is_list => return Err(format!("`{section}` is a list: write {shown}, with two brackets")),
            one => vec![one],
        };
        for value in tables {
            let Value::Table(table) = value else {
                return Err(format!("`{section}` is a section: write {shown}"));
            };
            if let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) {
                return Err(unknown(&format!("key `{key}` in {shown}"), key, known, |k| format!("`{k}`")));
            }
            check(section, table.clone()).map_err(|what| format!("{shown}: {what}"))?;
        }
    }
    Ok(root)
}

/// Where a text is no TOML, and why: `config` does not say it in one line.
fn place_of_error(text: &str) -> Option<String> {
    let error = toml::from_str::<Table>(text).err()?;
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
    Some(format!("line {}: {}", before.matches('\n').count() + 1, error.message().replace('\n', ", ")))
}

fn unknown(what: &str, name: &str, known: &[&str], show: impl Fn(&str) -> String) -> String {
    let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    match nearest {
        Some(nearest) => format!("there is no {what}; the nearest known one is {}", show(nearest)),
        None => format!("there is no {what}"),
    }
}

fn overlay(root: &mut Table, environment: impl IntoIterator<Item = (OsString, OsString)>) -> Result<(), String> {
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|n| n.starts_with(PREFIX)) else { continue };
        let value = value.into_string().map_err(|_| format!("the value of {name} is not UTF-8"))?;
        variables.push((name.to_owned(), value));
    }
    variables.sort();
    for (name, value) in variables {
        let path = name[PREFIX.len()..].to_ascii_lowercase();
        let parts: Vec<&str> = path.split("__").collect();
        match parts.as_slice() {
            [section, index, key] if LISTS.contains(section) => set_entry(root, &name, [section, index, key], &value)?,
            [section, key] if !LISTS.contains(section) => {
                known_variable(&name, section, key)?;
                let value = read_value(&name, section, key, &value)?;
                set(root, section, key, value);
            }
            _ => {
                return Err(format!("{name} is not of the form DOLIUM__SECTION__KEY (or DOLIUM__KEYS__0__ACCESS_KEY)"));
            }
        }
    }
    Ok(())
}

fn known_variable(name: &str, section: &str, key: &str) -> Result<(), String> {
    let variable = |section: &str, key: &str| format!("{PREFIX}{}__{}", section, key).to_ascii_uppercase();
    match keys_of(section) {
        None => {
            let what = format!("section for the variable {name}");
            Err(unknown(&what, section, fields_of::<Config>(), |nearest| variable(nearest, key)))
        }
        Some(known) if !known.contains(&key) => {
            Err(unknown(&format!("key for the variable {name}"), key, known, |nearest| variable(section, nearest)))
        }
        Some(_) => Ok(()),
    }
}

fn set_entry(root: &mut Table, name: &str, [section, index, key]: [&str; 3], value: &str) -> Result<(), String> {
    known_variable(name, section, key)?;
    let index: usize = index
        .parse()
        .ok()
        .filter(|i| *i < ENVIRONMENT_ENTRIES_MAX)
        .ok_or_else(|| format!("{name}: the number of an entry is 0 to {}", ENVIRONMENT_ENTRIES_MAX - 1))?;
    let value = read_value(name, section, key, value)?;
    let entries = root.entry(section).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(entries) = entries else { return Err(format!("`{section}` is a list: write [[{section}]]")) };
    if entries.len() < index {
        return Err(format!("{name}: there is no entry number {}", entries.len()));
    }
    if entries.len() == index {
        entries.push(Value::Table(Table::new()));
    }
    if let Some(Value::Table(table)) = entries.get_mut(index) {
        table.insert(key.to_owned(), value);
    }
    Ok(())
}

/// Gives a text the type its key wants: the first of these that the section takes.
fn read_value(name: &str, section: &str, key: &str, text: &str) -> Result<Value, String> {
    let items = || text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let list = Value::Array(items().map(|item| Value::String(item.to_owned())).collect());
    let pairs: Option<Table> = items()
        .map(|item| {
            let (k, v) = item.split_once('=')?;
            Some((k.trim().to_owned(), Value::Integer(v.trim().parse().ok()?)))
        })
        .collect();
    let as_text = Value::String(text.to_owned());
    let candidates = [
        Some(as_text.clone()),
        text.parse().ok().map(Value::Boolean),
        text.parse().ok().map(Value::Integer),
        Some(list),
        pairs.map(Value::Table),
    ];
    let fits = |value: &Value| check(section, Table::from_iter([(key.to_owned(), value.clone())]));
    if let Some(value) = candidates.into_iter().flatten().find(|value| fits(value).is_ok()) {
        return Ok(value);
    }
    Err(format!("{name}: {}", fits(&as_text).err().unwrap_or_default()))
}

fn set(root: &mut Table, section: &str, key: &str, value: Value) {
    let table = root.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(table) = table {
        table.insert(key.to_owned(), value);
    }
}

fn one_line(error: &toml::de::Error) -> String {
    error.to_string().trim().replace('\n', " ")
}
