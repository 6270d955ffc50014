//! Random requests of many clients at once, on one front end or, where the store takes two, on two: the answers about
//! each key are those of some order of the requests.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::harness::cassandra_nodes;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, fresh_bucket_name};
use crate::races::Fronts;

use super::key::Key;
use super::linear::{Event, Verdict, judge};
use super::op::{Answer, Body, Call, Condition, Id, Lock, Op, Rules, Text, Upload, Versioning};
use super::perform::{Copy, Desk, sides};
use super::random::{Known, Random, condition, fresh_seed, op};

/// Histories are made for so long.
const PATIENCE: Duration = Duration::from_secs(8);
/// Clients at once, and the requests of each in a round.
const CLIENTS: usize = 6;
const REQUESTS: usize = 8;
/// Keys and open uploads of each in a round.
const KEYS: usize = 2;
const UPLOADS: usize = 2;
/// What copies read that read no version: it stays as it is.
const QUARRY: &str = "quarry";
/// Changes to a bucket's configuration are acted on by all front ends after their lease.
const LEASE: Duration = Duration::from_secs(60);

/// A key, and what happened to it.
struct Tracked {
    name: String,
    known: Mutex<Known>,
    history: Mutex<Vec<Event<Call>>>,
}

struct Stage {
    fronts: Fronts,
    ground: Ground,
    rules: Rules,
    quarry: Text,
    clock: AtomicU64,
}

impl Stage {
    /// A bucket without versioning, or one whose versions can be locked.
    fn new(locks: bool) -> Self {
        let fronts = Fronts::new();
        let ground = Ground { bucket: fresh_bucket_name(), ..fronts.ground.clone() };
        let request = ground.alice.request("PUT", &ground.root());
        let request = if locks { request.header("x-amz-bucket-object-lock-enabled", "true") } else { request };
        request.send().assert_status(200);
        let quarry = ground.put(QUARRY, "stone").etag().into();
        let rules = Rules { locks, ..Rules::of(if locks { Versioning::Enabled } else { Versioning::Off }) };
        Self { fronts, ground, rules, quarry, clock: AtomicU64::new(0) }
    }

    /// Sets versioning, and waits until all front ends know.
    fn set_versioning(&mut self, to: Versioning) {
        let name = if to == Versioning::Enabled { "Enabled" } else { "Suspended" };
        self.ground.versioning(name);
        let deadline = Instant::now() + LEASE;
        for alice in &self.fronts.alices {
            while alice.get(&format!("{}?versioning", self.ground.root())).element("Status").as_deref() != Some(name) {
                assert!(Instant::now() < deadline, "a front end has not heard within {LEASE:?}");
            }
        }
        self.rules.versioning = to;
    }

    fn key(&self, name: String) -> Tracked {
        let uploads = (0..UPLOADS).map(|number| Upload::prepare(&Multipart::open(&self.ground, &name), number));
        let known = Known { ids: vec![Id::Null], uploads: uploads.collect(), ..Known::default() };
        Tracked { name, known: Mutex::new(known), history: Mutex::default() }
    }

