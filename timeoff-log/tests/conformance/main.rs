//! The conformance suite: what must hold on both logs.
//!
//! [`promises!`] below is the one list. Each entry is an async function that is written once, against
//! [`timeoff_log::Log`] alone, and becomes two tests: `sqlite::…` on a fresh file, `kafka::…` on fresh topics of a real
//! cluster that all tests of this process share. Each test stands alone: run one, all at once, or all of them twice.
//!
//! | file | what it has |
//! |---|---|
//! | `bench` | a log to test, with fresh names |
//! | `cluster` | the real Kafka, found or started once |
//! | `member` | a group member whose every event is checked against the rules of its stream |
//! | `process` | a member in its own process, to be killed or stopped |
//! | `forge` | records and schemas that other programs might have written |
//! | the others | the promises, a file for each kind |
//!
//! Tests wait for conditions, with a deadline that only a failure reaches. Where a promise is that something does
//! *not* come, the test waits for what must come after it: a later record, or that the member is caught up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addresses;
mod alongside;
mod append;
mod assignment;
mod bench;
mod bytes;
mod caught_up;
mod churn;
mod cluster;
mod contract;
mod deliver;
mod forge;
mod hidden;
mod in_hand;
mod killed;
mod large;
mod made_again;
mod member;
mod moved;
mod patience;
mod poison;
mod process;
mod read;
mod references;
mod registry;
mod settle;
mod stale;
mod stopped;
mod take_up;
mod too_large;
mod topics;
mod undecided;
mod unsettled;
mod window;

use timeoff_dev::avro_bytes;

/// Turns the list of promises into tests, once for each log.
macro_rules! promises {
    ($($file:ident { $($promise:ident,)+ })+) => {
        mod sqlite {
            $(mod $file {
                $(#[test]
                fn $promise() {
                    crate::bench::on_sqlite(crate::$file::$promise);
                })+
            })+
        }

        mod kafka {
            $(mod $file {
                $(#[test]
                fn $promise() {
                    crate::bench::on_kafka(crate::$file::$promise);
                })+
            })+
        }
    };
}

