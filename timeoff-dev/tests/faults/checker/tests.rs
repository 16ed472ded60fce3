//! The checker finds each thing that can be wrong with a history.

mod commands;

use std::time::Duration;

use super::*;
use crate::avro_bytes::{number, string};
use crate::history::{Asked, Heard, Imported, ManagerRun, ReaderRun, Submitted};

/// The name with which the manager with a policy signs.
const NAME: &str = "Policy 1-0";

/// A history in which all is well: two applications of partition 1, one acknowledged by `submit` and declined, one
/// by `import` and approved by hand.
fn good() -> History {
    let began = Instant::now();
    let decision = Decision {
        id: "a@x-1".to_owned(),
        outcome: "declined".to_owned(),
        partition: 1,
        offset: 0,
    };
    let by_hand = Decision {
        id: "b@x-2".to_owned(),
        outcome: "approved".to_owned(),
        partition: 1,
        offset: 2,
    };
    let (first, second) = (application("a@x", 40), application("b@x", 8));
    let asked = |email: &str, hours| {
        let department = "IT";
        (email.to_owned(), Asked { department, hours })
    };
    let mut history = History {
        asked: BTreeMap::from([asked("a@x", 40), asked("b@x", 8)]),
        submitted: vec![Submitted {
            id: "a@x-1".to_owned(),
            partition: 1,
            offset: 0,
        }],
        imported: vec![Imported {
            emails: vec!["b@x".to_owned()],
            acknowledged: 1,
        }],
        managers: vec![ManagerRun {
            name: "auto".to_owned(),
            signs: Some(NAME.to_owned()),
            may_be_unsaid: 0,
            started: began,
            ended: began + Duration::from_secs(1),
            lost: BTreeMap::new(),
            decisions: vec![decision.clone()],
            answers: Vec::new(),
            log: vec![
                Heard::Share,
                Heard::HandedOut((Lane::Applications, 1, 0)),
                Heard::HandedOut((Lane::Applications, 1, 1)),
            ],
        }],
        readers: vec![ReaderRun {
            shares: 0,
            lost: BTreeMap::new(),
            shown: vec![decision, by_hand],
        }],
        unmarked: 2,
        ..History::default()
    };
    history.scan.applications = vec![record(0, "a@x-1", &first), record(1, "b@x-2", &second)];
    let declined = result(&first, NAME, "Declined: no", None);
    let approved = result(&second, BY_HAND, "Approved: yes", Some("b@x"));
    history.scan.results = vec![record(0, "a@x-1", &declined), record(2, "b@x-2", &approved)];
    history
}

fn record(offset: i64, id: &str, avro: &[u8]) -> RawRecord {
    let framed = |avro: &[u8]| [&[0, 0, 0, 0, 7], avro].concat();
    RawRecord {
        partition: 1,
        offset,
        key: framed(&string(id)),
        value: framed(avro),
    }
}

fn application(email: &str, hours: u8) -> Vec<u8> {
    [
        string(email),
        string("IT"),
        number(i64::from(hours)),
        number(START),
    ]
    .concat()
}

fn result(application: &[u8], by: &str, sentence: &str, comment: Option<&str>) -> Vec<u8> {
    let comment = comment.map_or(vec![0], |comment| [vec![2], string(comment)].concat());
    [application, &string(by), &string(sentence), &comment, &[0]].concat()
}

fn check(history: &History) -> Vec<String> {
    violations(history, &BTreeMap::new())
}

#[track_caller]
fn assert_found(history: &History, part: &str) {
    let found = check(history);
    assert!(found.iter().any(|text| text.contains(part)), "{found:?}");
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(check(&good()), [""; 0]);
}

#[test]
fn an_acknowledged_application_that_is_not_there_is_found() {
    let mut history = good();
    history.submitted[0].offset = 5;
    assert_found(&history, "was acknowledged and is not there");
    let mut history = good();
    history.imported[0].emails.insert(0, "c@x".to_owned());
    assert_found(&history, "row 0 (c@x) was acknowledged and is not there");
    history.imported[0].emails.reverse();
    assert_eq!(
        check(&history),
        [""; 0],
        "the second row was not acknowledged"
    );
}

#[test]
fn an_application_that_is_there_twice_is_found() {
    let mut history = good();
    let again = record(2, "b@x-3", &application("b@x", 8));
    history.scan.applications.push(again);
    assert_found(&history, "(b@x) is queued at");
}

#[test]
fn rows_in_another_order_are_found() {
    let mut history = good();
    history.imported[0] = Imported {
        emails: vec!["b@x".to_owned(), "a@x".to_owned()],
        acknowledged: 0,
    };
    assert_found(&history, "overtook");
}

#[test]
fn a_missing_a_second_and_a_strange_result_are_found() {
    let mut history = good();
    history.scan.results.pop();
    assert_found(&history, "b@x-2 has no result");
    let mut history = good();
    let again = history.scan.results[0].clone();
    history.scan.results.push(again);
    assert_found(&history, "a@x-1 has 2 results");
    let mut history = good();
    history.scan.applications.remove(0);
    assert_found(&history, "never queued");
}

