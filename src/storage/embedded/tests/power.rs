//! Loses the power at any step of anything, again and again: what was acknowledged is there with its bytes, what was
//! under way is there or not, and nothing is half there. Leaving out any of the syncs must make this fail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;

use super::sim::{Dice, Faults, SimDisk};
use super::{try_get, uploaded};
use crate::storage::conformance::fixture::{Fixture, attrs_of, body_of, key_of};
use crate::storage::embedded::store::{Embedded, open_on};
use crate::storage::embedded::{EmbeddedConfig, keys};
use crate::storage::{Data, Decision, Fetch, HeadChange, Home, ObjectRecord};

/// How many seeds the suite tries; `DOLIUM_POWER_SEEDS` sets another number for long runs.
const SEEDS: u64 = 10;
const ROUNDS: u64 = 4;
const WRITERS: u64 = 6;

fn config() -> EmbeddedConfig {
    EmbeddedConfig {
        segment_bytes: 64 << 10,
        checkpoint_log_bytes: 100 << 10,
        checkpoint_rows: 40,
        headroom_bytes: 0,
        linger: Duration::ZERO,
        ..EmbeddedConfig::new("/sim")
    }
}

/// A body, by what [`body_of`] makes it from; `None` is no object.
type Version = Option<(usize, u64)>;

/// What a key may hold: the last acknowledged version, and what was under way since.
#[derive(Debug, Clone, Default)]
struct Expected {
    acknowledged: Version,
    under_way: Vec<Version>,
}

impl Expected {
    fn allows(&self, found: Option<&Bytes>) -> bool {
        let is = |version: &Version| version.map(|(size, seed)| body_of(size, seed)).as_ref() == found;
        is(&self.acknowledged) || self.under_way.iter().any(is)
    }
}

type Model = Arc<Mutex<BTreeMap<String, Expected>>>;

/// One change of a key by its only writer. An error ends the writer: the power is gone.
async fn change(f: &Fixture, dice: &mut Dice, key: &str, model: &Model) -> Result<(), ()> {
    let kind = dice.roll(8);
    let size = usize::try_from(if kind < 5 { dice.roll(4000) } else { 1 + dice.roll(3000) }).unwrap();
    let version = if kind == 0 { None } else { Some((size, dice.roll(1 << 40))) };
    model.lock().entry(key.to_owned()).or_default().under_way.push(version);
    let body = version.map(|(size, seed)| body_of(size, seed));
    let done = match (kind, body) {
        (0 | 5.., None) | (_, None) => put(f, key, Decision::Remove(crate::storage::VersionRef::Null)).await,
        (1..5, Some(body)) => put(f, key, Decision::Put(record(f, body.clone(), Data::Inline(body)))).await,
        (5 | 6, Some(body)) => {
            let blob = f.blob(Home::Object(&f.bucket, &key_of(key)), body.clone()).await.map_err(drop)?;
            put(f, key, Decision::Put(record(f, body, Data::Stored(blob)))).await
        }
        (_, Some(body)) => uploaded(f, key, &body).await.map_err(drop),
    };
    done?;
    *model.lock().entry(key.to_owned()).or_default() = Expected { acknowledged: version, under_way: Vec::new() };
    Ok(())
}

fn record(f: &Fixture, body: Bytes, data: Data) -> Arc<ObjectRecord> {
    Arc::new(ObjectRecord { attrs: attrs_of(&body, &f.tenant), data })
}

async fn put(f: &Fixture, key: &str, decision: Decision) -> Result<(), ()> {
    let key = key_of(key);
    let read = f.storage.metadata.read_head(&f.bucket, &key, Fetch::Attrs).await.map_err(drop)?;
    match f.storage.metadata.change_head(read, &mut |_| decision.clone()).await {
        Ok(HeadChange::Applied { .. }) => Ok(()),
        Ok(other) => panic!("{other:?}"),
        Err(_) => Err(()),
    }
}

