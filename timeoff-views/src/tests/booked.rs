//! Booked leave by its days.

use std::collections::BTreeSet;

use proptest::prelude::*;
use timeoff_ledger::{
    AdmittedLeave, Cause, Date, Days, Event, Fact, Judged, LeaveDecided, Person, PersonId, Role,
    State,
};
use timeoff_models::{ApplicationId, Department, Ticks};

use super::world::{START, World, departments, in_time};
use crate::{Booked, Queries, Views};

/// What happens to the leave of few people, so that it collides.
#[derive(Debug, Clone)]
enum Happens {
    Booked {
        id: u8,
        person: u8,
        days: Option<Days>,
        replaces: Option<u8>,
    },
    Recalculated {
        id: u8,
        person: u8,
        days: Days,
    },
    Released {
        id: u8,
        person: u8,
        from: Option<Date>,
    },
    /// Somebody goes to another department.
    Moved {
        person: u8,
    },
    /// Somebody comes from there, with leave.
    Comes {
        person: u8,
        leave: Vec<(u8, Days)>,
    },
}

fn date(days: u32) -> Date {
    let first: Date = "2027-01-01".parse().unwrap();
    first.plus(days).unwrap()
}

/// One to five days of January 2027.
fn days() -> impl Strategy<Value = Days> {
    let day = (0..31_u32, 0..4_u8, 1..481_u16);
    prop::collection::btree_map(0..31_u32, day, 1..6).prop_map(|days| {
        let days = days.into_iter().map(|(on, (_, half, minutes))| {
            let part = ["", " morning", " afternoon", " minutes"][usize::from(half)];
            format!("{} {minutes}{part}", date(on))
        });
        days.collect::<Vec<_>>().join(", ").parse().unwrap()
    })
}

fn happens() -> impl Strategy<Value = Happens> {
    let (id, person) = (|| 0..5_u8, || 0..3_u8);
    prop_oneof![
        6 => (id(), person(), prop::option::weighted(0.9, days()), prop::option::weighted(0.2, id()))
            .prop_map(|(id, person, days, replaces)| Happens::Booked { id, person, days, replaces }),
        2 => (id(), person(), days()).prop_map(|(id, person, days)| Happens::Recalculated { id, person, days }),
        3 => (id(), person(), prop::option::weighted(0.7, 0..31_u32))
            .prop_map(|(id, person, from)| Happens::Released { id, person, from: from.map(date) }),
        1 => person().prop_map(|person| Happens::Moved { person }),
        1 => (person(), prop::collection::vec((id(), days()), 0..3))
            .prop_map(|(person, leave)| Happens::Comes { person, leave }),
    ]
}

fn person_id(number: u8) -> PersonId {
    uuid::Uuid::from_u128(100 + u128::from(number))
        .try_into()
        .unwrap()
}

fn application(id: u8) -> ApplicationId<'static> {
    ApplicationId::from_key(format!("a{id}"))
}

fn department(name: &str) -> Department {
    name.parse().unwrap()
}

fn entered(person: u8, moved_from: Option<Department>) -> Fact<'static> {
    Fact::PersonEntered {
        person: Box::new(Person {
            id: person_id(person),
            email: format!("p{person}@example.com").parse().unwrap(),
            name: "Ada".parse().unwrap(),
            role: Role::Employee,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: "".parse().unwrap(),
            earlier: None,
        }),
        department: department("SALES"),
        moved_from,
        left: None,
    }
}

fn facts(happens: &Happens) -> Vec<Fact<'static>> {
    let known_offset = None;
    match happens.clone() {
        Happens::Booked {
            id,
            person,
            days,
            replaces,
        } => {
            vec![Fact::LeaveBooked(LeaveDecided {
                application: application(id),
                person: Some(person_id(person)),
                on_behalf_of: None,
                policy: None,
                known_offset,
                judged: Some(Box::new(Judged {
                    minutes: days.as_ref().map(Days::minutes),
                    // Leave replaces other leave.
                    replaces: replaces.filter(|other| *other != id).map(application),
                    days,
                    ..Judged::default()
                })),
            })]
        }
        Happens::Recalculated { id, person, days } => vec![Fact::LeaveRecalculated {
            application: application(id),
            person: person_id(person),
            days,
            policy_version: None,
            calendar: None,
            known_offset,
        }],
        Happens::Released { id, person, from } => vec![Fact::LeaveReleased {
            application: application(id),
            person: person_id(person),
            on_behalf_of: None,
            from_date: from,
            minutes: 480,
            known_offset,
        }],
        Happens::Moved { person } => vec![Fact::PersonMoved {
            person: person_id(person),
            to: department("HR"),
        }],
        Happens::Comes { person, leave } => {
            let admitted = leave.into_iter().map(|(id, days)| Fact::LeaveAdmitted {
                leave: Box::new(AdmittedLeave {
                    application: application(id),
                    person: person_id(person),
                    leave_type: None,
                    days,
                }),
                moved_from: department("HR"),
            });
            let enters = entered(person, Some(department("HR")));
            admitted.chain([enters]).collect()
        }
    }
}

