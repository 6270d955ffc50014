//! The listing protocol keeps its promises, and each of its safeguards is needed.

use dolium_models::listing::{Kind, Listing, Without, search};

/// Writers, whether there is a split, whether there is a repairer.
type Case = (&'static [Kind], bool, bool);

const ONE_KEY: [Case; 5] = [
    (&[Kind::Put, Kind::Put], false, true),
    (&[Kind::Put, Kind::Delete], false, true),
    (&[Kind::Put, Kind::DeleteAhead], false, true),
    (&[Kind::PutAhead, Kind::Delete], false, true),
    (&[Kind::Delete, Kind::DeleteAhead], false, true),
];
const SPLITS: [Case; 4] = [
    (&[Kind::Put], true, true),
    (&[Kind::Delete], true, true),
    (&[Kind::PutAhead, Kind::Delete], true, false),
    (&[Kind::Put, Kind::Put], true, false),
];

fn holds(cases: &[Case], retries: u8, losses: bool) {
    let mut sum = 0;
    for (kinds, split, repair) in cases {
        for there in [true, false] {
            let (kinds, split, repair) = (kinds.to_vec(), *split, *repair);
            let (states, wrong) = search(Listing { kinds, split, repair, there, retries, losses, without: None });
            assert_eq!(wrong, None);
            sum += states;
        }
    }
    println!("{sum} states");
}

#[test]
fn one_key_with_two_writers_and_lost_replies() {
    holds(&ONE_KEY, 0, true);
}

#[test]
fn a_split_with_a_repairer_and_with_two_writers() {
    holds(&SPLITS, 0, false);
}

#[test]
fn refused_writers_that_start_again() {
    holds(&[(&[Kind::Put], true, true), (&[Kind::Delete], true, true)], 1, true);
}

fn finds(without: Without, cases: &[Case], retries: u8, losses: bool) {
    let found = cases.iter().any(|(kinds, split, repair)| {
        [true, false].into_iter().any(|there| {
            let (kinds, split, repair) = (kinds.to_vec(), *split, *repair);
            search(Listing { kinds, split, repair, there, retries, losses, without: Some(without) }).1.is_some()
        })
    });
    assert!(found, "nothing goes wrong without it: {without:?}");
}

#[test]
fn each_safeguard_is_needed() {
    for without in [Without::Intent, Without::Fence] {
        finds(without, &ONE_KEY, 0, false);
    }
    for without in [Without::WritersLease, Without::ListersLease, Without::WaitBeforeCopy, Without::OwnView] {
        finds(without, &SPLITS, 0, false);
    }
    finds(Without::GiveUpWhenOvertaken, &[(&[Kind::Put, Kind::Put], false, false)], 1, true);
}

/// A lost LWT is sent again under its own revision so that it is recognised, and a repairer checks its lease so that
/// it does not work in vain: leaving either out is answered worse, never wrongly.
#[test]
fn what_is_no_safeguard() {
    for (kinds, split, repair) in SPLITS {
        let without = Some(Without::RepairersLease);
        let case = Listing { kinds: kinds.to_vec(), split, repair, there: true, retries: 0, losses: false, without };
        assert_eq!(search(case).1, None);
    }
    for (kinds, split, _) in ONE_KEY {
        let without = Some(Without::SameRevision);
        let case =
            Listing { kinds: kinds.to_vec(), split, repair: false, there: true, retries: 1, losses: true, without };
        assert_eq!(search(case).1, None);
    }
}
