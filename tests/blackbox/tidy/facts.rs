//! The table at the head of an operation's test file: each answer that AWS documents, and the tests that show it.
//!
//! ```text
//! //! | answer | when | test |
//! //! |---|---|---|
//! //! | 200 | it is there | it_is_answered |
//! //! | 404 NoSuchKey | there is no such object | everywhere::a_key_or_a_version_that_is_not_there |
//! //! | never 403 InvalidObjectState | it is archived: nothing is | put_object::what_is_not_implemented_is_refused |
//! ```
//!
//! A test of another file is named with that file. What `never` is answered is documented all the same; its test shows
//! why not.

use dolium::s3::error::S3ErrorCode;

use super::{Source, functions};

const HEAD: [&str; 2] = ["//! | answer | when | test |", "//! |---|---|---|"];

/// What is wrong with the table of a test file.
pub fn wrong(file: &Source, sources: &[Source]) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
    let Some(at) = lines.windows(2).position(|two| two == HEAD) else {
        return vec![format!("{} has no table of what AWS answers", file.path)];
    };
    let rows: Vec<&str> = lines[at + 2..].iter().copied().take_while(|line| line.starts_with("//! |")).collect();
    let mut found: Vec<String> = rows.iter().filter_map(|row| wrong_row(row, file, sources)).collect();
    let success = |row: &&str| row.starts_with("//! | 2") || row.starts_with("//! | never 2");
    if !file.path.ends_with("/everywhere.rs") && !rows.iter().any(success) {
        found.push(format!("{}: no success is in the table", file.path));
    }
    found
}

/// Error codes of the server that are in no table.
pub fn untold(files: &[&Source]) -> Vec<&'static str> {
    let answers: Vec<&str> = files.iter().flat_map(|file| file.text.lines()).filter_map(answer_of).collect();
    let told = |name: &str| answers.iter().any(|answer| answer.rsplit_once(' ').is_some_and(|(_, code)| code == name));
    // The answer to a condition is no document, and has no code.
    let codes = S3ErrorCode::ALL.iter().filter(|code| **code != S3ErrorCode::NotModified);
    codes.map(|code| code.name()).filter(|name| !told(name)).collect()
}

fn answer_of(line: &str) -> Option<&str> {
    line.strip_prefix("//! | ")?.split_once(" |").map(|(answer, _)| answer)
}

fn wrong_row(row: &str, file: &Source, sources: &[Source]) -> Option<String> {
    let wrong = |why: String| Some(format!("{}: {why}: {row}", file.path));
    let cells: Vec<&str> = row.trim_start_matches("//! |").trim_end_matches('|').split('|').map(str::trim).collect();
    let &[answer, when, tests] = cells.as_slice() else { return wrong("a row has three cells".into()) };
    if when.is_empty() || tests.is_empty() {
        return wrong("a cell is empty".into());
    }
    let (never, answer) = answer.strip_prefix("never ").map_or((false, answer), |answer| (true, answer));
    let (status, code) = answer.split_once(' ').unwrap_or((answer, ""));
    let known = S3ErrorCode::ALL.iter().find(|known| known.name() == code);
    let fits = known.map_or(code.is_empty(), |known| known.status().to_string() == status);
    if !fits && !never || status.parse::<u16>().is_err() {
        return wrong("no such answer".into());
    }
    for test in tests.split(", ") {
        let Some(text) = test_text(test, file, sources) else { return wrong(format!("no test is called {test}")) };
        let shown = if code.is_empty() { status } else { code };
        if !never && !text.contains(shown) {
            return wrong(format!("{test} does not name {shown}"));
        }
    }
    None
}

/// The text of a test that a row names.
fn test_text(test: &str, file: &Source, sources: &[Source]) -> Option<String> {
    let (module, name) = test.rsplit_once("::").map_or((None, test), |(module, name)| (Some(module), name));
    let ends =
        module.map(|module| module.replace("::", "/")).map(|path| [format!("/{path}.rs"), format!("/{path}/mod.rs")]);
    let in_place = |source: &&Source| {
        ends.as_ref().map_or(source.path == file.path, |ends| ends.iter().any(|end| source.path.ends_with(end)))
    };
    sources.iter().filter(in_place).find_map(|source| text_of(source, name))
}

fn text_of(source: &Source, name: &str) -> Option<String> {
    let lines: Vec<&str> = source.literals.lines().collect();
    let (_, first, last) = functions(&source.code).into_iter().find(|(found, ..)| found == name)?;
    let attributes = lines[..first].iter().rev().take_while(|line| line.trim_start().starts_with("#["));
    attributes.into_iter().any(|line| line.contains("test")).then(|| lines[first..=last].join("\n"))
}

#[test]
fn a_code_in_no_table_is_seen() {
    let all: String =
        S3ErrorCode::ALL.iter().map(|code| format!("//! | {} {} | x | y |\n", code.status(), code.name())).collect();
    assert_eq!(untold(&[&Source::new("a.rs", all.as_str())]), Vec::<&str>::new());
    let but_one = all.replace("404 NoSuchKey ", "404 NoSuchBucket ");
    assert_eq!(untold(&[&Source::new("a.rs", but_one)]), ["NoSuchKey"]);
}

#[test]
fn a_table_without_substance_is_seen() {
    let head = "//! GetThing.\n//!\n//! | answer | when | test |\n//! |---|---|---|\n";
    let body = "\n#[test]\nfn shown() { 200; 206; \"NoSuchKey\"; }\nfn helper() { 200; }\n";
    let elsewhere = Source::new("tests/blackbox/ops/everywhere.rs", "#[test]\nfn absent() { \"NoSuchBucket\" }\n");
    let judge = |rows: &str| {
        let file = Source::new("tests/blackbox/ops/object/get_thing.rs", format!("{head}{rows}{body}"));
        wrong(&file, std::slice::from_ref(&elsewhere).iter().chain([&file]).map(copy).collect::<Vec<_>>().as_slice())
    };
    let good = "//! | 200 | there | shown |\n//! | 206 | in part | shown |\n//! | 404 NoSuchKey | gone | shown |\n\
        //! | 404 NoSuchBucket | gone | everywhere::absent |\n//! | never 403 Odd | documented | shown, everywhere::absent |\n";
    assert_eq!(judge(good), Vec::<String>::new());
    for bad in [
        "",
        "//! | 404 NoSuchKey | no success | shown |\n",
        "//! | 200 | no such test | missing |\n",
        "//! | 200 | no test | helper |\n",
        "//! | 200 | elsewhere | everywhere::shown |\n",
        "//! | 200 | | shown |\n",
        "//! | 200 | there |\n",
        "//! | 201 | not shown | shown |\n",
        "//! | 200 | one of two | shown, missing |\n",
    ] {
        assert_eq!(judge(bad).len(), 1, "{bad}");
    }
    for bad in ["404 NoSuchBucket", "403 NoSuchKey", "404 NoSuchThing", "gone"] {
        assert_eq!(judge(&format!("{good}//! | {bad} | wrong | shown |\n")).len(), 1, "{bad}");
    }
    let bare = Source::new("tests/blackbox/ops/object/get_thing.rs", body);
    assert_eq!(wrong(&bare, &[]).len(), 1);
}

fn copy(source: &Source) -> Source {
    Source::new(source.path.as_str(), source.text.as_str())
}
