//! The matrix: every operation of the table, every caller, every situation.

mod anonymous;
mod dodges;
mod elsewhere;
mod facts;
mod table;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use dolium::s3::operation::{Level, ROWS, Row};
use dolium::s3::ops::bucket::unconfigured;

use crate::harness::cassandra_nodes;
use table::{CALLERS, Matrix, OBJECTS};
use world::{Signed, World};

/// On a cluster, where each answer takes round trips, one of this many is asked for. In each situation it is another one,
/// so that all operations are asked for by all callers, about all there is; the test makes sure of it.
const CLUSTER_SLICES: usize = 7;
/// Differences that are shown at most.
const SHOWN_MAX: usize = 200;

fn all_rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(unconfigured::ROWS).copied()
}

/// What an operation can be about.
fn abouts(row: &Row) -> &'static [&'static str] {
    if row.level == Level::Object { &OBJECTS } else { &["-"] }
}

#[test]
fn everybody_may_do_what_the_matrix_says_and_nothing_else() {
    let matrix = Matrix::parse(include_str!("matrix.txt"));
    let nodes = cassandra_nodes();
    let slices = if nodes.is_some() { CLUSTER_SLICES } else { 1 };
    let world = World::on(nodes);
    let mut requests: Vec<(&str, &str, Vec<Signed>)> = Vec::new();
    for row in all_rows() {
        let class = matrix.classes.get(row.name).unwrap_or_else(|| panic!("{} is in no class", row.name));
        for about in abouts(row) {
            let signed = CALLERS.iter().map(|caller| world.sign(row, caller, about)).collect();
            requests.push((row.name, about, signed));
            for (title, lines) in &matrix.situations {
                let line = lines.contains_key(&(class.clone(), (*about).to_owned()));
                assert!(line, "{title}: no line for {class} {about}");
            }
        }
    }
    let mut differences = Vec::new();
    let (mut decisions, mut asked) = (0, BTreeSet::new());
    for (turn, (title, lines)) in matrix.situations.iter().enumerate() {
        world.set(title);
        for (place, (name, about, signed)) in requests.iter().enumerate() {
            let wanted = &lines[&(matrix.classes[*name].clone(), (*about).to_owned())];
            for (column, ((caller, signed), wanted)) in CALLERS.iter().zip(signed).zip(wanted).enumerate() {
                if (turn + place + column) % slices != 0 {
                    continue;
                }
                decisions += 1;
                asked.insert((name, about, caller));
                let got = world.ask(signed);
                if got != *wanted {
                    differences.push(format!("{title}: {name} {about} by {caller}: {wanted} wanted, {got} got"));
                }
            }
        }
    }
    assert!(decisions > 40_000 / slices, "only {decisions} decisions");
    assert_eq!(asked.len(), requests.len() * CALLERS.len(), "somebody was never asked for something");
    let shown = differences.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {decisions} differ:\n{shown}", differences.len());
}

/// The source of a copy is read as any object is, wherever it goes. Each copies to where he may write. On one store: the
/// copies are made, and decisions know nothing of stores.
#[test]
fn whoever_may_read_here_may_copy_from_here() {
    let matrix = Matrix::parse(include_str!("matrix.txt"));
    let world = World::new();
    let copies = world.copies();
    let mut differences = Vec::new();
    for (title, lines) in &matrix.situations {
        world.set(title);
        for (operation, column, about, signed) in &copies {
            let caller = CALLERS[*column];
            let read = &lines[&("read".to_owned(), (*about).to_owned())][*column];
            let wanted = if caller == "session" { "403" } else { read };
            let got = world.copy(signed);
            if got != wanted {
                differences.push(format!("{title}: {operation} of {about} by {caller}: {wanted} wanted, {got} got"));
            }
        }
    }
    let shown = differences.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differ:\n{shown}", differences.len());
}

/// An operation that nobody has any more would make the matrix promise what nothing shows.
#[test]
fn the_matrix_names_operations_of_the_table_only() {
    let matrix = Matrix::parse(include_str!("matrix.txt"));
    let known: BTreeSet<&str> = all_rows().map(|row| row.name).collect();
    let unknown: Vec<&String> = matrix.classes.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let mut levels: BTreeMap<&String, BTreeSet<&[&str]>> = BTreeMap::new();
    for row in all_rows() {
        levels.entry(&matrix.classes[row.name]).or_default().insert(abouts(row));
    }
    assert!(levels.values().all(|levels| levels.len() == 1), "a class has operations on buckets and on objects");
}
