//! What a view says does not depend on the order in which topics and partitions are read.

use std::collections::VecDeque;
use std::sync::LazyLock;

use proptest::prelude::*;
use rusqlite::Connection;
use timeoff_ledger::Days;
use timeoff_models::Outcome;

use super::dump::dump;
use crate::decode::{
    Application, Change, Effect, Event, LeaveChange, PersonChange, PersonValues, Row, Verdict,
};
use crate::file::{Folder, Identity, Opened, Stage};
use crate::fold::{Batch, Folded, Ids, enter, fold};
use crate::hash::texts_with_the_same_hash;
use crate::place::Place;
use crate::topic::Topic;

const PARTITIONS: usize = 3;

/// What a record says, of few ids and people, so that they collide.
#[derive(Debug, Clone)]
enum Said {
    Application {
        id: u8,
    },
    Result {
        id: u8,
        is_approved: bool,
    },
    Withdrawn {
        id: u8,
    },
    Entered {
        person: u8,
    },
    Changed {
        person: u8,
    },
    Moved {
        person: u8,
    },
    Left {
        person: u8,
    },
    Booked {
        id: u8,
        person: u8,
        replaces: Option<u8>,
    },
    Admitted {
        id: u8,
        person: u8,
    },
    Recalculated {
        id: u8,
        person: u8,
    },
    Released {
        id: u8,
        person: u8,
        is_whole: bool,
    },
}

impl Said {
    fn topic(&self) -> Topic {
        match self {
            Said::Application { .. } => Topic::Applications,
            Said::Result { .. } => Topic::Results,
            _ => Topic::Ledger,
        }
    }
}

fn said() -> impl Strategy<Value = Said> {
    let (id, person) = (0..6_u8, 0..3_u8);
    prop_oneof![
        3 => id.clone().prop_map(|id| Said::Application { id }),
        3 => (id.clone(), any::<bool>()).prop_map(|(id, is_approved)| Said::Result { id, is_approved }),
        1 => id.clone().prop_map(|id| Said::Withdrawn { id }),
        2 => person.clone().prop_map(|person| Said::Entered { person }),
        1 => person.clone().prop_map(|person| Said::Changed { person }),
        1 => person.clone().prop_map(|person| Said::Moved { person }),
        1 => person.clone().prop_map(|person| Said::Left { person }),
        2 => (id.clone(), person.clone(), prop::option::of(id.clone()))
            .prop_map(|(id, person, replaces)| Said::Booked { id, person, replaces }),
        1 => (id.clone(), person.clone()).prop_map(|(id, person)| Said::Admitted { id, person }),
        1 => (id.clone(), person.clone()).prop_map(|(id, person)| Said::Recalculated { id, person }),
        1 => (id.clone(), person, any::<bool>())
            .prop_map(|(id, person, is_whole)| Said::Released { id, person, is_whole }),
    ]
}

/// The first two have the same hash.
fn id_text(id: u8) -> String {
    static SAME: LazyLock<[String; 2]> = LazyLock::new(texts_with_the_same_hash);
    match SAME.get(usize::from(id)) {
        Some(text) => text.clone(),
        None => format!("a{id}"),
    }
}

fn event(
    kind: &'static str,
    effect: Effect,
    person: Option<u8>,
    application: Option<u8>,
) -> Change {
    Change::Event(Box::new(Event {
        kind,
        at: 0,
        by: None,
        command: None,
        application: application.map(id_text),
        person: person.map(|person| format!("p{person}")),
        other_person: None,
        reason: None,
        fields: "{}".to_owned(),
        effect,
    }))
}

fn leave(kind: &'static str, change: LeaveChange, (id, person): (u8, u8)) -> Change {
    event(kind, Effect::Leave(change), Some(person), Some(id))
}

/// One to three days around that on which leave is given back.
fn days(number: i64) -> Days {
    let all = [
        "2027-01-05 480",
        "2027-01-06 240 morning",
        "2027-01-07 60 minutes",
    ];
    let (from, count) = ((number % 3) as usize, 1 + (number / 3 % 3) as usize);
    let text = all[from..3.min(from + count)].join(", ");
    text.parse().unwrap()
}

