//! Requests chosen at random, again the same for the same seed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::op::{Answer, Body, Condition, Id, Lock, Mode, Op, Retention, Rules, Text, Upload, Versioning};

/// Random numbers (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// So many times of a hundred.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| &all[self.below(all.len())])
    }
}

/// A seed that nobody has chosen, unless `DOLIUM_TEST_SEED` has.
pub fn fresh_seed() -> u64 {
    let chosen = std::env::var("DOLIUM_TEST_SEED").ok();
    chosen.map_or_else(
        || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos().into(),
        |seed| seed.parse().expect("DOLIUM_TEST_SEED is a number"),
    )
}

/// What is known of a key, so that requests mean something that is or was there.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub ids: Vec<Id>,
    pub etags: Vec<Text>,
    /// Versions with an id of their own, and their ETags.
    pub objects: Vec<(Id, Text)>,
    pub uploads: Vec<Arc<Upload>>,
}

impl Known {
    /// Takes in what an answer tells.
    pub fn learn(&mut self, answer: &Answer) {
        let told = answer.versions.iter().map(|listed| &listed.id).chain(&answer.version);
        for id in told {
            if !self.ids.contains(id) {
                self.ids.push(id.clone());
            }
        }
        if let Some(etag) = &answer.etag {
            self.etags.push(etag.clone());
            if let Some(id @ Id::Named(_)) = &answer.version {
                self.objects.push((id.clone(), etag.clone()));
            }
        }
    }
}

/// A request on a key.
pub fn op(random: &mut Random, known: &Known, rules: Rules) -> Op {
    let mut version = random.pick(&known.ids).cloned().filter(|_| random.percent(60));
    if rules.versioning == Versioning::Off && random.percent(70) {
        version = None;
    }
    match random.below(if rules.locks { 100 } else { 80 }) {
        0..26 => put(random, known, rules),
        26..35 => {
            Op::Delete { version: None, condition: condition(random, known, false), bypass: false, of_many: false }
        }
        35..46 => Op::Delete {
            version,
            condition: condition(random, known, false),
            bypass: random.percent(50),
            of_many: false,
        },
        46..58 => Op::Read { version, head: random.percent(30) },
        58..62 => Op::Tags { version },
        62..68 => Op::Tag { version, tags: random.below(4) as u8 },
        68..80 => match random.pick(&known.uploads).cloned() {
            Some(upload) if random.percent(30) => Op::Abort { upload },
            Some(upload) => Op::Complete { upload, condition: condition(random, known, true) },
            None => Op::List,
        },
        80..93 => Op::Retain { version, retention: retention(random), bypass: random.percent(50) },
        _ => Op::Hold { version, on: random.percent(40) },
    }
}

fn put(random: &mut Random, known: &Known, rules: Rules) -> Op {
    let retention = retention(random).filter(|_| rules.locks && random.percent(25));
    let hold = (rules.locks && random.percent(10)).then(|| random.percent(50));
    let tags = if random.percent(30) { random.below(4) as u8 } else { 0 };
    let lock = Lock { retention, hold };
    Op::Put { body: Body::new(random.number()), tags, lock, condition: condition(random, known, true) }
}

/// Mostly none.
pub fn condition(random: &mut Random, known: &Known, creates: bool) -> Condition {
    match random.below(10) {
        0..2 if creates => Condition::Absent,
        2..5 => random.pick(&known.etags).cloned().map_or(Condition::None, Condition::Match),
        _ => Condition::None,
    }
}

fn retention(random: &mut Random) -> Option<Retention> {
    // Compliance is rare, for nothing can be done with a version under it.
    let mode = if random.percent(12) { Mode::Compliance } else { Mode::Governance };
    random.percent(75).then(|| Retention { mode, until: 1 + random.below(4) as u8 })
}
