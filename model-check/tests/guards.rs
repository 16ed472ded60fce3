//! Without one of its guards, the protocol breaks a promise, and the shortest way there is found. Each is printed:
//! `cargo test --test guards -- --nocapture`.

#![expect(clippy::print_stdout, reason = "the way there is to be read")]

use std::collections::BTreeSet;

use stateright::{Checker as _, HasDiscoveries, Model as _};
use timeoff_model::{
    ALL_ANSWERED, Bounds, Guard, NOT_OVERDRAWN, NOTHING_LOST, ONE_ANSWER, ONE_RESULT, Protocol,
    STATE_AGREES, tell,
};

/// Two applications of which one can be approved, and a takeover.
const APPROVALS: Bounds = Bounds {
    letters: [1, 1, 0, 0, 0, 0],
    crashes: 0,
    takeovers: 1,
    in_hand: 1,
};

/// One approval, and a crash.
const CRASH: Bounds = Bounds {
    letters: [1, 0, 0, 0, 0, 0],
    crashes: 1,
    takeovers: 0,
    in_hand: 1,
};

/// A move, and an approval where Ken moves to.
const MOVE: Bounds = Bounds {
    letters: [1, 0, 1, 1, 0, 0],
    crashes: 0,
    takeovers: 0,
    in_hand: 1,
};

/// The shortest way to break this promise without these guards, in words.
fn broken(without: &'static [Guard], promise: &'static str, bounds: Bounds) -> String {
    // As many steps as are needed: within a bound, the last of several ways would be told.
    for steps in 1.. {
        let checker = Protocol::without(without, bounds)
            .checker()
            .target_max_depth(steps + 1)
            .finish_when(HasDiscoveries::AnyOf(BTreeSet::from([promise])))
            .spawn_bfs()
            .join();
        if let Some(path) = checker.discovery(promise) {
            let story = tell(checker.model(), path);
            println!("without {without:?}, this is broken: {promise}\n{story}");
            return story;
        }
        assert!(
            checker.max_depth() == steps + 1,
            "without {without:?}, {} states were tried, and in none of them this is broken: {promise}",
            checker.unique_state_count()
        );
    }
    unreachable!("the number of steps is bounded")
}

#[test]
fn without_fencing_a_former_owner_answers_a_command_again() {
    let story = broken(&[Guard::Fencing], ONE_ANSWER, APPROVALS);
    assert!(story.contains("as a former owner"), "{story}");
}

#[test]
fn without_fencing_a_former_owner_decides_an_application_a_second_time() {
    let story = broken(&[Guard::Fencing], ONE_RESULT, APPROVALS);
    assert!(story.contains("as a former owner"), "{story}");
}

#[test]
fn an_owner_who_takes_over_anew_with_what_they_had_folded_overdraws_an_account() {
    let twice = Bounds {
        takeovers: 2,
        ..APPROVALS
    };
    let story = broken(&[Guard::VoidMemory], NOT_OVERDRAWN, twice);
    assert!(story.contains("over anew"), "{story}");
}

#[test]
fn a_next_command_that_is_answered_before_the_last_is_folded_overdraws_an_account() {
    let two_in_hand = Bounds {
        takeovers: 0,
        in_hand: 2,
        ..APPROVALS
    };
    broken(&[Guard::FoldBeforeNext], NOT_OVERDRAWN, two_in_hand);
}

#[test]
fn without_the_memory_of_answered_commands_a_repeated_one_has_two_answers() {
    let repeated = Bounds {
        letters: [2, 0, 0, 0, 0, 0],
        takeovers: 0,
        ..APPROVALS
    };
    broken(&[Guard::AnsweredCommands], ONE_ANSWER, repeated);
}

#[test]
fn with_progress_before_the_answer_a_crash_loses_the_answer() {
    let story = broken(&[Guard::ProgressNotBefore], ALL_ANSWERED, CRASH);
    assert!(story.contains("crashes"), "{story}");
}

#[test]
fn with_progress_after_the_answer_only_the_memory_of_answered_commands_prevents_a_second_one() {
    let checker = Protocol::without(&[Guard::ProgressNotAfter], CRASH)
        .checker()
        .spawn_bfs()
        .join();
    for promise in [ONE_ANSWER, ONE_RESULT, NOT_OVERDRAWN, ALL_ANSWERED] {
        assert!(
            checker.discovery(promise).is_none(),
            "broken though the command's id is remembered: {promise}"
        );
    }
    let neither = &[Guard::ProgressNotAfter, Guard::AnsweredCommands];
    let story = broken(neither, ONE_ANSWER, CRASH);
    assert!(story.contains("crashes"), "{story}");
}

#[test]
fn with_a_result_after_its_event_one_is_there_without_the_other() {
    broken(&[Guard::ResultWithEvent], ONE_RESULT, CRASH);
}

#[test]
fn with_admissions_after_the_move_an_account_is_in_no_place() {
    broken(&[Guard::AdmissionsWithMove], NOTHING_LOST, MOVE);
}

#[test]
fn with_the_person_before_their_account_some_of_it_is_lost_if_they_move_back_in_between() {
    let back = Bounds {
        letters: [1, 0, 1, 0, 0, 1],
        ..MOVE
    };
    let story = broken(&[Guard::AccountBeforePerson], STATE_AGREES, back);
    assert!(story.contains("gets in after"), "{story}");
}

#[test]
fn with_entitlements_before_booked_leave_an_account_is_overdrawn_in_between() {
    let story = broken(&[Guard::LeaveBeforeEntitlements], NOT_OVERDRAWN, MOVE);
    assert!(story.contains("gets in after"), "{story}");
}