/// Everything that the model demands of an open store.
async fn check(f: &Fixture, model: &Model) -> Result<(), String> {
    let expected = model.lock().clone();
    let mut there = Vec::new();
    for (key, expected) in &expected {
        let found = try_get(f, key).await.map_err(|error| format!("{key}: {error}"))?;
        if !expected.allows(found.as_ref()) {
            let found = found.map(|body| body.len());
            return Err(format!("{key} holds {found:?} bytes instead of {expected:?}"));
        }
        if found.is_some() {
            there.push(key.clone());
        }
        // What it is now it must stay.
        let seen = expected.acknowledged.iter().chain(expected.under_way.iter().flatten());
        let version = seen.copied().find(|(size, seed)| Some(body_of(*size, *seed)) == found);
        model.lock().insert(key.clone(), Expected { acknowledged: version, under_way: Vec::new() });
    }
    let listed = f.list(b"", b"", 1000).await;
    if listed != there { Err(format!("lists {listed:?} instead of {there:?}")) } else { Ok(()) }
}

async fn work(f: &Arc<Fixture>, seed: u64, model: &Model) {
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (f, model) = (f.clone(), model.clone());
        writers.push(tokio::spawn(async move {
            let mut dice = Dice::new(seed * 1000 + writer);
            for _ in 0..400 {
                let key = format!("{writer}/{}", dice.roll(12));
                if change(&f, &mut dice, &key, &model).await.is_err() {
                    return;
                }
            }
        }));
    }
    let sweeping = f.storage.clone();
    let sweeper = tokio::spawn(async move { while sweeping.reclaim.sweep().await.is_ok() {} });
    for writer in writers {
        writer.await.expect("a writer does not panic");
    }
    sweeper.abort();
    drop(sweeper.await);
}

/// Opens what is left, losing the power during that as well now and then.
async fn reopened(disk: &mut SimDisk, dice: &mut Dice) -> Result<Arc<Embedded>, String> {
    for attempt in 0.. {
        let power_after = if attempt < 2 && dice.roll(3) == 0 { 1 + dice.roll(40) } else { 0 };
        disk.set_faults(Faults { power_after, ..Faults::default() });
        match open_on(config(), Arc::new(disk.clone())).await {
            Ok(store) => {
                disk.set_faults(Faults::default());
                if !disk.is_dead() {
                    return Ok(store);
                }
                // A thread of its own ran into it.
                drop(store);
                *disk = disk.after_power_loss(dice);
            }
            Err(error) if power_after == 0 => return Err(format!("does not open: {error}")),
            Err(_) => *disk = disk.after_power_loss(dice),
        }
    }
    unreachable!("the third attempt has power")
}

/// One life of a disk; an error says what was lost.
async fn live(seed: u64, skip_sync: Option<&'static str>) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let mut disk = SimDisk::default();
    let model = Model::default();
    let mut store = open_on(config(), Arc::new(disk.clone())).await.map_err(|error| error.to_string())?;
    let mut f = Arc::new(Fixture::new(store.storage()).await);
    for round in 0..ROUNDS {
        disk.set_faults(Faults { power_after: 1 + dice.roll(1500), skip_sync, ..Faults::default() });
        work(&f, seed * 100 + round, &model).await;
        let (tenant, bucket) = (f.tenant.clone(), f.bucket.clone());
        disk = disk.after_power_loss(&mut dice);
        drop((f, store));
        if dice.roll(3) == 0 {
            disk.forget(std::path::Path::new("/sim/index.redb"));
        }
        store = reopened(&mut disk, &mut dice).await?;
        f = Arc::new(Fixture { storage: store.storage(), tenant, bucket });
        let found = f.storage.metadata.bucket(&f.bucket.name).await.map_err(|error| error.to_string())?;
        if found.as_ref() != Some(&f.bucket) {
            return Err("the bucket is gone".into());
        }
        check(&f, &model).await?;
    }
    while !f.storage.reclaim.sweep().await.map_err(|error| error.to_string())?.idle {}
    let referenced =
        store.shared.index.scan_prefix(&[keys::REFERENCES], usize::MAX).map_err(|error| error.to_string())?;
    let files: Vec<_> =
        disk.paths("/blobs/").into_iter().filter(|path| path.parent() != Some(store.shared.blobs.dir())).collect();
    if referenced.len() != files.len() {
        return Err(format!("{} blobs are referred to and {} files are there", referenced.len(), files.len()));
    }
    check(&f, &model).await
}

