//! What differs between a file and the ledger, as commands.

use timeoff_ledger::{Person, PersonId, Request, Role};
use timeoff_models::{Email, Ticks};
use uuid::Uuid;

use super::describe::difference;
use super::row::Row;
use crate::books::{Books, Found};

/// What is to be done about one person.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) email: Email,
    /// The commands, in the order in which they are sent. None if the person is as the file says.
    pub(super) steps: Vec<Step>,
    /// Whether the person was there before.
    pub(super) is_known: bool,
}

/// A command, and what it changes.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) partition: i32,
    pub(super) request: Request,
    /// "entered in HR", "role employee -> approver".
    pub(super) change: String,
    /// The same in fewer words, after what happens in the home department: "likewise in IT".
    pub(super) in_short: Option<String>,
}

/// What is to be done about each row.
pub(super) fn plan(rows: &[Row], books: &Books, now: Ticks) -> Vec<Plan> {
    rows.iter().map(|row| of_row(row, books, now)).collect()
}

fn of_row(row: &Row, books: &Books, now: Ticks) -> Plan {
    let partition = books.departments().partition_of(&row.department);
    let home = partition.expect("a row has one of the departments");
    let known = books
        .with_address(&row.email, now)
        .filter(|found| is_the_same(row, found));
    let mut steps = Vec::new();
    let person = match known {
        Some(found) => row.over(found.entered.person()),
        None => row.new_person(new_person_id()),
    };
    let places = match known {
        Some(_) => books.places_of(person.id),
        None => Vec::new(),
    };
    let old_home = places.iter().find(|found| found.is_home);
    match old_home {
        None => steps.push(enter(row, home, &person)),
        Some(found) => {
            steps.extend(change(found, &person));
            if found.partition != home {
                steps.push(move_home(row, found, &person));
            }
        }
    }
    let old_home = old_home.map(|found| found.partition);
    for (guest_in, department) in (0..).zip(books.departments()) {
        if guest_in == home {
            // Entered, changed or admitted there.
            continue;
        }
        let place = places.iter().find(|found| found.partition == guest_in);
        match place {
            Some(found) if Some(guest_in) != old_home => {
                steps.extend(change(found, &person).map(|step| Step {
                    in_short: Some(format!("likewise in {department}")),
                    ..step
                }))
            }
            // Nobody has them there, or not any more when they have moved.
            _ if person.role == Role::Admin => steps.push(Step {
                change: format!("entered in {department} too"),
                in_short: Some(format!("also in {department}")),
                ..enter(row, guest_in, &person)
            }),
            _ => {}
        }
    }
    Plan {
        email: row.email.clone(),
        steps,
        is_known: known.is_some(),
    }
}

/// Whether the person who has a row's address is the one whom it means. One who has left is, unless the row begins after
/// their last day: they have come back, or the address was given to somebody else. So a file that does not know yet who
/// has left brings nobody back.
fn is_the_same(row: &Row, found: &Found<'_>) -> bool {
    match (found.entered.last_date(), row.from()) {
        (Some(last_day), Some(from)) => from <= last_day,
        _ => true,
    }
}

fn new_person_id() -> PersonId {
    PersonId::try_from(Uuid::now_v7()).expect("it has a version, so it is not nil")
}

fn enter(row: &Row, partition: i32, person: &Person) -> Step {
    Step {
        partition,
        request: Request::EnterPerson {
            person: Box::new(person.clone()),
            department: row.department.clone(),
        },
        change: format!("entered in {}", row.department),
        in_short: None,
    }
}

fn change(found: &Found<'_>, person: &Person) -> Option<Step> {
    let change = difference(found.entered.person(), person)?;
    Some(Step {
        partition: found.partition,
        request: Request::ChangePerson {
            person: Box::new(person.clone()),
        },
        change,
        in_short: None,
    })
}

fn move_home(row: &Row, found: &Found<'_>, person: &Person) -> Step {
    Step {
        partition: found.partition,
        request: Request::MovePerson {
            person: person.id,
            to: row.department.clone(),
        },
        change: format!("moved from {} to {}", found.entered.home(), row.department),
        in_short: None,
    }
}
