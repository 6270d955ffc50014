//! The contract suite: what every store must do, run against each of them. Names no store.
//!
//! Each promise is a function that takes a [`Storage`], makes tenants and buckets of its own in it, and panics when the
//! store breaks its word. A store's tests run them all with [`contract_suite!`](crate::contract_suite), or loop over
//! [`CONTRACT`] where one cluster serves them all.

#![allow(clippy::missing_panics_doc, reason = "a promise that is not kept panics; that is what these are for")]

pub mod blobs;
pub mod buckets;
pub mod directory;
pub mod fixture;
pub mod heads;
pub mod listings;
pub mod parts;
pub mod races;
pub mod reclaim;
pub mod tenants;
pub mod uploads;
pub mod versions;
pub mod work;

use futures::future::BoxFuture;

use super::Storage;

/// One promise, as the suite runs it.
pub type Promise = fn(Storage) -> BoxFuture<'static, ()>;

/// Every promise with its name (`area::promise`).
pub const CONTRACT: &[(&str, Promise)] = crate::contract_suite!(@each table []);

/// Makes one `#[tokio::test]` of each promise. Takes the path of an async function without arguments that returns a
/// [`Storage`] and something to keep while it is used (such as its folder).
#[macro_export]
macro_rules! contract_suite {
    (@each $action:ident [$($extra:tt)*]) => {
        $crate::contract_suite! { @$action [$($extra)*]
            tenants::racing_calls_get_one_tenant
            tenants::names_have_tenants_of_their_own
            buckets::a_claimed_bucket_is_found
            buckets::a_taken_name_is_refused_with_its_holder
            buckets::an_empty_bucket_goes_once
            buckets::a_bucket_with_an_object_stays
            buckets::a_bucket_with_an_open_upload_stays
            buckets::nothing_is_written_into_a_deleted_bucket
            buckets::a_recreated_bucket_sees_nothing_old
            buckets::buckets_are_listed_by_owner_in_pages
            buckets::buckets_are_listed_by_prefix
            buckets::a_bucket_given_away_is_its_new_owners
            buckets::one_of_many_takers_gets_a_bucket
            heads::an_absent_key_has_an_empty_head
            heads::put_overwrite_and_delete_show_at_once
            heads::an_overtaken_decision_is_asked_again
            heads::leaving_changes_nothing
            heads::each_change_has_a_revision_and_time_never_goes_back
            heads::everything_about_an_object_is_kept
            heads::inline_bytes_come_when_asked_for
            heads::keys_of_one_bucket_and_of_two_are_apart
            races::one_of_200_claims_wins_the_name
            races::one_of_200_conditional_creates_wins_the_key
            races::no_update_is_lost
            races::racing_deletes_of_a_bucket_have_one_winner
            races::a_write_races_the_deletion_of_its_bucket
            blobs::bodies_of_every_size_come_back
            blobs::pieces_of_any_size_make_one_blob
            blobs::ranges_are_exact
            blobs::an_unfinished_blob_is_nowhere
            blobs::an_open_stream_outlives_the_object
            blobs::a_manifest_comes_back_as_written
            blobs::a_copy_by_reference_outlives_its_source
            blobs::a_copied_manifest_outlives_its_source
            listings::keys_come_in_the_order_of_their_bytes
            listings::a_prefix_takes_what_starts_with_it
            listings::pages_join_without_gap_or_repetition
            listings::a_scan_begins_where_it_is_told
            listings::strange_keys_survive
            listings::a_listed_object_says_what_it_is
            listings::writes_show_and_deletes_vanish_while_listing
            uploads::an_upload_opens_and_is_found_by_its_key_only
            uploads::open_uploads_are_listed_in_order_and_in_pages
            uploads::a_completion_publishes_the_object
            uploads::the_same_completion_twice_answers_the_same
            uploads::another_completion_is_refused
            uploads::a_completion_that_leaves_the_head_keeps_the_upload_open
            uploads::an_aborted_upload_is_gone
            uploads::a_closed_upload_takes_no_part
            uploads::one_of_complete_and_abort_wins
            uploads::one_of_many_completions_wins
            uploads::uploads_of_a_deleted_bucket_are_refused
            parts::parts_are_listed_in_order_and_in_pages
            parts::a_part_is_replaced_by_its_number
            parts::parts_put_at_once_are_all_there
            versions::settings_change_one_after_the_other
            versions::overwritten_versions_are_kept
            versions::a_delete_marker_hides_and_its_removal_reveals
            versions::a_bucket_with_a_delete_marker_stays
            versions::attributes_of_a_version_are_rewritten_in_place
            versions::an_absent_version_is_absent
            versions::racing_puts_make_a_version_each
            versions::a_noncurrent_version_keeps_its_blob
            versions::random_changes_leave_what_the_model_says
            directory::an_entry_changes_only_as_expected
            directory::one_of_many_puts_wins
            directory::entries_are_listed_in_pages
            work::buckets_with_rules_are_found
            work::work_goes_on_where_it_was_left
            reclaim::sweeping_nothing_comes_to_rest
            reclaim::sweeping_takes_nothing_that_is_referred_to
            reclaim::sweeps_at_once_do_no_harm
            reclaim::a_blob_without_an_object_is_held_or_gone
        }
    };
    (@table [] $($area:ident::$promise:ident)*) => {
        &[$((concat!(stringify!($area), "::", stringify!($promise)), |storage| Box::pin($area::$promise(storage)))),*]
    };
    (@tests [$make:path] $($area:ident::$promise:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let (storage, _kept) = $make().await;
                $crate::storage::conformance::$area::$promise(storage).await;
            }
        )*
    };
    ($make:path) => { $crate::contract_suite! { @each tests [$make] } };
}