promises! {
    topics {
        missing_topics_are_made_with_the_partitions_asked_for,
        topics_that_exist_are_left_as_they_are,
        topics_made_by_many_at_once_exist_once,
        a_topic_with_too_few_partitions_is_refused_until_it_has_more,
        partitions_that_are_added_come_after_those_that_are_there,
        one_of_many_that_add_the_same_partition_adds_it,
        a_member_takes_up_a_partition_that_is_added,
        the_ends_of_a_topic_are_those_of_its_records,
    }
    append {
        what_is_told_to_be_on_the_log_can_be_read_by_another_at_once,
        positions_come_back_in_the_order_of_the_records_without_gaps,
        a_stream_of_records_is_appended_in_order,
        appends_that_arrive_together_keep_the_order_of_each_caller,
        a_record_for_a_partition_that_does_not_exist_is_refused,
        appending_nothing_is_done_at_once,
    }
    bytes {
        any_bytes_come_back_identical_to_a_reader_and_to_a_member,
        a_large_value_comes_back_identical,
        a_record_says_when_it_was_appended,
    }
    read {
        reading_from_the_beginning_hands_out_all_in_order_and_is_caught_up_once,
        reading_from_the_end_hands_out_only_what_comes_later,
        reading_from_offsets_begins_there_and_elsewhere_at_the_first_record,
        an_offset_before_the_first_record_means_the_first,
        a_reader_of_an_empty_topic_is_caught_up,
        readers_do_not_take_records_from_each_other,
        a_topic_that_does_not_exist_cannot_be_read,
        partitions_that_are_not_named_are_not_read,
        a_reader_is_woken_by_an_append,
    }
    assignment {
        the_first_assignment_tells_all_that_is_gained,
        a_second_member_gets_its_share_and_the_first_keeps_the_rest,
        of_four_members_on_three_partitions_one_holds_none_and_is_told_so,
        the_partitions_of_a_member_that_leaves_go_to_the_others,
        a_member_that_is_dropped_leaves_as_well,
        groups_do_not_share_with_each_other,
        members_of_one_group_may_read_different_topics,
    }
    deliver {
        a_new_group_begins_at_the_first_record,
        deliveries_come_in_the_order_of_their_partition,
        what_is_appended_later_is_delivered,
        members_are_handed_each_record_once_between_them,
    }
    settle {
        outputs_are_on_the_log_where_the_settlement_says,
        a_settled_delivery_is_offered_to_nobody_again,
        many_are_settled_at_once_with_several_outputs_each,
        a_delivery_settled_without_outputs_is_done,
        settling_nothing_records_nothing,
        settlements_that_arrive_together_are_all_recorded,
        settlements_that_keep_coming_do_not_hold_back_the_first,
        a_settlement_that_is_refused_comes_back_and_can_be_tried_again,
        a_settlement_that_is_refused_does_not_take_those_with_it_that_came_together,
        what_is_being_settled_when_a_member_leaves_is_recorded_or_offered_again,
    }
    undecided {
        those_left_undecided_come_first_and_in_order_after_a_restart,
        an_undecided_delivery_does_not_hold_up_those_behind_it,
        a_dropped_delivery_is_offered_to_the_next_member_and_not_to_the_same_again,
        thousands_decided_above_one_undecided_survive_a_restart,
        whatever_the_order_and_the_restarts_each_is_decided_once,
    }
    unsettled {
        of_a_group_that_never_was_all_is_unsettled,
        what_is_settled_in_any_order_does_not_come_and_what_is_not_does,
        what_is_appended_later_follows,
        reading_what_is_unsettled_takes_nothing_from_the_group,
        what_is_unsettled_is_counted,
        of_a_topic_that_does_not_exist_nothing_can_be_read,
    }
    in_hand {
        no_more_are_handed_out_than_may_be_in_hand,
        whatever_is_dropped_or_settled_nothing_is_lost_or_doubled,
        room_made_by_one_partition_is_used_by_all,
    }
    large {
        no_more_bytes_are_handed_out_than_may_be_in_hand,
        a_record_larger_than_all_that_may_be_in_hand_is_handed_out,
        where_a_byte_may_be_in_hand_records_come_one_by_one,
        large_records_are_settled_together_and_all_are_recorded,
        a_reader_reads_more_large_records_than_it_reads_ahead,
    }
    window {
        a_full_window_is_told_and_opens_when_some_are_decided,
    }
    stale {
        a_decision_on_a_partition_that_went_to_another_is_refused,
        a_stale_settlement_does_not_hold_back_the_others_of_its_batch,
        an_old_delivery_stays_stale_when_its_partition_comes_back,
    }
    stopped {
        a_member_that_stood_still_while_another_took_over_is_refused,
    }
    moved {
        a_partition_that_left_a_full_member_is_handed_out_when_it_comes_back,
    }
    churn {
        members_that_come_and_go_decide_each_record_once,
    }
    alongside {
        whoever_holds_a_partition_is_handed_it_of_every_topic,
        deliveries_of_two_topics_are_settled_as_one,
        each_topic_has_its_own_room,
        what_is_undecided_in_either_comes_first_after_a_restart,
        an_old_delivery_of_either_topic_is_stale_when_the_partition_went_to_another,
        being_caught_up_is_about_the_topic_itself,
        a_topic_alongside_needs_as_many_partitions,
        a_member_of_two_topics_that_is_killed_again_and_again_loses_and_doubles_nothing,
    }
    take_up {
        what_is_far_behind_the_hands_is_taken_up_and_settled_out_of_turn,
        what_was_dropped_is_taken_up_again,
        of_two_settlements_of_one_record_one_is_stale,
        what_is_settled_or_held_by_another_is_not_taken_up,
        what_the_log_could_not_keep_apart_is_not_taken_up,
    }
    patience {
        a_delivery_may_be_held_for_longer_than_any_of_the_logs_deadlines,
    }
    caught_up {
        on_an_empty_topic_a_member_is_caught_up,
        a_member_is_caught_up_after_all_that_was_there_and_once,
        a_member_with_little_room_is_caught_up_after_all_the_same,
        a_member_beside_another_is_caught_up_when_that_has_settled_its_part,
        a_member_without_partitions_is_caught_up_when_the_others_have_settled,
        a_group_that_has_settled_everything_is_caught_up_at_once,
        settled_results_can_be_caught_up_with,
        settled_results_can_be_caught_up_with_beside_another_member,
    }
    killed {
        a_member_that_is_killed_again_and_again_loses_and_doubles_nothing,
        one_of_two_members_is_killed_again_and_again_and_nothing_is_lost_or_doubled,
        the_partitions_of_a_killed_member_are_taken_over,
    }
    contract {
        an_application_becomes_a_result,
        a_results_topic_with_fewer_partitions_takes_the_results_of_all,
        an_applications_topic_with_too_few_partitions_is_refused,
        a_version_1_application_is_understood,
        a_version_1_result_is_understood,
        a_producer_with_more_fields_is_understood,
        a_schema_registered_again_keeps_its_id,
        a_dead_letter_keeps_bytes_headers_and_place,
    }
    poison {
        a_record_without_key_or_value_is_poison,
        bytes_without_a_frame_are_poison,
        an_unknown_schema_id_is_poison,
        another_records_schema_is_poison,
        bytes_that_do_not_match_their_schema_are_poison,
        bytes_after_the_value_are_poison,
        an_impossible_value_is_poison_and_is_not_quoted,
    }
}