    fn desk(&self, client: usize) -> Desk {
        Desk { client: self.fronts.alice(client).clone(), bucket: self.ground.bucket.clone() }
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn record(&self, key: &Tracked, op: Op, answer: Option<Answer>, (invoked, answered): (u64, u64)) {
        if answer.is_none() && op.only_reads() {
            return;
        }
        let told = answer.as_ref().map(|answer| {
            key.known.lock().expect("nobody panicked").learn(answer);
            answered
        });
        let mut history = key.history.lock().expect("nobody panicked");
        let call = Call { number: history.len(), rules: self.rules, op, answer };
        history.push(Event { call, invoked, answered: told, after: None });
    }

    fn perform(&self, desk: &Desk, key: &Tracked, op: Op) {
        let invoked = self.now();
        let answer = desk.perform(&key.name, &op);
        self.record(key, op, answer, (invoked, self.now()));
    }

    /// From a version of a key, which has the same bytes as long as it is there, or from the quarry.
    fn copy(&self, desk: &Desk, random: &mut Random, key: &Tracked, from: &Tracked) {
        let version = random.pick(&from.known.lock().expect("nobody panicked").objects).cloned();
        let name = if version.is_some() { &from.name } else { QUARRY };
        let condition = if random.percent(20) { Condition::Absent } else { Condition::None };
        let (version, etag) = version.map_or((None, self.quarry.clone()), |(id, etag)| (Some(id), etag));
        let tags = random.below(4) as u8;
        let source = format!("{}/{name}", desk.bucket);
        let copy = Copy { source, version: version.clone(), tags: Some(tags), condition: condition.clone() };
        let invoked = self.now();
        let reply = desk.copy(&key.name, &copy);
        let times = (invoked, self.now());
        let missing = reply.code().is_some_and(|code| code == "NoSuchVersion");
        let (of_source, of_key) = sides(&reply, missing);
        if version.is_some() {
            self.record(from, Op::Source { version }, of_source, times);
        }
        if !missing {
            self.record(key, Op::Paste { etag, tags, condition }, of_key, times);
        }
    }

    fn delete_some(&self, desk: &Desk, random: &mut Random, keys: &[Tracked]) {
        let bypass = random.percent(50);
        let mut deletes = Vec::new();
        for key in keys {
            let known = key.known.lock().expect("nobody panicked");
            let version = random.pick(&known.ids).cloned().filter(|_| random.percent(60));
            let condition = condition(random, &known, false);
            deletes.push((key.name.clone(), Op::Delete { version, condition, bypass, of_many: true }));
        }
        let invoked = self.now();
        let answers = desk.delete_all(&deletes);
        let times = (invoked, self.now());
        for (key, ((_, op), answer)) in keys.iter().zip(deletes.into_iter().zip(answers)) {
            self.record(key, op, answer, times);
        }
    }

    fn requests(&self, client: usize, keys: &[Tracked], mut random: Random) {
        let desk = self.desk(client);
        for _ in 0..REQUESTS {
            let key = &keys[random.below(keys.len())];
            match random.below(100) {
                0..10 => self.copy(&desk, &mut random, key, &keys[0]),
                10..16 => self.delete_some(&desk, &mut random, keys),
                _ => {
                    let known = key.known.lock().expect("nobody panicked").clone();
                    // A listing is a picture of many moments.
                    let op = Some(op(&mut random, &known, self.rules)).filter(|op| !matches!(op, Op::List));
                    self.perform(&desk, key, op.unwrap_or(Op::Read { version: None, head: false }));
                }
            }
        }
    }

    /// Everything about each version, after all.
    fn look(&self, key: &Tracked) {
        let desk = self.desk(1);
        let answer = (0..50).find_map(|_| {
            self.perform(&desk, key, Op::List);
            key.history.lock().expect("nobody panicked").last().and_then(|event| event.call.answer.clone())
        });
        let answer = answer.expect("a listing is answered");
        for version in answer.versions.into_iter().map(|listed| Some(listed.id)).chain([None]) {
            self.perform(&desk, key, Op::Read { version: version.clone(), head: false });
            self.perform(&desk, key, Op::Tags { version });
        }
    }

    /// Lets all clients loose on some keys; of how many an order was found.
    fn round(&self, keys: &[Tracked], seed: u64) -> usize {
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let random = Random::new(Random::new(seed).number() ^ client as u64);
                scope.spawn(move || self.requests(client, keys, random));
            }
        });
        let explained = |key: &&Tracked| {
            self.look(key);
            explain(&key.name, &key.history.lock().expect("nobody panicked"), seed)
        };
        keys.iter().filter(explained).count()
    }
}

/// Fails if no order explains the answers about a key; whether one was found, or the search given up.
fn explain(key: &str, history: &[Event<Call>], seed: u64) -> bool {
    let history = in_known_order(history);
    match judge(Key::default(), &history, Key::step) {
        Verdict::Explained(_) => true,
        Verdict::Undecided => false,
        Verdict::Impossible(longest) => panic!(
            "seed {seed}: no order explains {key}; the longest beginning of one is {longest:?} of\n{}",
            told(&history)
        ),
    }
}

