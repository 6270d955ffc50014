//! The reclaiming protocol loses nothing and leaves nothing behind, and each of its safeguards is needed.

use dolium_models::reclaim::{Reclaim, Without, search};

/// One sweeper, and all that time does: entries fall due, requests grow old, fences and verdicts are forgotten.
const WITH_TIME: [(bool, [bool; 2]); 3] = [(false, [true, false]), (true, [true, false]), (true, [true, true])];
/// Two sweepers that may be at any step of several sweeps.
const TWO_SWEEPERS: [(bool, [bool; 2]); 3] = [(false, [true, false]), (true, [true, false]), (true, [true, true])];

fn cases(without: Option<Without>) -> impl Iterator<Item = Reclaim> {
    let timed = WITH_TIME.into_iter().map(|case| (false, 1, case));
    let timeless = TWO_SWEEPERS.into_iter().map(|case| (true, 2, case));
    timed.chain(timeless).map(move |(timeless, sweepers, (copies, deletes))| Reclaim {
        timeless,
        copies,
        deletes,
        sweepers,
        without,
    })
}

#[test]
fn a_blob_that_is_published_copied_deleted_and_swept() {
    for case in cases(None) {
        let (states, wrong) = search(case.clone());
        println!("{case:?}: {states} states");
        assert_eq!(wrong, None);
    }
}

#[test]
fn each_safeguard_is_needed() {
    for without in [
        Without::LogFirst,
        Without::Claim,
        Without::StateCheck,
        Without::CopyOrder,
        Without::Fence,
        Without::Dying,
        Without::SweepId,
        Without::TimeRule,
        Without::SecondDeletion,
    ] {
        let found = cases(Some(without)).any(|case| search(case).1.is_some());
        assert!(found, "nothing goes wrong without it: {without:?}");
    }
}
