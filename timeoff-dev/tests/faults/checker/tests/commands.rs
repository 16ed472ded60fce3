//! The checker finds each thing that can be wrong with commands and their answers.

use super::*;
use crate::history::{Answered, Queued};
use crate::wanted::{Somebody, Wanted, What};

const BOSS: &str = "boss@x";
const GRACE: &str = "grace@x";

/// The schemas, each known by its place here.
const TYPES: [&str; 7] = [
    "NameFirstAdmin",
    "EnterPerson",
    "DecideApplication",
    "WithdrawApplication",
    "PersonEntered",
    "LeaveBooked",
    "CommandRefused",
];

/// As [`good`], and then an admin enters an approver, who approves a third application by a command.
fn good_with_commands() -> History {
    let mut history = good();
    let wanted = [
        enter("1", BOSS, "Bo", "admin"),
        enter("2", GRACE, "Grace", "approver"),
        decide("3", GRACE),
    ];
    let command = |(offset, wanted): (i64, &Wanted)| written(offset, wanted);
    history.scan.commands = (0..).zip(&wanted).map(command).collect();
    history.scan.ledger = vec![
        // Nobody was there yet when the admin asked.
        event(
            0,
            "PersonEntered",
            Some("1"),
            None,
            &person(BOSS, "Bo", "admin"),
        ),
        event(
            1,
            "PersonEntered",
            Some("2"),
            Some("id-boss@x"),
            &person(GRACE, "Grace", "approver"),
        ),
        event(
            2,
            "LeaveBooked",
            Some("3"),
            Some("id-grace@x"),
            &booked("c@x-3"),
        ),
    ];
    history.scan.types = (0..).zip(TYPES.map(str::to_owned)).collect();
    history.queued = vec![queued("3", 2)];
    history.managers[0].answers = vec![answered("3", "accepted")];
    history.wanted = wanted.map(|wanted| (wanted.id.clone(), wanted)).into();
    let third = application("c@x", 40);
    let department = "IT";
    history.asked.insert(
        "c@x".to_owned(),
        Asked {
            department,
            hours: 40,
        },
    );
    history.scan.applications.push(record(2, "c@x-3", &third));
    let result = result(&third, "Grace", "Approved: yes", Some("hello"));
    history.scan.results.push(record(3, "c@x-3", &result));
    history.readers[0].shown.push(Decision {
        id: "c@x-3".to_owned(),
        outcome: "approved".to_owned(),
        partition: 1,
        offset: 3,
    });
    history
}

fn enter(id: &str, email: &str, name: &str, role: &str) -> Wanted {
    let person = Somebody {
        id: format!("id-{email}"),
        email: email.to_owned(),
        name: name.to_owned(),
        role: role.to_owned(),
    };
    let is_first = role == "admin";
    wanted(id, BOSS, What::Enter { is_first, person })
}

fn decide(id: &str, by: &str) -> Wanted {
    let what = What::Decide {
        application: "c@x-3".to_owned(),
        approve: true,
        comment: Some("hello".to_owned()),
        expected_version: None,
    };
    wanted(id, by, what)
}

fn wanted(id: &str, by: &str, what: What) -> Wanted {
    Wanted {
        id: id.to_owned(),
        partition: 1,
        by: by.to_owned(),
        what,
    }
}

fn queued(id: &str, offset: i64) -> Queued {
    Queued {
        command_id: id.to_owned(),
        partition: 1,
        offset,
    }
}

fn answered(id: &str, answer: &str) -> Answered {
    Answered {
        command_id: id.to_owned(),
        answer: answer.to_owned(),
        partition: 1,
    }
}

fn written(offset: i64, wanted: &Wanted) -> RawRecord {
    let head = [string(&wanted.id), string(&wanted.by), number(0)].concat();
    let (schema, rest) = match &wanted.what {
        What::Enter { is_first, person } => {
            let schema = if *is_first {
                "NameFirstAdmin"
            } else {
                "EnterPerson"
            };
            (
                schema,
                self::person(&person.email, &person.name, &person.role),
            )
        }
        What::Decide { application, .. } => (
            "DecideApplication",
            [
                string(application),
                string("approve"),
                optional(Some("hello")),
                vec![0],
            ]
            .concat(),
        ),
        What::Withdraw { application } => ("WithdrawApplication", string(application)),
    };
    of_type(schema, record(offset, "key", &[head, rest].concat()))
}

fn event(
    offset: i64,
    schema: &str,
    command: Option<&str>,
    by: Option<&str>,
    rest: &[u8],
) -> RawRecord {
    let head = [optional(command), optional(by), number(0)].concat();
    of_type(schema, record(offset, "key", &[&head, rest].concat()))
}

fn person(email: &str, name: &str, role: &str) -> Vec<u8> {
    let id = format!("id-{email}");
    [&*id, email, name, "IT", role].map(string).concat()
}

fn booked(application: &str) -> Vec<u8> {
    [string(application), vec![0], vec![0], vec![0]].concat()
}

fn optional(text: Option<&str>) -> Vec<u8> {
    text.map_or(vec![0], |text| [vec![2], string(text)].concat())
}

fn of_type(schema: &str, mut record: RawRecord) -> RawRecord {
    let id = TYPES.iter().position(|name| *name == schema).unwrap();
    record.value[4] = u8::try_from(id).unwrap();
    record
}

#[test]
fn nothing_is_found_where_commands_are_answered_well() {
    assert_eq!(check(&good_with_commands()), [""; 0]);
}

