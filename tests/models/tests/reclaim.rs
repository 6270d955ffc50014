//! The reclaiming protocol loses nothing and leaves nothing behind, and each of its safeguards is needed.

use dolium_models::reclaim::{Reclaim, Without, search};

fn whole(without: Option<Without>) -> Reclaim {
    Reclaim { copies: true, deletes: [true, true], sweepers: 2, without }
}

#[test]
fn a_blob_that_is_published_copied_deleted_and_swept() {
    let (states, wrong) = search(whole(None));
    println!("{states} states");
    assert_eq!(wrong, None);
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
        assert!(search(whole(Some(without))).1.is_some(), "nothing goes wrong without it: {without:?}");
    }
}
