//! What outlives the process: stops, kills and starts of the server.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{ALICE, Server, health};
use crate::ops::multipart::{Multipart, NamedPart, PART_BYTES_MIN, document};
use crate::ops::{Ground, bytes, client};

#[test]
fn a_restart_keeps_everything() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    g.put("small", "x");
    g.put("large", bytes(3_000_000));
    g.put("gone", "x");
    g.alice.delete(&g.path("gone")).assert_status(204);
    let upload = Multipart::open(&g, "parts");
    let first = upload.part(1, bytes(PART_BYTES_MIN));
    let owner = g.alice.get("/").element("ID");
    server.restart();
    assert_eq!(g.alice.get("/").element("ID"), owner, "a tenant keeps its id");
    assert_eq!(g.keys(""), ["large", "small"]);
    g.get("small").assert_body("x");
    g.get("large").assert_body(bytes(3_000_000));
    let second = upload.part(2, "tail");
    upload.complete(&[first, second]).assert_status(200);
    server.kill9();
    server.resume();
    g.get("parts").assert_body([bytes(PART_BYTES_MIN), b"tail".to_vec()].concat());
    assert_eq!(g.keys(""), ["large", "parts", "small"]);
}

/// Writers are told what is stored; then the process dies in the middle of their next requests.
#[test]
fn kill_9_loses_nothing_that_was_acknowledged() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    for round in 0..3 {
        let dead = AtomicBool::new(false);
        let acknowledged: Vec<(String, usize)> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let (g, dead) = (&g, &dead);
                    scope.spawn(move || write_until_dead(g, dead, round, writer))
                })
                .collect();
            // The first keys are there; what comes now is cut off somewhere.
            while g.keys(&format!("prefix={round}-")).len() < 24 {}
            dead.store(true, Ordering::SeqCst);
            server.kill9();
            writers.into_iter().flat_map(|writer| writer.join().expect("the writer did not panic")).collect()
        });
        assert!(acknowledged.len() >= 20, "only {} writes", acknowledged.len());
        server.resume();
        let listed = g.keys(&format!("prefix={round}-"));
        for (key, size) in &acknowledged {
            g.get(key).assert_body(bytes(*size));
            assert!(listed.contains(key), "{key} was acknowledged and is not listed");
        }
        for key in &listed {
            let size = key.rsplit('-').next().and_then(|size| size.parse().ok()).expect("a size");
            g.get(key).assert_body(bytes(size));
        }
    }
}

fn write_until_dead(g: &Ground, dead: &AtomicBool, round: usize, writer: usize) -> Vec<(String, usize)> {
    let mut acknowledged = Vec::new();
    let mut connection = g.alice.connect();
    for i in 0.. {
        let size = [10, 9_000, 300_000, 1_200_000][i % 4];
        let key = format!("{round}-{writer}-{i:04}-{size}");
        let wire = g.alice.request("PUT", &g.path(&key)).body(bytes(size)).wire();
        match connection.send(&wire.bytes()).and_then(|()| connection.read(false)) {
            Ok(reply) if reply.status == 200 => acknowledged.push((key, size)),
            Ok(reply) => panic!("{key}: {reply}"),
            Err(_) if dead.load(Ordering::SeqCst) => break,
            Err(error) => panic!("{key}: {error}"),
        }
    }
    acknowledged
}

