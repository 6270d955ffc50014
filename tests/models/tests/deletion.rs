//! The deletion of a bucket loses no object, and each of its safeguards is needed.

use dolium_models::deletion::{Deletion, Without, search};

#[test]
fn two_deleters_and_two_writers() {
    let (states, wrong) = search(Deletion { without: None });
    println!("{states} states");
    assert_eq!(wrong, None);
}

#[test]
fn each_safeguard_is_needed() {
    for without in [Without::Wait, Without::Lease, Without::Intent, Without::Fence, Without::Revision] {
        assert!(search(Deletion { without: Some(without) }).1.is_some(), "nothing goes wrong without it: {without:?}");
    }
}
