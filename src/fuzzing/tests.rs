//! A share of what libFuzzer does, with the seeds and changes of them that are the same every time.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{Dice, TARGETS, Target, check};

/// Changed inputs for each target. All of them take about a second.
const CHANGED: usize = 400;
/// What is likely to mean something, where a change inserts something.
const WORDS: [&str; 24] = [
    "\r\n",
    "\n",
    "\0",
    "%00",
    "%",
    "&",
    "=",
    ";",
    ",",
    "\"",
    "'",
    "<",
    ">",
    "&#0;",
    "&#x1;",
    "]]>",
    ":",
    "/",
    "-",
    "+",
    "0",
    "18446744073709551615",
    "ü",
    "\u{feff}",
];

fn folder(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind)
}

fn names(folder: PathBuf) -> BTreeSet<String> {
    let entries = fs::read_dir(&folder).expect("a folder of the repository");
    let stem = |entry: fs::DirEntry| entry.path().file_stem().map(|name| name.to_string_lossy().into_owned());
    entries.filter_map(|entry| stem(entry.expect("reads an entry"))).collect()
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = folder("seeds").join(target.name);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("has seeds").map(|entry| entry.expect("reads an entry").path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).expect("reads a seed")).collect()
}

/// One to four changes, each of which takes something away, puts something in, or changes a bit.
fn changed(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(3) {
        let (from, length) = (dice.below(bytes.len() + 1), dice.below(16));
        let to = (from + length).min(bytes.len());
        match dice.below(5) {
            0 => drop(bytes.drain(from..to)),
            1 => drop(bytes.splice(from..from, WORDS[dice.below(WORDS.len())].bytes())),
            2 => bytes.extend_from_within(from..to),
            3 => {
                bytes.truncate(from);
                bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
            }
            _ => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
        }
    }
    bytes
}

#[test]
fn everything_holds_of_seeds_and_what_is_like_them() {
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        seeds.iter().for_each(|seed| tried(target, seed));
        let mut dice = Dice::of(target.name.as_bytes());
        for _ in 0..CHANGED {
            let (seed, other) = (&seeds[dice.below(seeds.len())], &seeds[dice.below(seeds.len())]);
            tried(target, &changed(seed, other, &mut dice));
        }
    }
}

/// Says which input it was that did not hold, as a seed that can be kept.
fn tried(target: &Target, input: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| check(target.name, input)) {
        eprintln!("{}: {:?}", target.name, String::from_utf8_lossy(input));
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_target_can_be_fuzzed_and_has_seeds() {
    let known: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names(folder("fuzz_targets")), known);
    assert_eq!(names(folder("seeds")), known);
}
