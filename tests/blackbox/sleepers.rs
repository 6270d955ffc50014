//! Clients that stop in the middle of a body: they keep little memory, for a short time, and nobody waits for them.

use std::time::{Duration, Instant};

use crate::client::Connection;
use crate::harness::Server;
use crate::ops::{Ground, bytes};

/// What others may have to wait; a sleeping client itself is waited for a minute when there is room for all.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a sleeping upload may cost beside its share of `chunk_memory_bytes`, KiB.
const KIB_EACH_MAX: u64 = 512;
/// What else may be taken in the meantime (allocator, tables of connections), KiB.
const SLACK_KIB: u64 = 24 << 10;
/// `chunk_memory_bytes` of these servers.
const MEMORY_BYTES: u64 = 8 << 20;

/// Uploads of `body` that stop after `sent` bytes of it, or earlier if the server does not take them.
fn fall_asleep(g: &Ground, count: usize, body: &[u8], sent: usize) -> Vec<Connection> {
    let uploads = (0..count).map(|i| {
        let wire = g.alice.request("PUT", &g.path(&format!("asleep{i}"))).body(body).wire();
        let mut connection = g.alice.connect();
        connection.send(&wire.head_bytes()).expect("sends");
        connection.send_what_fits(&wire.body[..sent]);
        connection
    });
    uploads.collect()
}

/// The largest amount of memory that the process has had, KiB.
fn peak_kib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("reads its status");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("has a peak");
    line.split_whitespace().nth(1).expect("has a value").parse().expect("is a number")
}

#[test]
fn hundreds_of_sleeping_uploads_neither_fill_memory_nor_keep_others_waiting() {
    const SLEEPERS: usize = 300;
    let limits = format!("chunk_memory_bytes = {MEMORY_BYTES}\nidle_timeout_seconds = 10");
    let server = Server::with(&[("limits", &limits)]);
    let g = Ground::on(&server);
    g.put("large", bytes(3_000_000));
    let before = peak_kib(&server);
    let asleep = fall_asleep(&g, SLEEPERS, &bytes(5_000_000), 400_000);
    let began = Instant::now();
    for i in 0..20 {
        let key = format!("small{i}");
        g.put(&key, bytes(10_000));
        g.get(&key).assert_body(bytes(10_000));
    }
    assert!(began.elapsed() < PATIENCE, "others waited {:?}", began.elapsed());
    for mut connection in asleep {
        let reply = connection.read(false).expect("answers");
        assert!(matches!(reply.code().as_deref(), Some("RequestTimeout" | "SlowDown")), "{reply}");
        assert!(connection.is_closed_by_server());
    }
    g.put("large", bytes(4_000_000));
    g.get("large").assert_body(bytes(4_000_000));
    assert!(g.keys("prefix=asleep").is_empty());
    let grown = peak_kib(&server) - before;
    let may = SLEEPERS as u64 * KIB_EACH_MAX + MEMORY_BYTES / 1024 + SLACK_KIB;
    assert!(grown < may, "memory grew by {grown} KiB, by more than {may}");
}

/// A few clients that go to sleep must not keep the memory that everybody shares.
#[test]
fn a_large_upload_gets_the_memory_that_sleeping_ones_hold() {
    let server = Server::with(&[("limits", &format!("chunk_memory_bytes = {MEMORY_BYTES}"))]);
    let g = Ground::on(&server);
    let asleep = fall_asleep(&g, 12, &bytes(5_000_000), 100_000);
    let began = Instant::now();
    g.put("large", bytes(3_000_000));
    g.get("large").assert_body(bytes(3_000_000));
    assert!(began.elapsed() < PATIENCE, "others waited {:?}", began.elapsed());
    drop(asleep);
    assert_eq!(g.keys(""), ["large"]);
}