fn values(place: Place) -> PersonValues {
    PersonValues {
        email: "ada@example.com".to_owned(),
        name: format!("Ada {}", place.number()),
        role: "employee".to_owned(),
        region: None,
        schedule: None,
        from_date: None,
        until_date: None,
        tags: String::new(),
        earlier_terms: None,
    }
}

fn change(said: &Said, place: Place) -> Change {
    let number = place.number();
    match *said {
        Said::Application { id } => Change::Application(Application {
            id: id_text(id),
            email: "ada@example.com".parse().unwrap(),
            department: "SALES".parse().unwrap(),
            hours: 1 + (number % 100) as i32,
            start: number,
            submitted_at: None,
            details: None,
        }),
        Said::Result { id, is_approved } => Change::Verdict(Verdict {
            id: id_text(id),
            outcome: match is_approved {
                true => Outcome::Approved,
                false => Outcome::Declined,
            },
            sentence: None,
            by: format!("Manager {number}"),
            at: None,
            comment: None,
        }),
        Said::Withdrawn { id } => event("LeaveWithdrawn", Effect::Withdrawn, None, Some(id)),
        Said::Entered { person } => {
            let entered = PersonChange::Entered {
                department: format!("D{}", place.partition()),
                is_guest: number % 2 == 0,
                values: values(place),
                left_on: None,
            };
            event(
                "PersonEntered",
                Effect::Person(Box::new(entered)),
                Some(person),
                None,
            )
        }
        Said::Changed { person } => {
            let changed = PersonChange::Changed(values(place));
            event(
                "PersonChanged",
                Effect::Person(Box::new(changed)),
                Some(person),
                None,
            )
        }
        Said::Moved { person } => {
            let moved = PersonChange::Moved {
                to_department: format!("D{}", number % 3),
            };
            event(
                "PersonMoved",
                Effect::Person(Box::new(moved)),
                Some(person),
                None,
            )
        }
        Said::Left { person } => {
            let left = PersonChange::Left { last_date: number };
            event(
                "PersonLeft",
                Effect::Person(Box::new(left)),
                Some(person),
                None,
            )
        }
        Said::Booked {
            id,
            person,
            replaces,
        } => leave(
            "LeaveBooked",
            LeaveChange::Booked {
                days: (number % 4 > 0).then(|| days(number)),
                replaces: replaces.map(id_text),
            },
            (id, person),
        ),
        Said::Admitted { id, person } => {
            let admitted = LeaveChange::Admitted { days: days(number) };
            leave("LeaveAdmitted", admitted, (id, person))
        }
        Said::Recalculated { id, person } => {
            let recalculated = LeaveChange::Recalculated { days: days(number) };
            leave("LeaveRecalculated", recalculated, (id, person))
        }
        Said::Released {
            id,
            person,
            is_whole,
        } => {
            let from = (!is_whole).then(|| "2027-01-06".parse().unwrap());
            leave(
                "LeaveReleased",
                LeaveChange::Released { from },
                (id, person),
            )
        }
    }
}

/// What is on the log, in the order in which it was appended; each with its partition and how much later than the one
/// before it is by the clock that stamped it.
type Log = Vec<(Said, usize, i8)>;

/// The records of each topic and partition, in order.
fn lanes(log: &Log) -> Vec<(Topic, VecDeque<Row>)> {
    let mut lanes: Vec<(Topic, VecDeque<Row>)> = Topic::ALL
        .into_iter()
        .flat_map(|topic| (0..PARTITIONS).map(move |_| (topic, VecDeque::new())))
        .collect();
    let mut now = 0;
    for (said, partition, later) in log {
        now += i64::from(*later);
        let topic = said.topic();
        let (_, lane) = &mut lanes[topic.number() as usize * PARTITIONS + partition];
        let place = Place::new(*partition as i32, lane.len() as i64).unwrap();
        lane.push_back(Row {
            place,
            appended_ms: now,
            change: change(said, place),
        });
    }
    lanes
}

/// How the lanes are folded.
#[derive(Clone, Copy)]
struct Way {
    /// Applications first.
    has_stages: bool,
    /// With the ids in memory, as in the process that has filled their table.
    has_ids: bool,
    /// As if everything had been folded that there was before any of this came.
    is_whole: bool,
}

