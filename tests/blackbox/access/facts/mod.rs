//! What conditions see of requests: each condition key, with a request that meets a condition on it and one that does
//! not, sent by a user of another tenant whom nothing but that condition lets.

mod connections;
mod scene;
mod table;

use std::collections::BTreeSet;

use dolium::policy::condition_keys;

use crate::client::Request;
use scene::Scene;
use table::{ABSENT, ROWS};

/// What a condition is about, and what it makes of two requests.
pub struct Row {
    /// The actions that are allowed under the condition.
    actions: &'static [&'static str],
    /// Those that are allowed without.
    also: &'static [&'static str],
    /// Under which the first request is allowed: an operator, a key and a value, `&` before the next; in braces what
    /// [`Scene::fill`] knows.
    condition: &'static str,
    /// Under which the second is not.
    instead: &'static str,
    /// The requests: the first, or the second.
    ask: fn(&Scene, bool) -> Request,
    /// What the first is answered, where that is no success.
    status: Option<u16>,
    /// The condition is in a policy of the user's own, because no bucket decides.
    own: bool,
}

impl Row {
    /// Two requests under one condition.
    const fn requests(
        condition: &'static str,
        actions: &'static [&'static str],
        ask: fn(&Scene, bool) -> Request,
    ) -> Self {
        Self { actions, also: &[], condition, instead: condition, ask, status: None, own: false }
    }

    /// One request under two conditions.
    const fn conditions(condition: &'static str, instead: &'static str) -> Self {
        Self { instead, ..Self::requests(condition, &["s3:GetObject"], |s, _| s.get("k")) }
    }

    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    const fn answered(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    const fn own(self) -> Self {
        Self { own: true, ..self }
    }

    /// What is answered otherwise than it should be.
    fn differences(&self, scene: &Scene) -> Vec<String> {
        scene.allow(self, self.condition);
        let first = (self.ask)(scene, true).send();
        if self.instead != self.condition {
            scene.allow(self, self.instead);
        }
        let second = (self.ask)(scene, false).send();
        let allowed = self.status.map_or(first.status < 300, |status| first.status == status);
        let refused = second.status == 403 && second.code().is_none_or(|code| code == "AccessDenied");
        let wrong = |condition, what, reply| format!("{:?} under {condition}: {what}: {reply}", self.actions);
        let mut wrongs = Vec::new();
        wrongs.extend((!allowed).then(|| wrong(self.condition, "is met", first)));
        wrongs.extend((!refused).then(|| wrong(self.instead, "is not met", second)));
        wrongs
    }

    /// The keys that it is about, lower case; families with their slash.
    fn keys(&self) -> impl Iterator<Item = String> {
        let clauses = self.condition.split(" & ").chain(self.instead.split(" & "));
        clauses.filter_map(|clause| clause.split(' ').nth(1)).map(|key| match key.split_once('/') {
            Some((family, _)) => format!("{family}/").to_ascii_lowercase(),
            None => key.to_ascii_lowercase(),
        })
    }
}

/// A key without a row is one of which nobody knows whether it works.
#[test]
fn every_condition_key_has_a_row() {
    let absent = ABSENT.iter().map(|key| (*key).to_owned());
    let shown: BTreeSet<String> = ROWS.iter().flat_map(|rows| rows.iter()).flat_map(Row::keys).chain(absent).collect();
    let known: BTreeSet<String> = condition_keys().map(str::to_owned).collect();
    assert_eq!(shown, known);
}

#[test]
fn a_condition_sees_what_the_request_is() {
    let scene = Scene::new();
    let rows = ROWS.iter().flat_map(|rows| rows.iter());
    let differences: Vec<String> = rows.flat_map(|row| row.differences(&scene)).collect();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// Keys of what this server has none of are absent, whatever the condition.
#[test]
fn what_there_is_none_of_is_absent() {
    let scene = Scene::new();
    for key in ABSENT {
        let key = if key.ends_with('/') { format!("{key}Team") } else { (*key).to_owned() };
        for (condition, status) in [(format!("Null {key} true"), 200), (format!("StringLike {key} *"), 403)] {
            let row = Row::conditions("", "");
            scene.allow(&row, &condition);
            let reply = scene.get("k").header("x-amz-tagging", "Team=red").send();
            assert_eq!(reply.status, status, "{condition}: {reply}");
        }
    }
}

/// The ETag of a bulk delete is each key's own, in the document; a header beside it is not looked at.
#[test]
fn each_key_of_a_bulk_delete_has_its_own_etag() {
    let scene = Scene::new();
    let row = Row::requests("", &["s3:DeleteObject"], |s, _| s.get("k")).also(&["s3:GetObject"]);
    let etag = scene.store("bulk");
    scene.allow(&row, "Null s3:if-match false");
    assert_eq!(scene.bulk_delete("bulk", "").header("if-match", &etag).send().elements("Code"), ["AccessDenied"]);
    let deleted = scene.bulk_delete("bulk", &etag).send().assert_status(200);
    assert!(deleted.elements("Code").is_empty(), "{deleted}");
}
