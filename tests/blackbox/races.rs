//! Many clients at once, on one front end or, where the store takes two, on two.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::Client;
use crate::harness::{ALICE, Server};
use crate::ops::{Ground, bytes, client, md5_hex};

/// Alice's clients, one per front end, and a bucket of hers.
pub struct Fronts {
    pub ground: Ground,
    pub alices: Vec<Client>,
    _servers: Vec<Server>,
}

impl Fronts {
    pub fn new() -> Self {
        let servers = match Server::siblings() {
            Some((one, two)) => vec![one, two],
            None => vec![Server::start()],
        };
        let alices = servers.iter().map(|server| client(server, ALICE)).collect();
        Self { ground: Ground::on(&servers[0]), alices, _servers: servers }
    }

    /// One of them.
    pub fn alice(&self, i: usize) -> &Client {
        &self.alices[i % self.alices.len()]
    }
}

/// Each create asks that the key be absent. Who is told 503 cannot know; everybody else knows for sure.
#[test]
fn one_of_200_conditional_creates_wins() {
    let fronts = Fronts::new();
    let target = fronts.ground.path("k");
    let answers: Vec<(u16, Option<String>)> = std::thread::scope(|scope| {
        let creates: Vec<_> = (0..200)
            .map(|i| {
                let (alice, target) = (fronts.alice(i), &target);
                scope.spawn(move || {
                    let create = alice.request("PUT", target).header("if-none-match", "*").body(format!("racer {i}"));
                    let reply = create.send();
                    (reply.status, reply.code())
                })
            })
            .collect();
        creates.into_iter().map(|create| create.join().expect("an answer comes")).collect()
    });
    let winners: Vec<usize> = answers.iter().enumerate().filter(|(_, a)| a.0 == 200).map(|(i, _)| i).collect();
    let unknown = answers.iter().filter(|a| a.0 == 503).count();
    assert!(winners.len() == 1 || (winners.is_empty() && unknown > 0), "{answers:?}");
    for (status, code) in answers.iter().filter(|a| a.0 != 200 && a.0 != 503) {
        assert_eq!((*status, code.as_deref()), (412, Some("PreconditionFailed")));
    }
    let there = fronts.ground.get("k");
    if let [winner] = winners[..] {
        there.assert_body(format!("racer {winner}"));
    }
}

/// What writers have been told: keys that are there and stay, keys that are gone and stay so.
#[derive(Default)]
struct Told {
    there: BTreeSet<String>,
    gone: BTreeSet<String>,
}

#[test]
fn a_listing_among_writers_misses_nothing_and_shows_no_ghost() {
    let fronts = Fronts::new();
    let told = Mutex::new(Told::default());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (fronts, told) = (&fronts, &told);
                scope.spawn(move || write_and_delete(fronts, told, writer))
            })
            .collect();
        for i in 0..2 {
            let (fronts, told, done) = (&fronts, &told, &done);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    judge_a_listing(fronts.alice(i), &fronts.ground, told, [7, 1000][i]);
                }
            });
        }
        writers.into_iter().for_each(|writer| writer.join().expect("the writer did not panic"));
        done.store(true, Ordering::SeqCst);
    });
    let there: Vec<String> = told.lock().expect("nobody panicked").there.iter().cloned().collect();
    assert_eq!(list(fronts.alice(1), &fronts.ground, 1000).into_iter().collect::<Vec<_>>(), there);
}

fn write_and_delete(fronts: &Fronts, told: &Mutex<Told>, writer: usize) {
    for i in 0..30 {
        let key = format!("{:02}-{writer}", i * 7 % 30);
        let target = fronts.ground.path(&key);
        fronts.alice(writer + i).put(&target, "x").assert_status(200);
        told.lock().expect("nobody panicked").there.insert(key.clone());
        if i % 3 == 0 {
            told.lock().expect("nobody panicked").there.remove(&key);
            fronts.alice(writer + i + 1).delete(&target).assert_status(204);
            told.lock().expect("nobody panicked").gone.insert(key);
        }
    }
}

fn list(alice: &Client, ground: &Ground, limit: usize) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut marker = String::new();
    loop {
        let page = alice.get(&format!("{}?max-keys={limit}&marker={marker}", ground.root())).assert_status(200);
        marker = page.elements("Key").pop().unwrap_or_default();
        keys.extend(page.elements("Key"));
        if page.element("IsTruncated").as_deref() == Some("false") {
            return keys;
        }
    }
}

fn judge_a_listing(alice: &Client, ground: &Ground, told: &Mutex<Told>, limit: usize) {
    let (there, gone) = {
        let told = told.lock().expect("nobody panicked");
        (told.there.clone(), told.gone.clone())
    };
    let listed = list(alice, ground, limit);
    let still = told.lock().expect("nobody panicked").there.clone();
    let missed: Vec<&String> = there.intersection(&still).filter(|key| !listed.contains(*key)).collect();
    let ghosts: Vec<&String> = gone.intersection(&listed).collect();
    assert!(missed.is_empty() && ghosts.is_empty(), "missed {missed:?}, deleted and listed {ghosts:?}");
}

#[test]
fn racing_overwrites_leave_one_object_whole_and_the_listing_agrees() {
    let fronts = Fronts::new();
    let target = fronts.ground.path("k");
    let bodies: Vec<Vec<u8>> = (0..6).map(|i| bytes(300_000 + i * 1000)).collect();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for (i, body) in bodies.iter().enumerate() {
                let (fronts, target) = (&fronts, &target);
                scope.spawn(move || {
                    let reply = fronts.alice(i).put(target, body.clone());
                    assert!(matches!(reply.status, 200 | 503), "{reply}");
                });
            }
        });
        let got = fronts.alice(1).get(&target).assert_status(200);
        let winner = bodies.iter().find(|body| **body == got.body).expect("one of the bodies, whole");
        assert_eq!(got.etag(), md5_hex(winner));
        let listed = fronts.alice(0).get(&fronts.ground.root()).assert_status(200);
        assert_eq!(
            (listed.elements("ETag"), listed.elements("Size")),
            (vec![format!("\"{}\"", md5_hex(winner))], vec![winner.len().to_string()])
        );
    }
}

#[test]
fn a_bucket_is_deleted_or_written_into_but_not_both() {
    let fronts = Fronts::new();
    for round in 0..5 {
        let bucket = crate::ops::fresh_bucket_name();
        fronts.alice(0).put(&format!("/{bucket}"), "").assert_status(200);
        let target = format!("/{bucket}/k");
        let (written, deleted) = std::thread::scope(|scope| {
            let write = scope.spawn(|| fronts.alice(1).put(&target, "x"));
            let deleted = fronts.alice(0).delete(&format!("/{bucket}"));
            (write.join().expect("an answer comes"), deleted)
        });
        assert!(!(written.status == 200 && deleted.status == 204), "round {round}: acknowledged into a deleted bucket");
        if written.status == 200 {
            fronts.alice(0).get(&target).assert_status(200).assert_body("x");
        }
        if deleted.status == 204 {
            assert!(matches!(written.status, 404 | 503), "round {round}: {written}");
        }
    }
}
