//! Enforces the absences that `src/lib.rs` promises, and shows of each rule that it can fail.

mod blank;
mod facts;

use std::fs;
use std::path::{Path, PathBuf};

use blank::blank;

/// Longest file, lines.
const FILE_LINES_MAX: usize = 600;
/// Longest function, lines, from `fn` to the closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// One source file, as the rules see it.
struct Source {
    /// Relative to the repository, with `/`.
    path: String,
    /// As it stands.
    text: String,
    /// With comments and literals blanked out, line for line.
    code: String,
    /// With comments blanked out and literals kept.
    literals: String,
}

impl Source {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: path.into(), code: blank(&text, true), literals: blank(&text, false), text }
    }

    fn below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }
}

/// A rule: which invariant of `src/lib.rs` it enforces, and what in a file breaks it.
struct Rule {
    invariant: usize,
    breaches: fn(&Source) -> Vec<String>,
    /// A path and a text that break it.
    bad: &'static [(&'static str, &'static str)],
    /// A path and a text that do not.
    good: &'static [(&'static str, &'static str)],
}

const RULES: &[Rule] = &[
    Rule {
        invariant: 1,
        breaches: |s| {
            named_outside(
                s,
                &["src/http/", "src/app.rs"],
                &["actix", "actix_web", "actix_http", "actix_rt", "actix_server", "actix_service"],
            )
        },
        bad: &[("src/s3/pipeline.rs", "use actix_web::web;"), ("src/main.rs", "#[actix_web::main]\nfn main() {}")],
        good: &[
            ("src/http/adapter.rs", "use actix_web::web;"),
            ("src/s3/mod.rs", "// Unlike actix_web.\nconst A: &str = \"actix_web\";"),
        ],
    },
    Rule {
        invariant: 2,
        breaches: |s| named_outside(s, &["src/s3/xml/"], &["quick_xml"]),
        bad: &[("src/s3/ops/bucket/list_objects.rs", "quick_xml::se::to_string(&x)")],
        good: &[("src/s3/xml/read.rs", "use quick_xml::Reader;")],
    },
    Rule {
        invariant: 3,
        breaches: |s| {
            let mut found = named_outside(s, &["src/storage/cassandra/"], &["scylla"]);
            found.extend(cql_outside(s));
            found
        },
        bad: &[
            ("src/app.rs", "use scylla::client::session::Session;"),
            ("src/app.rs", "const Q: &str = \"SELECT rev FROM object WHERE key = ?\";"),
            ("src/workers/sweep.rs", "run(\"INSERT INTO bucket (name) VALUES (?) IF NOT EXISTS\")"),
            ("src/cli/schema.rs", "run(r#\"CREATE TABLE x (a int)\"#)"),
        ],
        good: &[
            ("src/storage/cassandra/heads.rs", "const Q: &str = \"SELECT rev FROM object\"; use scylla::x;"),
            ("src/s3/ops/object/select.rs", "// SELECT a FROM b is CQL.\nconst A: &str = \"Select a key.\";"),
        ],
    },
    Rule {
        invariant: 4,
        breaches: |s| named_inside(s, &["src/s3/"], &["embedded", "cassandra", "redb", "scylla"]),
        bad: &[
            ("src/s3/services.rs", "use crate::storage::embedded::Embedded;"),
            ("src/s3/a.rs", "storage::cassandra::open()"),
        ],
        good: &[("src/s3/services.rs", "use crate::storage::Storage;"), ("src/app.rs", "storage::embedded::open()")],
    },
    Rule {
        invariant: 5,
        breaches: |s| {
            let mut found = named_inside(s, &["src/storage/"], &["s3", "http"]);
            found.retain(|f| f.contains("::"));
            found
        },
        bad: &[
            ("src/storage/embedded/mod.rs", "use crate::s3::error::S3Error;"),
            ("src/storage/mod.rs", "crate::http::serve()"),
        ],
        good: &[
            ("src/storage/model.rs", "let s3 = 1; // crate::s3"),
            ("src/app.rs", "use crate::s3::services::Services;"),
        ],
    },
    Rule {
        invariant: 6,
        breaches: permits,
        bad: &[
            ("src/s3/ops/object/get_object.rs", "let p = Permit::mint(tenant, action, None, None);"),
            ("src/s3/ops/object/copy_object.rs", "SourcePermit::mint(bucket, key)"),
            ("src/s3/access/permit.rs", "impl Permit { pub fn mint() -> Self { Self {} } }"),
            ("src/s3/access/permit.rs", "pub struct Permit {\n    pub tenant: Tenant,\n}"),
            ("src/s3/operation.rs", "pub type Call = fn(Request, Arc<Services>) -> Reply;"),
        ],
        good: &[
            ("src/s3/access/mod.rs", "Ok(Permit::mint(tenant))"),
            (
                "src/s3/access/permit.rs",
                "pub struct Permit {\n    tenant: Tenant,\n}\nimpl Permit { pub(super) fn mint() {} }",
            ),
            ("src/s3/operation.rs", "pub type Call = fn(Permit, Request, Arc<Services>) -> Reply;"),
        ],
    },
    Rule {
        invariant: 8,
        breaches: lengths,
        bad: &[("src/a.rs", TOO_LONG_FUNCTION), ("tests/blackbox/a.rs", TOO_LONG_FUNCTION)],
        good: &[("src/a.rs", "fn short() {\n}\n"), ("src/b.rs", "// fn long() {\nfn x();\n")],
    },
    Rule {
        invariant: 9,
        breaches: unfinished,
        bad: &[
            ("src/a.rs", concat!("// TO", "DO: later")),
            ("src/a.rs", concat!("fn f() { to", "do!() }")),
            ("src/a.rs", concat!("fn f() { unimple", "mented!() }")),
            ("src/a.rs", concat!("fn f() { db", "g!(1); }")),
            ("tests/blackbox/a.rs", concat!("#[test]\n#[ig", "nore]\nfn f() {}")),
            ("tests/blackbox/a.rs", concat!("#[ig", "nore = \"slow\"]")),
        ],
        good: &[("src/a.rs", "/// Clients ignore it.\nfn ignore() { let todo = 1; }")],
    },
    Rule {
        invariant: 10,
        breaches: comparisons,
        bad: &[
            ("src/s3/auth/sigv2.rs", "if signature == ours {"),
            ("src/s3/auth/sigv4.rs", "let good = claim.signature.as_bytes() != wanted;"),
            ("src/s3/auth/sigv4.rs", "if text == hmac_sha1_base64(key, text) {"),
            ("src/accounts/sessions.rs", "if computed.eq(&signature) {"),
        ],
        good: &[
            ("src/s3/auth/keys.rs", "ours_signature == theirs"),
            ("src/s3/auth/sigv2.rs", "if same(&signature, ours) { } // signature == ours"),
            ("src/s3/auth/mod.rs", "if how == SignatureKind::V2Header && name == \"signature\" {"),
        ],
    },
];