fn run(seed: u64, skip_sync: Option<&'static str>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(live(seed, skip_sync)).map_err(|error| format!("seed {seed}: {error}"))
}

#[test]
fn nothing_acknowledged_is_lost_with_the_power() {
    let seeds = std::env::var("DOLIUM_POWER_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in 1..=seeds {
        if let Err(error) = run(seed, None) {
            panic!("{error}");
        }
    }
}

/// The simulation is worth something only if it notices what it is there for.
fn is_noticed_without(sync_of: &'static str) {
    let noticed = (1..=100).any(|seed| run(seed, Some(sync_of)).is_err());
    assert!(noticed, "without syncing {sync_of} nothing was lost");
}

/// A kill at some step leaves in memory what the disk does not have. The next process shows it and builds upon it, so
/// that it has to last when the power goes after all. `skip_sync`: what that process leaves out while it opens.
async fn killed(kill_after: u64, skip_sync: Option<&'static str>) -> Result<(), String> {
    let disk = SimDisk::default();
    let store = open_on(config(), Arc::new(disk.clone())).await.map_err(|error| error.to_string())?;
    let f = Fixture::new(store.storage()).await;
    disk.set_faults(Faults { power_after: kill_after, ..Faults::default() });
    let mut acknowledged = 0;
    while f.try_put(&format!("{acknowledged:04}"), body_of(2000, 1)).await.is_ok() {
        acknowledged += 1;
    }
    let disk = disk.after_kill();
    disk.set_faults(Faults { skip_sync, ..Faults::default() });
    let second = open_on(config(), Arc::new(disk.clone())).await.map_err(|error| error.to_string())?;
    disk.set_faults(Faults::default());
    let f = Fixture { storage: second.storage(), ..f };
    let mut shown = f.list(b"", b"", 1000).await;
    if shown.len() < acknowledged {
        return Err(format!("{acknowledged} were acknowledged and {} are there", shown.len()));
    }
    // With a write of its own the second process syncs the log again, and its segment has to keep its name.
    if kill_after.is_multiple_of(2) {
        f.put("later", body_of(2000, 1)).await;
        shown.push("later".to_owned());
    }
    let disk = disk.after_power_loss(&mut Dice::new(kill_after));
    let third = open_on(config(), Arc::new(disk)).await.map_err(|error| error.to_string())?;
    let f = Fixture { storage: third.storage(), ..f };
    for key in &shown {
        if try_get(&f, key).await.map_err(|error| error.to_string())? != Some(body_of(2000, 1)) {
            return Err(format!("{key} was shown after the kill and is gone with the power"));
        }
    }
    Ok(())
}

fn run_killed(kill_after: u64, skip_sync: Option<&'static str>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(killed(kill_after, skip_sync)).map_err(|error| format!("killed after {kill_after}: {error}"))
}

/// Enough steps for the log to go on to its third segment.
const KILLS: std::ops::Range<u64> = 1..250;

#[test]
fn what_is_shown_after_a_kill_outlasts_the_power() {
    for kill_after in KILLS {
        if let Err(error) = run_killed(kill_after, None) {
            panic!("{error}");
        }
    }
}

#[test]
fn a_log_that_is_not_synced_before_its_replay_is_noticed() {
    assert!(KILLS.rev().any(|kill_after| run_killed(kill_after, Some(".log")).is_err()));
}

#[test]
fn a_folder_that_is_not_synced_before_the_replay_is_noticed() {
    assert!(KILLS.rev().any(|kill_after| run_killed(kill_after, Some("/sim/segments/.")).is_err()));
}

#[test]
fn a_log_that_is_not_synced_is_noticed() {
    is_noticed_without(".log");
}

#[test]
fn blobs_that_are_not_synced_are_noticed() {
    is_noticed_without("/sim/blobs/");
}

#[test]
fn a_folder_of_segments_that_is_not_synced_is_noticed() {
    is_noticed_without("/sim/segments");
}
