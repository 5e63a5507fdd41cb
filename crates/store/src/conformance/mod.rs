//! The suite that proves a back end. A back end names itself once:
//!
//! ```ignore
//! talon_store::conformance!(open_an_empty_store);
//! ```
//!
//! where `open_an_empty_store` is an `async fn() -> (Arc<dyn Store>, impl Sized)`; the second value
//! is kept until the test ends (a temporary folder, say).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test suite"
)]

pub mod absence;
pub mod booking;
pub mod cancelling;
pub mod churning;
pub mod clocks;
pub mod counting;
pub mod delivering;
pub mod exchanging;
pub mod free_times;
pub mod holding;
pub mod importing;
pub mod listed;
pub mod listing;
pub mod midnights;
pub mod model;
pub mod moving;
pub mod offers;
pub mod posting;
pub mod publishing;
pub mod reading;
pub mod region;
pub mod removing;
pub mod sealing;
pub mod tally;
pub mod visiting;
pub mod waiting;

/// Runs every test of the suite against the stores that `$open` makes.
#[macro_export]
macro_rules! conformance {
    ($open:path) => {
        $crate::conformance!(@tests $open;
            absence::nobody_is_booked_where_nobody_receives,
            absence::those_who_have_a_place_are_told_once,
            absence::who_comes_with_the_cell_is_not_told,
            absence::nobody_is_told_to_come_while_the_doctor_is_absent,
            absence::what_is_taken_back_is_not_told_and_what_comes_again_is,
            absence::a_reminder_passes_over_a_visit_without_a_doctor,
            absence::who_is_left_changes_the_visit_at_any_time_and_for_nothing,
            absence::the_time_of_a_doctor_who_is_back_is_offered,
            absence::a_template_leaves_absences_alone,
            absence::an_absence_races_with_bookings,
            booking::books_and_leaves_everything_it_owes,
            booking::every_refusal_leaves_an_audit_record_and_nothing_else,
            booking::the_first_refusal_in_the_contracts_order_wins,
            booking::asking_again_gives_the_same_entry,
            booking::an_idempotency_key_replays_its_answer_for_a_day,
            booking::a_foreign_referral_and_an_absent_one_answer_alike,
            booking::one_place_is_sold_once_however_many_ask,
            booking::a_cell_of_several_places_sells_each_once,
            booking::a_referral_is_used_once_however_many_ask,
            booking::one_visit_per_specialty_however_many_ask,
            booking::visits_of_one_person_do_not_overlap_across_facilities,
            booking::a_visit_that_has_begun_frees_specialty_and_time_but_not_its_referral,
            booking::an_email_becomes_the_cards_contact,
            booking::only_one_person_with_a_card_is_found_by_policy,
            cancelling::a_cancelled_entry_frees_everything_it_claimed,
            cancelling::a_place_is_freed_once_however_many_cancel,
            cancelling::only_the_owner_cancels_and_only_before_the_start,
            cancelling::a_ticket_number_never_comes_back,
            cancelling::a_cancelled_visit_leaves_its_specialty_to_another,
            churning::who_gives_up_too_often_pauses,
            churning::a_desk_neither_counts_nor_pauses,
            churning::who_has_a_visit_may_move_it_while_they_pause,
            churning::however_many_race_nobody_gives_up_more_than_they_may,
            clocks::of_two_equal_times_the_earlier_is_offered_and_booked,
            clocks::a_time_that_clocks_skip_is_nobodys,
            clocks::visits_overlap_by_instants_whatever_clocks_show,
            counting::a_commit_is_counted_before_it_is_answered,
            delivering::a_message_is_claimed_sent_and_owed_no_more,
            delivering::each_message_goes_to_one_of_many_claimants,
            delivering::a_claim_that_has_ended_is_taken_over,
            delivering::what_cannot_be_sent_now_is_tried_later,
            delivering::what_is_no_longer_true_is_not_sent,
            delivering::who_left_no_address_is_not_written_to,
            delivering::a_change_waits_for_the_message_that_is_being_sent,
            delivering::a_cancellation_races_with_the_sending,
            delivering::an_offer_is_told_while_it_stands,
            delivering::a_day_is_reminded_of_once_and_in_one_message,
            delivering::a_reminder_passes_to_the_next_visit_of_the_day,
            exchanging::facilities_may_exchange_their_codes,
            exchanging::cards_may_change_hands,
            exchanging::an_entry_that_ends_makes_way_for_another,
            exchanging::visits_may_exchange_their_cells,
            exchanging::a_booked_cell_moves_when_its_visit_leaves_it,
            exchanging::a_cell_that_grows_takes_one_more,
            free_times::offers_are_bookable_and_nearest_first,
            free_times::nothing_is_offered_that_a_rule_forbids,
            free_times::who_searches_beside_others_finds_what_they_would_alone,
            holding::a_held_time_is_the_persons_alone_until_they_book_it,
            holding::what_is_refused_to_be_booked_is_refused_to_be_held,
            holding::the_next_claimant_takes_over_what_has_run_out,
            holding::its_owner_may_book_late_what_nobody_took,
            holding::a_sweep_frees_what_has_run_out_at_once,
            holding::a_hold_is_extended_as_often_as_it_may_be,
            holding::only_its_owner_changes_a_hold,
            holding::one_of_many_holds_or_books_a_time,
            holding::one_of_many_takes_over_what_has_run_out,
            holding::an_extension_and_a_takeover_exclude_each_other,
            holding::a_person_holds_as_much_as_they_may_however_often_they_ask,
            holding::an_extension_counts_once_however_many_ask,
            holding::each_place_of_a_cell_is_held_or_booked_by_one,
            holding::who_may_not_book_may_not_hold_and_loses_nothing_by_asking,
            holding::a_held_cell_stays_where_it_is,
            importing::the_same_page_twice_changes_nothing,
            importing::a_page_with_a_fault_is_kept_out_whole,
            importing::a_booked_cell_stays_where_it_is,
            importing::cells_may_take_each_others_places,
            importing::a_used_referral_stays_its_persons,
            importing::an_export_taken_back_is_the_same_installation,
            importing::an_entry_from_elsewhere_is_given_a_place_and_its_claims,
            importing::a_snapshot_does_not_see_what_is_written_later,
            importing::reference_data_is_seen_at_once,
            listing::what_is_free_is_listed_earliest_first,
            listing::a_list_is_refused_as_a_booking_is,
            listing::a_list_for_a_foreign_referral_and_an_absent_one_answer_alike,
            listing::a_held_time_is_listed_to_its_holder_alone,
            listing::a_list_is_bounded_to_the_earliest,
            listing::a_cell_is_sold_and_listed_from_its_release_on,
            midnights::tickets_are_numbered_by_the_facilitys_own_days,
            midnights::visits_that_meet_at_midnight_exclude_each_other,
            midnights::windows_and_validity_change_at_the_facilitys_midnight,
            midnights::a_clock_that_jumps_sells_nothing_twice,
            midnights::a_clock_that_jumps_back_lets_a_person_have_no_third_visit,
            moving::a_moved_entry_gives_up_what_it_had_and_has_what_it_wanted,
            moving::asking_again_for_the_same_move_changes_nothing,
            moving::a_refused_move_leaves_an_audit_record_and_nothing_else,
            moving::a_desk_moves_and_cancels_after_the_cutoff,
            moving::a_reader_sees_a_moving_entry_at_one_place,
            moving::moves_and_bookings_race_for_one_place,
            moving::a_move_races_with_a_cancellation,
            moving::a_visit_without_a_referral_may_go_to_another_specialty,
            moving::other_times_for_a_move_are_those_it_could_go_to,
            posting::every_change_is_owed_to_those_who_want_to_know,
            posting::what_another_system_changed_is_owed_and_what_it_brings_is_not,
            posting::what_is_refused_is_no_event,
            posting::an_event_is_claimed_sent_and_owed_no_more,
            posting::each_event_goes_to_one_of_many_claimants,
            posting::a_claim_of_events_that_has_ended_is_taken_over,
            posting::the_events_of_an_entry_are_sent_one_after_another,
            posting::one_receiver_does_not_wait_for_another,
            posting::what_was_settled_is_told_once_more_when_it_is_asked_for,
            posting::old_events_are_forgotten,
            posting::a_changed_schedule_is_told_once_for_all_its_changes_and_again_after_the_next,
            posting::events_of_an_erased_person_go_and_of_a_merged_one_stay,
            publishing::publishing_twice_changes_nothing,
            publishing::booked_cells_survive_a_changed_template,
            publishing::a_template_that_moves_takes_its_free_cells_along,
            publishing::a_booked_cell_that_is_left_behind_keeps_its_time,
            publishing::a_template_changed_since_is_left_alone,
            waiting::who_is_promised_more_and_waits_longer_comes_first,
            waiting::a_person_waits_once_on_a_list_and_leaves_it_once,
            waiting::who_could_book_nothing_does_not_wait,
            waiting::a_cancelled_time_goes_to_the_first_who_may_have_it,
            waiting::what_is_declined_or_lapses_goes_to_the_next_and_then_to_everybody,
            waiting::a_time_that_was_held_goes_to_those_who_wait_first,
            waiting::new_times_are_offered_before_anybody_sees_them,
            waiting::an_imported_cancellation_frees_its_time_for_those_who_wait,
            waiting::a_moved_visit_leaves_its_time_to_those_who_wait,
            waiting::each_of_many_freed_times_goes_to_one,
            waiting::waiting_ends_with_its_last_day,
            waiting::places_in_line_move_with_an_installation,
            reading::a_person_is_read_with_their_cards_and_nobody_elses,
            reading::referrals_come_newest_first_with_the_visit_that_uses_them_up,
            reading::no_more_referrals_are_read_than_are_shown,
            reading::entries_are_read_by_owner_time_and_state,
            reading::the_past_of_an_entry_is_its_owners,
            reading::a_schedule_is_read_in_pages_with_the_places_that_are_left,
            removing::everything_about_a_person_is_read_and_nothing_of_others,
            removing::an_erased_person_leaves_nothing_and_their_places_go_to_others,
            removing::what_an_erased_person_had_is_offered_to_those_who_wait,
            removing::a_booking_that_races_with_an_erasure_leaves_nothing,
            removing::one_of_two_persons_has_everything,
            removing::what_was_offered_once_is_not_offered_again_to_one_of_two_persons,
            removing::what_stands_against_one_of_two_persons_is_said_and_nothing_changed,
            removing::a_booking_that_races_with_a_merge_is_the_others,
            sealing::a_closed_chain_leaves_and_the_others_stay,
            sealing::every_record_gets_one_place_in_the_chain_of_its_kind,
            sealing::records_are_found_by_person_and_time,
            sealing::seals_travel_with_their_records,
            sealing::two_nodes_never_seal_one_record_twice,
            visiting::the_same_visit_twice_is_one,
            visiting::a_named_cell_is_booked_and_no_other_in_its_place,
            visiting::a_referral_must_be_of_the_kind_that_is_named,
        );

        #[test]
        fn the_store_and_a_sequential_model_agree() {
            $crate::conformance::model::agrees(&|| Box::pin($open()));
        }

        #[test]
        fn what_is_listed_is_what_can_be_booked() {
            $crate::conformance::listed::is_what_can_be_booked(&|| Box::pin($open()));
        }

        #[test]
        fn the_store_and_a_model_of_waiting_lists_agree() {
            $crate::conformance::offers::agrees(&|| Box::pin($open()));
        }
    };
    (@tests $open:path; $($module:ident::$test:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let (store, _kept) = $open().await;
            $crate::conformance::$module::$test(store.clone()).await;
            store.close().await;
        }
    )+};
}