/// Completions are cut off somewhere: each has happened whole or not at all, and can be asked for again.
#[test]
fn kill_9_leaves_a_completion_done_or_undone() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    let uploads: Vec<_> = (0..24)
        .map(|i| {
            let upload = Multipart::open(&g, &format!("k{i:02}"));
            let part = upload.part(1, bytes(300_000 + i));
            (upload, part)
        })
        .collect();
    std::thread::scope(|scope| {
        for half in uploads.chunks(8) {
            let g = &g;
            scope.spawn(move || half.iter().all(|(upload, part)| completed(g, upload, part)));
        }
        while g.keys("").len() < 4 {}
        server.kill9();
    });
    server.resume();
    let there = g.keys("");
    for (i, (upload, part)) in uploads.iter().enumerate() {
        let body = bytes(300_000 + i);
        if there.contains(&upload.key) {
            g.get(&upload.key).assert_body(&body);
        } else {
            g.alice.get(&g.path(&upload.key)).assert_error(404, "NoSuchKey");
            let parts = || g.alice.get(&upload.target(""));
            let parts = (0..50).map(|_| parts()).find(|reply| reply.status != 503).expect("an answer comes");
            assert_eq!(parts.assert_status(200).elements("PartNumber"), ["1"]);
        }
        // A store under load may ask to be asked again; asking again is what a completion is made for.
        let again = (0..50).map(|_| upload.complete(std::slice::from_ref(part))).find(|reply| reply.status != 503);
        again.expect("an answer comes").assert_status(200);
        g.get(&upload.key).assert_body(&body);
    }
    assert_eq!(g.keys("").len(), uploads.len());
}

/// Whether the answer came before the server died.
fn completed(g: &Ground, upload: &Multipart<'_>, part: &NamedPart) -> bool {
    let wire = g.alice.request("POST", &upload.target("")).body(document(std::slice::from_ref(part))).wire();
    let Ok(mut connection) = g.alice.try_connect() else { return false };
    match connection.send(&wire.bytes()).and_then(|()| connection.read(false)) {
        Ok(reply) if reply.status == 503 => false,
        Ok(reply) => reply.assert_status(200).element("ETag").is_some(),
        Err(_) => false,
    }
}

#[test]
fn requests_under_way_are_finished_before_the_server_ends() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    let wire = g.alice.request("PUT", &g.path("k")).expect_continue().body(bytes(2_000_000)).wire();
    let mut connection = g.alice.connect();
    let (first, rest) = wire.body.split_at(1_000_000);
    connection.send(&wire.head_bytes()).expect("sends");
    // Without this answer the connection might still wait to be accepted when the server stops.
    assert_eq!(connection.read_one(false).expect("is asked for its body").status, 100);
    connection.send(first).expect("sends");
    let stopping = std::thread::scope(|scope| {
        let stop = scope.spawn(|| server.stop());
        connection.send(rest).expect("sends");
        connection.read(false).expect("answers").assert_status(200);
        stop.join().expect("the server ended")
    });
    assert!(stopping.success(), "{stopping}");
    server.resume();
    g.get("k").assert_body(bytes(2_000_000));
}

#[test]
fn it_says_that_it_is_alive_and_ready() {
    let server = Server::shared();
    assert_eq!(health(server.admin, "/health/live"), Some(200));
    assert_eq!(health(server.admin, "/health/ready"), Some(200));
    assert_eq!(health(server.admin, "/nothing"), Some(404));
    assert!(server.pid() > 0);
    let secret = server.log().contains(ALICE.secret);
    assert!(!secret, "a secret is in the log");
}

/// On Cassandra: what one front end acknowledges, the other shows. A folder takes one process, and says so.
#[test]
fn two_front_ends_are_one_store() {
    let Some((one, two)) = Server::siblings() else {
        let server = Server::start();
        let (status, said) = server.start_beside();
        assert!(!status.success() && said.contains("in use by another process"), "{status}: {said}");
        assert_eq!(health(server.admin, "/health/ready"), Some(200));
        return;
    };
    let g = Ground::on(&one);
    let other = client(&two, ALICE);
    for round in 0..10 {
        let key = format!("k{round}");
        g.put(&key, bytes(100_000 * round));
        other.get(&g.path(&key)).assert_status(200).assert_body(bytes(100_000 * round));
        assert!(other.get(&g.root()).assert_status(200).elements("Key").contains(&key));
        other.delete(&g.path(&key)).assert_status(204);
        g.alice.get(&g.path(&key)).assert_error(404, "NoSuchKey");
        assert!(g.keys("").is_empty());
    }
}
