//! The three services as people and programs meet them: real processes, on each of the two logs.
//!
//! [`on_both_logs!`](timeoff_testkit::on_both_logs) below is the one list of what must hold on either log. Each entry is written once and becomes two
//! tests, `sqlite::…` on a fresh file and `kafka::…` on fresh topics of a real cluster that all tests of this process
//! share. What only Kafka has (foreign programs, registries and brokers that fail) has separate tests.
//!
//! | file | what it has |
//! |---|---|
//! | `applications` | generated applications, and what their results must be |
//! | `java` | the foreign program |
//! | `garbage`, `raw_log` | every kind of record that cannot be understood, put onto the log as it is |
//! | `letters` | dead letters as the commands show them |
//! | `large`, `bounded` | input and output that go through files; how much a process may have resident |
//! | the others | the stories |
//!
//! `timeoff-testkit` runs the services, as processes and at terminals. The fault campaign and the benchmark use it,
//! too.
//!
//! Tests wait for conditions, with a deadline that only a failure reaches.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod applications;
mod backup;
mod bad_input;
mod bounded;
mod clean_ends;
mod commands;
mod dead_letters;
mod foreign_client;
mod forgotten;
mod full_window;
mod garbage;
mod hundred_thousand;
mod inbox;
mod java;
mod large;
mod letters;
mod long_thought;
mod million_waiting;
mod newcomer;
mod one_undecided;
mod outage;
mod partitions;
mod passwords;
mod prompts;
mod raw_log;
mod repeated;
mod self_description;
mod taken_over;
mod three_terminals;
mod tls;
mod unreachable;
mod unread;
mod unrecorded;

timeoff_testkit::on_both_logs! {
    hundred_thousand {
        a_hundred_thousand_applications_are_decided_once_each_in_order,
        a_manager_killed_again_and_again_decides_nothing_twice_and_loses_nothing,
        of_two_managers_the_survivor_decides_what_the_killed_one_left,
    }
    three_terminals {
        an_application_typed_in_one_terminal_is_approved_in_another_and_shown_in_a_third,
        what_is_declined_or_left_for_later_in_the_inbox_is_recorded_so,
    }
    taken_over {
        a_decision_on_what_another_manager_has_taken_over_meanwhile_is_refused_and_told,
        who_was_first_is_named_and_the_comment_of_who_came_too_late_can_be_used_again,
    }
    dead_letters {
        what_cannot_be_understood_is_listed_and_after_a_fix_what_can_be_is_put_back_once,
        a_retry_that_is_killed_again_and_again_puts_nothing_back_twice,
        what_is_no_application_of_this_topic_is_listed_and_left_with_the_reason,
        without_dead_letters_there_is_nothing_to_list_and_nothing_to_put_back,
    }
    million_waiting {
        of_a_million_waiting_the_first_comes_at_once_and_memory_stays_small,
    }
    one_undecided {
        one_left_undecided_blocks_nobody_and_is_all_that_is_offered_after_a_kill,
    }
    full_window {
        when_every_other_one_is_left_a_full_window_is_told_and_opens_again,
        when_one_in_four_is_left_at_random_a_full_window_is_told_and_opens_again,
    }
    long_thought {
        a_decision_after_a_long_thought_is_recorded_while_others_join_and_decide,
    }
    unread {
        a_service_whose_output_nobody_reads_ends_when_it_is_stopped,
    }
    partitions {
        departments_are_added_by_the_command_that_a_refusal_names,
        nobody_decides_beside_a_ledger_that_lags_behind,
    }
    commands {
        a_command_is_answered_once_and_decides_as_a_person_would,
        what_a_command_decides_leaves_the_inbox_of_who_looks_at_it,
        commands_are_answered_while_a_person_is_asked_something,
        what_is_far_behind_in_the_backlog_is_decided_by_a_command_at_once,
        whenever_the_manager_is_killed_the_end_is_the_same,
        what_a_refused_command_is_about_is_decided_in_its_turn,
        managers_who_were_there_before_the_first_command_answer_it,
        a_command_with_an_id_of_hundreds_of_kilobytes_is_answered,
        a_department_decides_on_its_own_applications_only,
        managers_of_another_group_are_told_whose_the_ledger_is,
        two_approvers_who_decide_at_the_same_moment_have_one_result_between_them,
        a_withdrawal_of_what_a_rule_is_deciding_is_answered,
    }
    administration {
        people_are_entered_moved_and_decide_by_the_operators_command,
    }
    repeated {
        an_id_that_comes_a_second_time_becomes_a_dead_letter_and_is_not_put_back,
    }
}