const WAYS: [Way; 5] = [
    way(true, true, false),
    way(true, false, false),
    way(false, true, false),
    way(false, false, false),
    way(false, false, true),
];

const fn way(has_stages: bool, has_ids: bool, is_whole: bool) -> Way {
    Way {
        has_stages,
        has_ids,
        is_whole,
    }
}

/// Folds the lanes in the order that the picks say, in batches of the lengths that they say.
fn folded(log: &Log, picks: &[(u8, u8)], way: Way) -> Vec<Vec<rusqlite::types::Value>> {
    let place = tempfile::tempdir().unwrap();
    let (folder, _lock) = Folder::take(place.path()).unwrap();
    let build = folder.new_build().unwrap();
    let Opened::Ours { mut connection, .. } = build.open(&Identity::for_test("a")).unwrap() else {
        panic!("a new file is a view");
    };
    let mut lanes = lanes(log);
    if way.has_stages {
        let (stage, ids) = (Stage::Applications, Ids::default());
        fold_lanes(
            &mut connection,
            stage,
            &ids,
            &mut lanes[..PARTITIONS],
            picks,
        );
    }
    let mut ids = enter(&mut connection, Stage::Answers).unwrap();
    if !way.has_ids {
        ids = Ids::default();
    }
    if !way.is_whole {
        fold_lanes(&mut connection, Stage::Answers, &ids, &mut lanes, picks);
    }
    let ids = enter(&mut connection, Stage::Whole).unwrap();
    fold_lanes(&mut connection, Stage::Whole, &ids, &mut lanes, picks);
    dump(&connection)
}

fn fold_lanes(
    connection: &mut Connection,
    stage: Stage,
    ids: &Ids,
    lanes: &mut [(Topic, VecDeque<Row>)],
    picks: &[(u8, u8)],
) {
    let mut picks = picks.iter().cycle();
    loop {
        let mut batch = Batch::default();
        let (mut left, mut pick) = (1, 0_usize);
        while left > 0 {
            let full: Vec<usize> = (0..lanes.len())
                .filter(|&index| !lanes[index].1.is_empty())
                .collect();
            if full.is_empty() {
                break;
            }
            if pick == 0 {
                let &(lane, length) = picks.next().unwrap();
                (left, pick) = (1 + usize::from(length % 4), usize::from(lane) + 1);
            }
            let (topic, lane) = &mut lanes[full[(pick * 7 + left) % full.len()]];
            let row = lane.pop_front().unwrap();
            batch.folded.retain(|folded: &Folded| {
                (folded.topic, folded.partition) != (*topic, row.place.partition())
            });
            batch.folded.push(Folded {
                topic: *topic,
                partition: row.place.partition(),
                offset: row.place.offset(),
                appended_ms: row.appended_ms,
                print: 0,
            });
            batch.rows.push(row);
            left -= 1;
        }
        if batch.rows.is_empty() {
            return;
        }
        fold(connection, stage, ids, &batch).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whichever_partition_is_read_first_the_tables_say_the_same(
        log in prop::collection::vec((said(), 0..PARTITIONS, -1..3_i8), 0..60),
        one in prop::collection::vec(any::<(u8, u8)>(), 1..40),
        other in prop::collection::vec(any::<(u8, u8)>(), 1..40),
    ) {
        let first = folded(&log, &one, WAYS[0]);
        for way in WAYS {
            prop_assert_eq!(&first, &folded(&log, &other, way));
        }
    }
}

#[test]
fn of_a_repeated_id_the_first_application_stays_and_the_other_is_passed_over() {
    let said = |partition, later| (Said::Application { id: 1 }, partition, later);
    for (log, first) in [
        (vec![said(1, 1), said(0, 1), said(1, 1)], 0),
        // By a clock that is behind, the later one is the earlier.
        (vec![said(1, 1), said(1, -1)], 1_i64 << 48),
    ] {
        for way in WAYS {
            let dumped = format!("{:?}", folded(&log, &[(0, 0)], way));
            let there = format!("Text(\"application\"), Integer({first})");
            assert!(dumped.contains(&there), "{dumped}");
            let passed_over = dumped.matches("\"passed over\"").count();
            assert_eq!(passed_over, log.len() - 1, "{dumped}");
        }
    }
}