/// A function of 71 lines.
const TOO_LONG_FUNCTION: &str = concat!(
    "fn long() {\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
    "}\n"
);

#[test]
fn the_source_keeps_its_promises() {
    let sources = sources();
    let found: Vec<String> = RULES.iter().flat_map(|rule| sources.iter().flat_map(rule.breaches)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn each_rule_can_fail_and_can_hold() {
    for rule in RULES {
        for (path, text) in rule.bad {
            let found = (rule.breaches)(&Source::new(*path, *text));
            assert!(!found.is_empty(), "rule {} overlooks {path}: {text}", rule.invariant);
        }
        for (path, text) in rule.good {
            let found = (rule.breaches)(&Source::new(*path, *text));
            assert!(found.is_empty(), "rule {} is wrong about {path}: {found:?}", rule.invariant);
        }
    }
    let long = "\n".repeat(FILE_LINES_MAX + 1);
    assert!(!lengths(&Source::new("src/a.rs", long)).is_empty());
}

#[test]
fn every_promise_of_the_code_map_has_a_rule() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).expect("reads src/lib.rs");
    let promised: Vec<usize> =
        lib.lines().filter_map(|line| line.strip_prefix("//! ")?.split_once(". ")?.0.parse().ok()).collect();
    assert_eq!(promised, (1..=promised.len()).collect::<Vec<_>>());
    // Rule 7 is about folders, not about one file: the tests below.
    let enforced = |invariant: &usize| *invariant == 7 || RULES.iter().any(|rule| rule.invariant == *invariant);
    assert_eq!(promised.iter().filter(|i| !enforced(i)).collect::<Vec<_>>(), Vec::<&usize>::new());
}