fn event(fact: Fact<'static>) -> Event<'static> {
    Event {
        cause: Cause {
            command_id: None,
            by: None,
            at: Ticks::try_from(START).unwrap(),
        },
        fact,
    }
}

/// Folds events of the ledger of SALES, in several batches.
async fn folded(events: &[Event<'static>]) -> (World, Queries) {
    let world = World::new().await;
    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    for events in events.chunks(1 + events.len() / 2) {
        let mut records = Vec::new();
        for event in events {
            records.push(world.event(0, event.to_record()).await);
        }
        world.append(records).await;
        in_time(views.catch_up(&world.contract, |_| ()))
            .await
            .unwrap();
    }
    let queries = Queries::open(&world.view()).unwrap();
    (world, queries)
}

type Rows = BTreeSet<(String, String, String)>;

fn rows(booked: Vec<Booked>) -> Rows {
    booked
        .into_iter()
        .map(|row| (row.person, row.application, row.days.to_string()))
        .collect()
}

const ALWAYS: (i64, i64) = (0, i64::MAX);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_booked_is_what_the_ledger_says(happens in prop::collection::vec(happens(), 0..30)) {
        let staff = (0..3).map(|person| entered(person, None));
        // Of whoever is away the state says nothing; the view says that nothing is booked.
        let facts = staff.chain(happens.iter().flat_map(facts));
        let events: Vec<_> = facts.map(event).collect();
        let mut state = State::of(departments().at(0).unwrap().clone());
        for event in &events {
            state.evolve(event);
        }
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (_world, queries) = runtime.block_on(folded(&events));
        let of_people = (0..3).map(person_id).flat_map(|person| {
            let booked = state.booked_leave_of(person).collect::<Vec<_>>();
            booked.into_iter().map(move |booked| (person, booked))
        });
        let expected: Rows = of_people
            .filter(|(_, booked)| booked.days.first().is_some())
            .map(|(person, booked)| {
                (person.to_string(), booked.application.as_str().to_owned(), booked.days.to_string())
            })
            .collect();
        let here: BTreeSet<String> = (0..3)
            .filter(|person| {
                let last = happens.iter().rev().find_map(|one| match one {
                    Happens::Moved { person: other } if other == person => Some(false),
                    Happens::Comes { person: other, .. } if other == person => Some(true),
                    _ => None,
                });
                last.unwrap_or(true)
            })
            .map(|person| person_id(person).to_string())
            .collect();
        let mut found = rows(queries.booked(0, ALWAYS, 1000).unwrap());
        found.retain(|(person, ..)| here.contains(person));
        prop_assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_time_finds_all_leave_that_reaches_into_it_however_long_it_is() {
    let mut facts = vec![entered(0, None)];
    for (id, length) in (0..=250).zip([1, 2, 14, 15, 16, 40, 300].into_iter().cycle()) {
        let first = date(u32::from(id) * 3);
        let days = [first, first.plus(length).unwrap()].map(|date| format!("{date} 480"));
        facts.extend(self::facts(&Happens::Booked {
            id,
            person: 0,
            days: Some(days.join(", ").parse().unwrap()),
            replaces: None,
        }));
    }
    let events: Vec<_> = facts.into_iter().map(event).collect();
    let (_world, queries) = folded(&events).await;
    let all = queries.booked(0, ALWAYS, 1000).unwrap();
    assert_eq!(all.len(), 251);
    for (begin, length) in (0..1100)
        .step_by(7)
        .zip([0, 6, 30, 365].into_iter().cycle())
    {
        let (first, last) = (date(begin), date(begin + length));
        let reaches =
            |row: &&Booked| row.days.last() >= Some(first) && row.days.first() <= Some(last);
        let expected = rows(all.iter().filter(reaches).cloned().collect());
        let ticks = (first.midnight().get(), last.midnight().get());
        assert_eq!(
            rows(queries.booked(0, ticks, 1000).unwrap()),
            expected,
            "{first} {last}"
        );
        assert!(queries.booked(1, ticks, 1000).unwrap().is_empty());
    }
    assert_eq!(queries.booked(0, ALWAYS, 2).unwrap().len(), 2);
}

#[tokio::test]
async fn leave_that_is_booked_by_days_is_not_counted_by_its_application() {
    let world = World::new().await;
    let mut records = Vec::new();
    for index in [0, 4, 8] {
        records.push(world.application(index).await);
        records.push(world.result(index, timeoff_models::Outcome::Approved).await);
    }
    let booked = |index: usize, days: Option<&str>| {
        event(Fact::LeaveBooked(LeaveDecided {
            application: ApplicationId::from_key(super::world::id_of(index)),
            person: Some(person_id(0)),
            on_behalf_of: None,
            policy: None,
            known_offset: None,
            judged: Some(Box::new(Judged {
                days: days.map(|days| days.parse().unwrap()),
                ..Judged::default()
            })),
        }))
    };
    let given_back = event(Fact::LeaveReleased {
        application: ApplicationId::from_key(super::world::id_of(4)),
        person: person_id(0),
        on_behalf_of: None,
        from_date: Some(date(0)),
        minutes: 480,
        known_offset: None,
    });
    // Of the second no day is left, and the third was approved where no days are known.
    for event in [
        booked(0, Some("2027-01-04 480")),
        booked(4, Some("2027-01-04 480")),
        given_back,
        booked(8, None),
    ] {
        records.push(world.event(0, event.to_record()).await);
    }
    world.append(records).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    let year = 366 * crate::file::DAY;
    let absences = queries
        .absences(0, (START - year, START + year), 10)
        .unwrap();
    let counted: Vec<_> = absences.into_iter().map(|one| one.application).collect();
    assert_eq!(counted, [super::world::id_of(8)]);
    let booked = queries.booked(0, ALWAYS, 10).unwrap();
    let booked: Vec<_> = booked.into_iter().map(|one| one.application).collect();
    assert_eq!(booked, [super::world::id_of(0)]);
}
