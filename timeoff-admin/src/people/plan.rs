//! What differs between a file and the ledger, as commands.

use timeoff_ledger::{self as ledger, PersonId, Place, Request, Wanted};
use timeoff_models::{Department, Email, Ticks};
use uuid::Uuid;

use super::describe::difference;
use super::find::shared;
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
    let holders = books.by_address(now);
    rows.iter()
        .map(|row| of_row(row, books, holders.get(&row.email), now))
        .collect()
}

/// What is wrong with rows of whom nobody can say who is meant: several people have the address.
pub(super) fn ambiguous(rows: &[Row], books: &Books, now: Ticks) -> Vec<String> {
    let holders = books.shared_addresses(now);
    rows.iter()
        .filter_map(|row| Some(shared(&row.email, holders.get(&row.email)?)))
        .collect()
}

/// What is to be done about a row, whose address `holder` has now.
fn of_row(row: &Row, books: &Books, holder: Option<&Found<'_>>, now: Ticks) -> Plan {
    let known = holder.filter(|found| is_the_same(row, found));
    let has_left = known.is_some_and(|found| !found.entered.has_not_left(now));
    let person = match known {
        Some(found) if has_left => row.over_one_who_has_left(found.entered.person()),
        Some(found) => row.over(found.entered.person()),
        None => row.new_person(new_person_id()),
    };
    let wanted = Wanted {
        person: &person,
        department: &row.department,
        leaves_on: known.and_then(|found| found.entered.leaves_on()),
        has_left,
    };
    let places = match known {
        Some(_) => books.places_of(person.id),
        None => Vec::new(),
    };
    let places: Vec<Place> = places.iter().map(place).collect();
    let steps = wanted.steps(&places, books.departments());
    Plan {
        email: row.email.clone(),
        steps: steps
            .into_iter()
            .map(|step| said(step, row, books, &places))
            .collect(),
        is_known: known.is_some(),
    }
}

fn place(found: &Found<'_>) -> Place {
    Place {
        partition: found.partition,
        is_home: found.is_home,
        person: found.entered.person().clone(),
    }
}