#[test]
fn a_wrong_outcome_and_fields_that_are_not_repeated_are_found() {
    let mut history = good();
    let approved = result(&application("a@x", 40), "Manager #1", "Approved: yes", None);
    history.scan.results[0] = record(0, "a@x-1", &approved);
    assert_found(&history, "the result of a@x-1 is wrong");
    let changed = result(&application("a@x", 41), "Manager #1", "Declined: no", None);
    history.scan.results[0] = record(0, "a@x-1", &changed);
    assert_found(&history, "does not repeat");
    let other = result(
        &application("b@x", 8),
        BY_HAND,
        "Approved: yes",
        Some("a@x"),
    );
    history.scan.results[1] = record(2, "b@x-2", &other);
    assert_found(&history, "the result of b@x-2 is wrong");
}

#[test]
fn a_decision_that_is_not_on_the_log_and_one_said_twice_are_found() {
    let mut history = good();
    let mut elsewhere = history.managers[0].decisions[0].clone();
    history.managers[0].decisions.push(elsewhere.clone());
    assert_found(&history, "said twice");
    elsewhere.offset = 9;
    history.managers[0].decisions.push(elsewhere);
    assert_found(&history, "which is not there");
}

#[test]
fn an_offer_out_of_turn_is_found_unless_the_share_has_changed() {
    let mut history = good();
    let again = Heard::HandedOut((Lane::Applications, 1, 0));
    history.managers[0]
        .log
        .extend([Heard::Share, again.clone()]);
    assert_eq!(check(&history), [""; 0]);
    history.managers[0].log.push(again);
    assert_found(&history, "out of turn");
}

#[test]
fn an_offer_of_what_was_settled_before_the_manager_started_is_found() {
    let mut history = good();
    let mut second = history.managers[0].clone();
    second.decisions.clear();
    second.started = second.ended + Duration::from_secs(1);
    history.managers.push(second.clone());
    assert_found(&history, "which was settled before it started");
    history.managers.pop();
    let before = BTreeMap::from([(
        (Lane::Applications, 1, 1),
        second.started - Duration::from_secs(9),
    )]);
    let found = violations(&history, &before);
    assert!(
        found[0].contains("(Applications, 1, 1), which was settled before"),
        "{found:?}"
    );
}

#[test]
fn a_result_that_no_reader_was_shown_and_one_shown_out_of_order_are_found() {
    let mut history = good();
    history.readers[0].shown.reverse();
    assert_found(&history, "out of order");
    history.readers[0].shown.truncate(1);
    assert_found(&history, "no reader was shown the result of a@x-1");
}

#[test]
fn dead_letters_and_crashes_are_found() {
    let mut history = good();
    history.scan.dead_letters = 1;
    history.wrong_ends.push("a panic".to_owned());
    assert_found(&history, "dead letters");
    assert_found(&history, "a panic");
}

#[test]
fn what_was_not_asked_for_so_is_found() {
    for change in [
        |asked: &mut Asked| asked.hours += 1,
        |asked: &mut Asked| asked.department = "HR",
    ] {
        let mut history = good();
        change(history.asked.get_mut("a@x").unwrap());
        assert_found(&history, "was asked for");
    }
    let mut history = good();
    history.asked.remove("b@x");
    assert_found(&history, "and None was asked for");
    let mut history = good();
    history.scan.applications[0].partition = 2;
    assert_found(&history, "was asked for");
}

#[test]
fn a_decision_that_is_recorded_and_not_said_is_found() {
    let mut history = good();
    history.managers[0].decisions.clear();
    assert_found(&history, "recorded 1 decisions and did not say so");
    history.managers[0].may_be_unsaid = 1;
    assert_eq!(check(&history), [""; 0]);
    history.managers[0].signs = None;
    assert_found(&history, "was never at work");
}

#[test]
fn a_reader_that_shows_everything_again_is_found() {
    let mut history = good();
    let again = history.readers[0].clone();
    history.readers.push(again);
    assert_found(&history, "showed 2 results again");
    history.readers[1].shares = 1;
    assert_eq!(check(&history), [""; 0]);
    history.unmarked = 1;
    assert_found(&history, "a reader with 1 shares showed 2 results again");
}

#[test]
fn what_is_deleted_undecided_may_be_lost_and_must_be_said_to_be() {
    let mut history = good();
    history.scan.results.remove(1);
    history.readers[0].shown.remove(1);
    assert_found(&history, "b@x-2 has no result");
    history.scan.applications_begin = BTreeMap::from([(1, 2)]);
    assert_found(&history, "1 applications of partition 1 were deleted");
    history.managers[0].lost = BTreeMap::from([(0, 5)]);
    assert_found(&history, "1 applications of partition 1 were deleted");
    history.managers[0].lost = BTreeMap::from([(1, 1)]);
    assert_eq!(check(&history), [""; 0]);
}

#[test]
fn what_is_deleted_unread_may_be_lost_and_must_be_said_to_be() {
    let mut history = good();
    history.readers[0].shown.remove(1);
    history.scan.results_begin = BTreeMap::from([(1, 3)]);
    assert_found(&history, "1 results of partition 1 were deleted");
    history.readers[0].lost = BTreeMap::from([(1, 2)]);
    assert_eq!(check(&history), [""; 0]);
}