/// New versions come on top and stay in their order, so the last listing tells the order of those who made them.
fn in_known_order(history: &[Event<Call>]) -> Vec<Event<Call>> {
    let mut ordered = history.to_vec();
    let listing = history.iter().rev().find(|event| matches!(event.call.op, Op::List));
    let listed = listing.and_then(|event| event.call.answer.as_ref()).map(|answer| answer.versions.clone());
    let makers = listed.unwrap_or_default().into_iter().filter_map(|listed| maker(history, &listed.id));
    let makers: Vec<usize> = makers.collect();
    for pair in makers.windows(2) {
        ordered[pair[0]].after = Some(pair[1]);
    }
    ordered
}

/// The only call that was told that it made this version.
fn maker(history: &[Event<Call>], id: &Id) -> Option<usize> {
    let makes = |event: &Event<Call>| {
        let told = event.call.answer.as_ref().is_some_and(|answer| answer.version.as_ref() == Some(id));
        told && event.call.op.makes_a_version() && *id != Id::Null
    };
    let mut makers = (0..history.len()).filter(|i| makes(&history[*i]));
    makers.next().filter(|_| makers.next().is_none())
}

fn told(history: &[Event<Call>]) -> String {
    let line = |event: &Event<Call>| {
        let Call { number, op, answer, .. } = &event.call;
        format!("{number}: {}–{:?} {op:?}\n    {answer:?}\n", event.invoked, event.answered)
    };
    history.iter().map(line).collect()
}

fn put(number: u64) -> Op {
    Op::Put { body: Body::new(number), tags: 0, lock: Lock::default(), condition: Condition::None }
}

/// Rounds at most; real nodes are slow.
fn rounds_max() -> usize {
    if cassandra_nodes().is_some() { 10 } else { 40 }
}

/// Rounds on fresh keys until the time is over.
fn histories(stage: &Stage, mut keys: impl FnMut(usize) -> Vec<Tracked>) {
    let seed = fresh_seed();
    println!("seed {seed}");
    let end = Instant::now() + PATIENCE;
    let (mut rounds, mut explained) = (0, 0);
    while rounds < rounds_max() && (rounds == 0 || Instant::now() < end) {
        explained += stage.round(&keys(rounds), seed + rounds as u64);
        rounds += 1;
    }
    assert!(explained * 2 > rounds * KEYS, "most searches were given up: {explained} of {rounds} rounds");
    println!("{explained} keys explained in {rounds} rounds of {CLIENTS} clients with {REQUESTS} requests each");
}

fn fresh_keys(stage: &Stage, round: usize) -> Vec<Tracked> {
    (0..KEYS).map(|i| stage.key(format!("k{round}-{i}"))).collect()
}

#[test]
fn answers_about_an_unversioned_bucket_have_an_order() {
    let stage = Stage::new(false);
    histories(&stage, |round| fresh_keys(&stage, round));
}

#[test]
fn answers_about_a_locked_bucket_have_an_order() {
    let stage = Stage::new(true);
    histories(&stage, |round| fresh_keys(&stage, round));
}

/// Each key has a version of its own and a null one.
#[test]
fn answers_about_a_suspended_bucket_have_an_order() {
    let mut stage = Stage::new(false);
    stage.set_versioning(Versioning::Enabled);
    let keys: Vec<Vec<Tracked>> = (0..rounds_max()).map(|round| fresh_keys(&stage, round)).collect();
    for (number, key) in (0..).zip(keys.iter().flatten()) {
        stage.perform(&stage.desk(0), key, put(2 * number + 1));
    }
    stage.set_versioning(Versioning::Suspended);
    let mut keys = keys.into_iter();
    histories(&stage, |_| keys.next().expect("there are keys for every round"));
}
