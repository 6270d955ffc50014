//! Random requests one after the other: each answer is the model's, and so are the listings.

use std::collections::{BTreeMap, HashSet};

use crate::client::{Reply, encode_value};
use crate::harness::{ALICE, BOB, Server, cassandra_nodes};
use crate::ops::locks::configure;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, client, fresh_bucket_name, versioning};

use super::key::Key;
use super::op::{Answer, Body, Call, Condition, Id, Lock, Mode, Op, Rules, Upload, Versioning};
use super::perform::{Copy, Desk, listed_of_page, mode_name, sides};
use super::random::{Known, Random, condition, fresh_seed, op};

/// Requests in a sequence.
const STEPS: usize = 80;
/// Keys that they are about.
const KEYS: [&str; 3] = ["a", "a/b", "c"];

/// A key as it is: one state, or several where an answer told no outcome.
#[derive(Default)]
struct Track {
    states: Vec<Key>,
    known: Known,
    uploads: usize,
}

struct Sequence {
    seed: u64,
    random: Random,
    ground: Ground,
    desk: Desk,
    rules: Rules,
    keys: BTreeMap<&'static str, Track>,
    calls: usize,
    log: Vec<String>,
}

impl Sequence {
    /// In a bucket without versioning, or one whose versions can be locked.
    fn new(seed: u64, locks: bool) -> Self {
        let server = Server::shared();
        let ground = Ground { alice: client(server, ALICE), bob: client(server, BOB), bucket: fresh_bucket_name() };
        let request = ground.alice.request("PUT", &ground.root());
        let request = if locks { request.header("x-amz-bucket-object-lock-enabled", "true") } else { request };
        request.send().assert_status(200);
        let desk = Desk { client: ground.alice.clone(), bucket: ground.bucket.clone() };
        let rules = Rules { locks, ..Rules::of(if locks { Versioning::Enabled } else { Versioning::Off }) };
        let known = Known { ids: vec![Id::Null], ..Known::default() };
        let track = || Track { states: vec![Key::default()], known: known.clone(), uploads: 0 };
        let keys = KEYS.into_iter().map(|key| (key, track())).collect();
        Self { seed, random: Random::new(seed), ground, desk, rules, keys, calls: 0, log: Vec::new() }
    }

    fn run(mut self) {
        for step in 1..=STEPS {
            let key = self.a_key();
            match self.random.below(100) {
                0..7 => self.configure(),
                7..16 => self.copy(key),
                16..22 => self.delete_some(),
                22..27 => self.upload(key),
                _ => {
                    let op = op(&mut self.random, &self.keys[key].known, self.rules);
                    let answer = self.desk.perform(key, &op);
                    self.apply(key, op, answer);
                }
            }
            if step % 20 == 0 {
                self.check_listings();
            }
        }
        self.check_versions();
    }