/// A step, with what it changes.
fn said(step: ledger::Step, row: &Row, books: &Books, places: &[Place]) -> Step {
    let ledger::Step { partition, request } = step;
    let home = books.departments().partition_of(&row.department);
    let here = books.department(partition).map_or("", Department::as_str);
    let before = places.iter().find(|place| place.partition == partition);
    let (change, in_short) = match &request {
        Request::EnterPerson { .. } if Some(partition) != home => (
            format!("entered in {here} too"),
            Some(format!("also in {here}")),
        ),
        Request::ChangePerson { person } => {
            let change = before.and_then(|before| difference(&before.person, person));
            let is_guest = before.is_some_and(|before| !before.is_home);
            (
                change.unwrap_or_default(),
                is_guest.then(|| format!("likewise in {here}")),
            )
        }
        Request::MovePerson { to, .. } => (format!("moved from {here} to {to}"), None),
        Request::EndEmployment { last_date, .. } => (format!("until {last_date}"), None),
        _ => (format!("entered in {}", row.department), None),
    };
    Step {
        partition,
        request,
        change,
        in_short,
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

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Cause, Date, Event, Fact, PersonId, Request, Role};
    use timeoff_log::Position;
    use timeoff_models::{Departments, Ticks};

    use super::{Plan, ambiguous, plan};
    use crate::books::Books;
    use crate::noted::Noted;
    use crate::people::file;

    const HEADER: &str = "email,name,department,role,from,until\n";
    const ADA: &str = "01a22983-5104-7492-a50c-d4dbea440560";

    fn sheet(rows: &str) -> file::Sheet {
        let sheet = file::understand(&format!("{HEADER}{rows}"), &Departments::default());
        sheet.expect("it is usable")
    }

    fn planned(books: &Books, rows: &str) -> Plan {
        planned_at(Ticks::MIN, books, rows)
    }

    fn planned_at(now: Ticks, books: &Books, rows: &str) -> Plan {
        plan(&sheet(rows).rows, books, now).remove(0)
    }

    fn changes(plan: &Plan) -> Vec<(i32, &str)> {
        let steps = plan.steps.iter();
        steps.map(|step| (step.partition, &*step.change)).collect()
    }

    /// Books in which Ada, as a row has her, is entered in these partitions.
    fn with_ada(row: &str, partitions: &[i32]) -> Books {
        let sheet = sheet(row);
        let mut books = Books::empty(&Departments::default());
        for &partition in partitions {
            let fact = Fact::PersonEntered {
                person: Box::new(sheet.rows[0].new_person(ada())),
                department: sheet.rows[0].department.clone(),
                moved_from: None,
                left: None,
            };
            happens(&mut books, partition, fact);
        }
        books
    }

    fn ada() -> PersonId {
        ADA.parse().expect("an id")
    }

    fn happens(books: &mut Books, partition: i32, fact: Fact<'static>) {
        books.take(Noted {
            position: Position {
                topic: "leave-ledger".into(),
                partition,
                offset: 0,
            },
            event: Event {
                cause: Cause {
                    command_id: None,
                    by: None,
                    at: Ticks::MIN,
                },
                fact,
            },
        });
    }

    /// Ada's last day in a department is this one.
    fn ada_leaves(books: &mut Books, partition: i32, last_date: Date) {
        let fact = Fact::PersonLeft {
            person: ada(),
            last_date,
        };
        happens(books, partition, fact);
    }

    #[test]
    fn an_admin_who_is_missing_somewhere_is_entered_there_as_the_same_person() {
        let row = "ada@example.com,Ada,IT,admin,,\n";
        // As a run leaves it that was interrupted before her own department had answered.
        let books = with_ada(row, &[0]);
        let plan = planned(&books, row);
        assert_eq!(
            changes(&plan),
            [(1, "entered in IT"), (2, "entered in OPS too")]
        );
        for step in &plan.steps {
            let Request::EnterPerson { person, department } = &step.request else {
                panic!("{:?}", step.request);
            };
            assert_eq!(
                (person.id.to_string(), person.role),
                (ADA.to_owned(), Role::Admin)
            );
            assert_eq!(department.as_str(), "IT");
        }
        let everywhere = with_ada(row, &[0, 1, 2]);
        assert!(planned(&everywhere, row).steps.is_empty());
    }

    #[test]
    fn who_moves_is_changed_first_where_they_are() {
        let books = with_ada("ada@example.com,Ada,IT,,,\n", &[1]);
        let plan = planned(&books, "ada@example.com,Ada L.,HR,,,\n");
        assert_eq!(
            changes(&plan),
            [(1, "name Ada -> Ada L."), (1, "moved from IT to HR")]
        );
    }

    #[test]
    fn an_address_that_two_people_have_is_nobodys_row() {
        let row = "ada@example.com,Ada,IT,,,\n";
        let mut books = with_ada(row, &[1]);
        let other: PersonId = "01a22983-5104-7492-a50c-d4dbea440561"
            .parse()
            .expect("an id");
        let rows = sheet("ada@example.com,Ada,HR,,,\nbob@example.com,Bob,HR,,,\n").rows;
        let entered = Fact::PersonEntered {
            person: Box::new(rows[0].new_person(other)),
            department: rows[0].department.clone(),
            moved_from: None,
            left: None,
        };
        assert_eq!(ambiguous(&rows, &books, Ticks::MIN), [""; 0]);
        happens(&mut books, 0, entered);
        assert_eq!(
            ambiguous(&rows, &books, Ticks::MIN),
            [format!(
                "2 people have the address ada@example.com: Ada of HR ({other}) and Ada of IT ({ADA})"
            )]
        );
        let found = crate::people::find(&books, "ada@example.com").map(|_| ());
        let error = found.expect_err("there are two").to_string();
        assert!(error.ends_with("; name one of them by their id"), "{error}");
        assert!(crate::people::find(&books, ADA).is_ok());
        ada_leaves(
            &mut books,
            1,
            crate::options::date("2026-06-30").expect("a day"),
        );
        assert_eq!(ambiguous(&rows, &books, Ticks::MAX), [""; 0]);
    }

    #[test]
    fn who_comes_back_is_entered_anew_and_who_has_left_is_not() {
        let books = with_ada("ada@example.com,Ada,IT,,2026-01-01,2026-06-30\n", &[1]);
        let same = planned(&books, "ada@example.com,Ada,IT,,2026-01-01,2026-06-30\n");
        assert!(same.steps.is_empty(), "{same:?}");
        let back = planned(&books, "ada@example.com,Ada,IT,,2026-07-01,\n");
        assert_eq!(changes(&back), [(1, "entered in IT")]);
        assert!(!back.is_known);
        let longer = planned(&books, "ada@example.com,Ada,IT,,2026-01-01,2026-12-31\n");
        assert_eq!(changes(&longer), [(1, "until 2026-06-30 -> 2026-12-31")]);
    }

    #[test]
    fn who_has_left_is_brought_back_by_no_row_that_only_names_no_last_day() {
        let books = with_ada("ada@example.com,Ada,IT,,,2026-06-30\n", &[1]);
        let row = "ada@example.com,Ada,IT,,,\n";
        let before = planned(&books, row);
        assert_eq!(changes(&before), [(1, "until 2026-06-30 -> none")]);
        let after = planned_at(Ticks::MAX, &books, row);
        assert!(after.steps.is_empty(), "{after:?}");
        let moved = planned_at(Ticks::MAX, &books, "ada@example.com,Ada,HR,,,\n");
        assert_eq!(changes(&moved), [(1, "moved from IT to HR")]);
    }

    #[test]
    fn an_admin_who_leaves_does_not_become_one_for_ever_where_they_were_missing() {
        let row = "ada@example.com,Ada,IT,admin,,\n";
        let day = crate::options::date("2026-06-30").expect("a day");
        let mut books = with_ada(row, &[1, 2]);
        ada_leaves(&mut books, 1, day);
        assert_eq!(
            changes(&planned(&books, row)),
            [(0, "entered in HR too"), (0, "until 2026-06-30")]
        );
        let gone = planned_at(Ticks::MAX, &books, row);
        assert!(gone.steps.is_empty(), "{gone:?}");
    }
}
