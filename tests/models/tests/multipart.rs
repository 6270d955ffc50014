//! An upload that is completed, aborted, recovered and copied loses no part and leaves none behind, and each safeguard
//! is needed.

use dolium_models::multipart::{Multipart, Without, search};

fn cases(without: Option<Without>) -> [Multipart; 3] {
    let case = |completions, aborts, copies, deletes| Multipart { completions, aborts, copies, deletes, without };
    [case(1, true, false, [true, false]), case(1, true, true, [true, true]), case(2, true, false, [false, false])]
}

#[test]
fn completions_an_abort_a_recovery_and_a_sweeper() {
    for case in cases(None) {
        let (states, wrong) = search(case.clone());
        println!("{case:?}: {states} states");
        assert_eq!(wrong, None);
    }
}

#[test]
fn each_safeguard_is_needed() {
    for without in [
        Without::TakeOver,
        Without::Judgement,
        Without::Claim,
        Without::Completing,
        Without::Ownership,
        Without::Condemned,
    ] {
        let found = cases(Some(without)).into_iter().find_map(|case| search(case).1);
        println!("{without:?}: {:?}", found.as_ref().map(|(what, path)| (what, path.len())));
        assert!(found.is_some(), "nothing goes wrong without it: {without:?}");
    }
}

/// A completion that was taken over and goes on all the same is stopped by its claim: looking first only answers sooner.
#[test]
fn a_look_at_the_upload_is_no_safeguard() {
    for case in cases(Some(Without::Guard)) {
        assert_eq!(search(case).1, None);
    }
}