    fn a_key(&mut self) -> &'static str {
        KEYS[self.random.below(KEYS.len())]
    }

    /// Holds a call against the model.
    fn apply(&mut self, key: &'static str, op: Op, answer: Option<Answer>) {
        self.log.push(format!("{key} {op:?}\n    {answer:?}"));
        let track = self.keys.get_mut(key).expect("one of the keys");
        track.known.learn(answer.as_ref().unwrap_or(&Answer::default()));
        let call = Call { number: self.calls, rules: self.rules, op, answer };
        self.calls += 1;
        let mut next: HashSet<Key> = track.states.iter().flat_map(|state| state.step(&call)).collect();
        if call.answer.is_none() {
            next.extend(track.states.iter().cloned());
        }
        let expected =
            || track.states.iter().map(|state| state.act(call.number, call.rules, &call.op)).collect::<Vec<_>>();
        assert!(
            !next.is_empty(),
            "seed {}, {:?}\n{}\nexpected of the last (with the key as it would be then) {:#?}",
            self.seed,
            self.rules,
            self.log.join("\n"),
            expected()
        );
        track.states = next.into_iter().collect();
    }

    /// Changes the bucket's configuration, which may be refused.
    fn configure(&mut self) {
        let (rules, reply) = match self.random.below(4) {
            0 => self.lock(),
            1 if self.rules.versioning != Versioning::Off => self.set_versioning(Versioning::Suspended),
            _ => self.set_versioning(Versioning::Enabled),
        };
        let (status, code) = match rules {
            Ok(rules) => {
                self.rules = rules;
                (200, None)
            }
            Err((status, code)) => (status, Some(code.to_owned())),
        };
        self.log.push(format!("the bucket is {:?}", self.rules));
        assert_eq!(
            (reply.status, reply.code()),
            (status, code),
            "seed {}\n{}\n{reply}",
            self.seed,
            self.log.join("\n")
        );
    }

    fn set_versioning(&mut self, to: Versioning) -> (Result<Rules, (u16, &'static str)>, Reply) {
        let name = if to == Versioning::Enabled { "Enabled" } else { "Suspended" };
        let reply = self.ground.alice.put(&format!("{}?versioning", self.ground.root()), versioning(name));
        let refused = to == Versioning::Suspended && self.rules.locks;
        (if refused { Err((409, "InvalidBucketState")) } else { Ok(Rules { versioning: to, ..self.rules }) }, reply)
    }

    /// Gives the bucket locks, and a default retention or none.
    fn lock(&mut self) -> (Result<Rules, (u16, &'static str)>, Reply) {
        let default = self.random.percent(30).then_some(Mode::Governance);
        let rule = default.map(|mode| format!("<Mode>{}</Mode><Days>2</Days>", mode_name(mode)));
        let reply = configure(&self.ground, &rule.unwrap_or_default());
        if self.rules.versioning != Versioning::Enabled {
            return (Err((409, "InvalidBucketState")), reply);
        }
        (Ok(Rules { locks: true, default, ..self.rules }), reply)
    }

    fn copy(&mut self, key: &'static str) {
        let from = self.a_key();
        let version = self.random.pick(&self.keys[from].known.ids).cloned();
        let version = version.filter(|_| self.random.percent(50));
        let condition = condition(&mut self.random, &self.keys[key].known, true);
        let tags = self.random.percent(50).then(|| self.random.below(4) as u8);
        let source = Op::Source { version: version.clone() };
        let state = &self.keys[from].states[0];
        let missing = state.act(self.calls, self.rules, &source).0.status != 200;
        let read = version.as_ref().map_or(state.versions.first(), |id| state.versions.iter().find(|v| v.id == *id));
        let read = read.cloned();
        let copy = Copy { source: format!("{}/{from}", self.desk.bucket), version, tags, condition };
        let reply = self.desk.copy(key, &copy);
        let (of_source, of_key) = sides(&reply, missing);
        if of_source.is_some() || missing {
            self.apply(from, source, of_source);
        }
        let Some(read) = read.filter(|_| !missing) else { return };
        let etag = read.etag.expect("the model says that it is an object");
        let paste = Op::Paste { etag, tags: tags.unwrap_or(read.tags), condition: copy.condition };
        self.apply(key, paste, of_key);
    }

    fn delete_some(&mut self) {
        let bypass = self.random.percent(50);
        let mut deletes = Vec::new();
        for key in KEYS {
            let known = &self.keys[key].known;
            let version = self.random.pick(&known.ids).cloned().filter(|_| self.random.percent(70));
            let condition = condition(&mut self.random, known, false);
            deletes.push((key.to_owned(), Op::Delete { version, condition, bypass, of_many: true }));
        }
        let answers = self.desk.delete_all(&deletes);
        for (key, ((_, op), answer)) in KEYS.into_iter().zip(deletes.into_iter().zip(answers)) {
            self.apply(key, op, answer);
        }
    }

    /// Opens an upload that later requests may complete or abort.
    fn upload(&mut self, key: &'static str) {
        let track = self.keys.get_mut(key).expect("one of the keys");
        let upload = Upload::prepare(&Multipart::open(&self.ground, key), track.uploads);
        track.uploads += 1;
        track.known.uploads.push(upload);
    }

    /// What listings of the whole bucket show, in pages of a random size.
    fn check_listings(&mut self) {
        let size = [1, 2, 3, 5, 1000][self.random.below(5)];
        let mut entries = Vec::new();
        let mut marker = String::new();
        loop {
            let target = format!("{}?versions&max-keys={size}{marker}", self.ground.root());
            let page = self.ground.alice.get(&target).assert_status(200);
            entries.extend(listed_of_page(&page));
            let Some(next) = page.element("NextKeyMarker") else { break };
            let version = page.element("NextVersionIdMarker").expect("nothing is rolled up");
            marker = format!("&key-marker={}&version-id-marker={version}", encode_value(&next));
        }
        assert!(entries.is_sorted_by(|one, two| one.0 <= two.0), "{entries:?}");
        for key in KEYS {
            let versions = entries.iter().filter(|(of, _)| of == key).map(|(_, listed)| listed.clone()).collect();
            self.apply(key, Op::List, Some(Answer { versions, ..Answer::status(200) }));
        }
        let there: Vec<&str> = KEYS
            .into_iter()
            .filter(|key| self.keys[*key].states.iter().any(|state| state.object().is_some()))
            .collect();
        assert_eq!(self.ground.keys("list-type=2"), there, "seed {}\n{}", self.seed, self.log.join("\n"));
    }

    /// Everything about each version.
    fn check_versions(&mut self) {
        self.check_listings();
        for key in KEYS {
            let ids: Vec<Id> = self.keys[key].states[0].versions.iter().map(|version| version.id.clone()).collect();
            for version in ids.into_iter().map(Some).chain([None]) {
                let op = Op::Read { version: version.clone(), head: false };
                let answer = self.desk.perform(key, &op);
                self.apply(key, op, answer);
                let op = Op::Tags { version };
                let answer = self.desk.perform(key, &op);
                self.apply(key, op, answer);
            }
        }
    }
}

/// Seeds that are run every time; the real nodes are slow.
fn seeds() -> impl Iterator<Item = u64> {
    let fixed = if cassandra_nodes().is_some() { 3 } else { 12 };
    let fresh = fresh_seed();
    println!("fresh seed {fresh}");
    (1..=fixed).chain([fresh])
}

#[test]
fn a_bucket_that_becomes_versioned_and_locked_answers_as_the_model() {
    seeds().for_each(|seed| Sequence::new(seed, false).run());
}

#[test]
fn a_locked_bucket_answers_as_the_model() {
    seeds().for_each(|seed| Sequence::new(seed, true).run());
}

#[test]
#[should_panic(expected = "expected of the last")]
fn an_answer_that_is_not_the_models_is_seen() {
    let mut sequence = Sequence::new(1, false);
    let (body, lock, condition) = (Body::new(1), Lock::default(), Condition::None);
    let put = Op::Put { body, tags: 0, lock, condition: condition.clone() };
    let answer = sequence.desk.perform("a", &put);
    sequence.apply("a", put, answer);
    // Behind the model's back.
    sequence.desk.perform("a", &Op::Delete { version: None, condition, bypass: false, of_many: false });
    let read = Op::Read { version: None, head: false };
    let answer = sequence.desk.perform("a", &read);
    sequence.apply("a", read, answer);
}