#[test]
fn every_operation_has_a_test_file_of_the_same_path() {
    let found = untested(&sources());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn an_operation_without_row_or_test_is_seen() {
    let table = "pub const ROWS: &[&Row] = &[\n    &ops::bucket::head_bucket::ROW,\n];";
    let row = "pub(in crate::s3) const ROW: Row = Row {};";
    let complete = || {
        vec![
            Source::new("src/s3/operation.rs", table),
            Source::new("src/s3/ops/bucket/head_bucket.rs", row),
            Source::new("tests/blackbox/ops/bucket/head_bucket.rs", "#[test]\nfn works() {}"),
        ]
    };
    assert_eq!(untested(&complete()), Vec::<String>::new());
    let mut without_test = complete();
    without_test.pop();
    assert_eq!(untested(&without_test).len(), 1);
    let mut empty_test = without_test;
    empty_test.push(Source::new("tests/blackbox/ops/bucket/head_bucket.rs", "//! Nothing yet.\n// #[test]"));
    assert_eq!(untested(&empty_test).len(), 1);
    let mut without_row = complete();
    without_row.push(Source::new("src/s3/ops/bucket/forgotten.rs", row));
    assert_eq!(untested(&without_row).len(), 1);
}

#[test]
fn every_operations_test_file_says_what_aws_answers_and_what_shows_it() {
    let sources = sources();
    let tells = |source: &&Source| {
        let Some(path) = source.path.strip_prefix("tests/blackbox/ops/") else { return false };
        let row = format!("src/s3/ops/{path}");
        path == "everywhere.rs" || sources.iter().any(|source| source.path == row && source.code.contains("Row"))
    };
    let files: Vec<&Source> = sources.iter().filter(tells).filter(|file| !file.path.ends_with("/mod.rs")).collect();
    assert!(files.len() > 60, "only {} files", files.len());
    let found: Vec<String> = files.iter().flat_map(|file| facts::wrong(file, &sources)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    assert_eq!(facts::untold(&files), Vec::<&str>::new(), "codes in no table");
}

/// Operations whose row is not in the table, or that have no test file with a test in it.
fn untested(sources: &[Source]) -> Vec<String> {
    let text = |path: &str| sources.iter().find(|s| s.path == path).map_or("", |s| s.code.as_str());
    let table: Vec<String> = text("src/s3/operation.rs")
        .split("ops::")
        .skip(1)
        .filter_map(|rest| rest.split_once("::ROW").filter(|(path, after)| is_path(path) && !after.starts_with('S')))
        .map(|(path, _)| path.replace("::", "/"))
        .collect();
    let mut found = Vec::new();
    for path in &table {
        let test = format!("tests/blackbox/ops/{path}.rs");
        if !text(&test).contains("#[test]") {
            found.push(format!("src/s3/ops/{path}.rs has a row and no test in {test}"));
        }
    }
    for source in sources.iter().filter(|s| s.path.starts_with("src/s3/ops/") && s.code.contains("const ROW: Row")) {
        let path = source.path.trim_start_matches("src/s3/ops/").trim_end_matches(".rs");
        if !table.iter().any(|listed| listed == path) {
            found.push(format!("{} has a row that is not in the table", source.path));
        }
    }
    found
}

fn is_path(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn named_outside(source: &Source, allowed: &[&str], names: &[&str]) -> Vec<String> {
    if !source.below(&["src/"]) || source.below(allowed) { Vec::new() } else { named(source, names) }
}

fn named_inside(source: &Source, folders: &[&str], names: &[&str]) -> Vec<String> {
    if source.below(folders) { named(source, names) } else { Vec::new() }
}

/// Lines whose code holds one of these identifiers.
fn named(source: &Source, names: &[&str]) -> Vec<String> {
    let holds = |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| names.contains(&word));
    let lines = source.code.lines().enumerate().filter(|(_, line)| holds(line));
    lines.map(|(i, line)| format!("{}:{}: {}", source.path, i + 1, line.trim())).collect()
}

fn cql_outside(source: &Source) -> Vec<String> {
    const STATEMENTS: &[(&str, &str)] = &[
        ("SELECT ", " FROM "),
        ("INSERT INTO ", ""),
        ("DELETE ", "FROM "),
        ("UPDATE ", " SET "),
        ("CREATE TABLE", ""),
        ("CREATE KEYSPACE", ""),
        ("ALTER TABLE", ""),
        ("BEGIN BATCH", ""),
    ];
    if !source.below(&["src/"]) || source.below(&["src/storage/cassandra/"]) {
        return Vec::new();
    }
    let is_cql = |line: &str| STATEMENTS.iter().any(|(a, b)| line.find(a).is_some_and(|at| line[at..].contains(b)));
    let lines = source.literals.lines().enumerate().filter(|(_, line)| is_cql(line));
    lines.map(|(i, line)| format!("{}:{}: CQL: {}", source.path, i + 1, line.trim())).collect()
}

fn permits(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut breach = |i: usize, why: &str| found.push(format!("{}:{}: {why}", source.path, i + 1));
    let access = source.below(&["src/s3/access/"]);
    let mut in_permit = false;
    for (i, line) in source.code.lines().enumerate() {
        if source.below(&["src/"]) && !access && line.contains("Permit::mint") {
            breach(i, "a permit is minted outside s3/access");
        }
        if access && line.contains("pub fn mint") || line.contains("pub(crate) fn mint") {
            breach(i, "permits can be minted outside s3/access");
        }
        in_permit =
            (in_permit || line.contains("struct Permit") || line.contains("struct SourcePermit")) && line != "}";
        if access && in_permit && line.trim_start().starts_with("pub ") && line.contains(": ") {
            breach(i, "a permit's field is public, so permits can be made anywhere");
        }
        if line.contains("pub type Call =") && !line.contains("fn(Permit,") {
            breach(i, "operations can be called without a permit");
        }
    }
    found
}

fn lengths(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        found.push(format!("{}: {lines} lines", source.path));
    }
    for (name, first, last) in functions(&source.code) {
        let length = last - first + 1;
        if length > FUNCTION_LINES_MAX {
            found.push(format!("{}:{}: fn {name} has {length} lines", source.path, first + 1));
        }
    }
    found
}

/// Name, first and last line of each function with a body.
fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let boundary = code[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        let rest = &code[at + 3..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !boundary || name.is_empty() {
            continue;
        }
        let first = code[..at].matches('\n').count();
        if let Some(length) = body_end(rest) {
            found.push((name, first, first + rest[..length].matches('\n').count()));
        }
    }
    found
}

/// Where the body that begins in `rest` ends; `None` when there is none.
fn body_end(rest: &str) -> Option<usize> {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (i, c) in rest.char_indices() {
        match c {
            '{' => braces += 1,
            '}' if braces <= 1 => return (braces == 1).then_some(i),
            '}' => braces -= 1,
            '(' | '[' if braces == 0 => others += 1,
            ')' | ']' if braces == 0 => others = others.saturating_sub(1),
            ';' if braces == 0 && others == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Comparisons of signatures, or of what they are made with, that may stop at the first difference.
fn comparisons(source: &Source) -> Vec<String> {
    if !source.below(&["src/"]) || source.path == "src/s3/auth/keys.rs" || source.path.contains("/tests") {
        return Vec::new();
    }
    let is_signature = |word: &str| (word.contains("signature") && word != "signature_v2") || word.starts_with("hmac_");
    let compares = |line: &str| ["==", "!=", ".eq(", ".ne(", "starts_with("].iter().any(|how| line.contains(how));
    let names = |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(is_signature);
    let lines = source.code.lines().enumerate().filter(|(_, line)| compares(line) && names(line));
    lines.map(|(i, line)| format!("{}:{}: compares a signature: {}", source.path, i + 1, line.trim())).collect()
}

fn unfinished(source: &Source) -> Vec<String> {
    const IN_TEXT: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];
    const IN_CODE: &[&str] =
        &[concat!("to", "do!"), concat!("unimple", "mented!"), concat!("db", "g!"), concat!("#[ig", "nore")];
    let lines = source.text.lines().zip(source.code.lines()).enumerate();
    lines
        .filter(|(_, (text, code))| {
            IN_TEXT.iter().any(|word| text.contains(word)) || IN_CODE.iter().any(|word| code.contains(word))
        })
        .map(|(i, (text, _))| format!("{}:{}: unfinished: {}", source.path, i + 1, text.trim()))
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["src", "tests"] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 20, "only {} source files found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("reads a source folder") {
        let path = entry.expect("reads an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let relative = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
            found.push(Source::new(relative, fs::read_to_string(&path).expect("reads a source file")));
        }
    }
}