#[test]
fn a_repeated_command_has_the_same_single_answer() {
    let mut history = good_with_commands();
    history.scan.commands.push(written(3, &decide("3", GRACE)));
    history.managers[0].answers.push(answered("3", "repeated"));
    assert_eq!(check(&history), [""; 0]);
    history.scan.ledger.push(event(
        3,
        "CommandRefused",
        Some("3"),
        Some("id-grace@x"),
        &[],
    ));
    assert_found(&history, "was answered 2 times");
    history.scan.commands.push(written(4, &decide("3", BOSS)));
    assert_found(&history, "was repeated as");
}

#[test]
fn a_command_without_an_answer_and_an_answer_without_a_command_are_found() {
    let mut history = good_with_commands();
    history.scan.ledger.pop();
    assert_found(&history, "has no answer");
    assert_found(&history, "accepted\", partition: 1 }, which is not there");
    let mut history = good_with_commands();
    history.scan.commands.pop();
    assert_found(&history, "is answered and was never asked");
    assert_found(&history, "was acknowledged and is not there");
    let mut history = good_with_commands();
    history.wanted.remove("3");
    assert_found(&history, "nobody has asked for");
}

#[test]
fn an_answer_that_is_reported_wrongly_or_twice_is_found() {
    let mut history = good_with_commands();
    history.managers[0].answers[0].answer = "refused".to_owned();
    assert_found(&history, "which is not there");
    history.managers[0].answers = vec![answered("3", "accepted"); 2];
    assert_found(&history, "was said twice");
}

#[test]
fn a_decision_without_a_right_to_it_is_found() {
    for (by, objection) in [
        ("eve@x", "no approver has asked for it"),
        ("c@x", "no approver has asked for it"),
    ] {
        let mut history = good_with_commands();
        history.scan.commands[2] = written(2, &decide("3", by));
        history.scan.ledger[2] = event(2, "LeaveBooked", Some("3"), None, &booked("c@x-3"));
        assert_found(&history, objection);
    }
    let mut history = good_with_commands();
    history.scan.commands[1] = written(1, &enter("2", "c@x", "Cecil", "approver"));
    history.scan.ledger[1] = event(
        1,
        "PersonEntered",
        Some("2"),
        Some("id-boss@x"),
        &person("c@x", "Cecil", "approver"),
    );
    history.scan.commands[2] = written(2, &decide("3", "c@x"));
    let own = event(
        2,
        "LeaveBooked",
        Some("3"),
        Some("id-c@x"),
        &booked("c@x-3"),
    );
    history.scan.ledger[2] = own;
    assert_found(&history, "it is their own leave");
    let mut history = good_with_commands();
    history.scan.ledger[2] = event(
        2,
        "LeaveBooked",
        Some("3"),
        Some("id-boss@x"),
        &booked("c@x-3"),
    );
    assert_found(&history, "it names somebody else as the asker");
}

#[test]
fn a_refusal_without_a_reason_and_a_decision_that_nobody_asked_for_are_found() {
    let mut history = good_with_commands();
    history.scan.ledger[2] = event(2, "CommandRefused", Some("3"), Some("id-grace@x"), &[]);
    // A policy decides it later.
    let later = [string("c@x-3"), vec![0], vec![0], optional(Some("rule"))].concat();
    let later = event(3, "LeaveBooked", None, None, &later);
    history.scan.ledger.push(later);
    assert_found(&history, "it was refused without a reason");
    let mut history = good_with_commands();
    history.scan.ledger[2] = event(2, "LeaveBooked", None, Some("id-grace@x"), &booked("c@x-3"));
    assert_found(&history, "nobody with a right has decided it");
    let mut history = good_with_commands();
    history.scan.ledger[2] = event(
        2,
        "PersonEntered",
        Some("3"),
        Some("id-grace@x"),
        &person("eve@x", "Eve", "admin"),
    );
    history.scan.results.pop();
    assert_found(&history, "this is not what was asked for");
}

#[test]
fn what_is_deleted_may_be_refused_or_decided() {
    let mut history = good_with_commands();
    history.scan.applications_begin = BTreeMap::from([(1, 3)]);
    assert_eq!(check(&history), [""; 0]);
    history.scan.ledger[2] = event(2, "CommandRefused", Some("3"), Some("id-grace@x"), &[]);
    history.scan.results.pop();
    history.readers[0].shown.pop();
    history.managers[0].answers[0].answer = "refused".to_owned();
    history.managers[0].lost = BTreeMap::from([(1, 1)]);
    assert_eq!(check(&history), [""; 0]);
}

#[test]
fn a_ledger_and_results_that_do_not_agree_are_found() {
    let third = application("c@x", 40);
    for (by, sentence, comment) in [
        ("Grace", "Declined: no", Some("hello")),
        ("Bo", "Approved: yes", Some("hello")),
        ("Grace", "Approved: yes", None),
    ] {
        let mut history = good_with_commands();
        let result = result(&third, by, sentence, comment);
        history.scan.results[2] = record(3, "c@x-3", &result);
        assert_found(&history, "has another result");
    }
    let mut history = good_with_commands();
    history.scan.results.swap(1, 2);
    history.scan.results[1].offset = 1;
    assert_found(&history, "is not on the ledger, and earlier ones are");
    let mut history = good_with_commands();
    history.scan.results.pop();
    assert_found(&history, "has no result");
    let mut history = good_with_commands();
    let again = event(3, "LeaveBooked", None, None, &booked("c@x-3"));
    history.scan.ledger.push(again);
    assert_found(&history, "was decided twice");
}
