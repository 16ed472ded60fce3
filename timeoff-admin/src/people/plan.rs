//! What differs between a file and the ledger, as commands.

use timeoff_ledger::{Date, Person, PersonId, Request, Role};
use timeoff_models::{Email, Ticks};
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
    let partition = books.departments().partition_of(&row.department);
    let home = partition.expect("a row has one of the departments");
    let known = holder.filter(|found| is_the_same(row, found));
    let has_left = known.is_some_and(|found| !found.entered.has_not_left(now));
    let leaves_on = known.and_then(|found| found.entered.leaves_on());
    let mut steps = Vec::new();
    let person = match known {
        Some(found) if has_left => row.over_one_who_has_left(found.entered.person()),
        Some(found) => row.over(found.entered.person()),
        None => row.new_person(new_person_id()),
    };
    let places = match known {
        Some(_) => books.places_of(person.id),
        None => Vec::new(),
    };
    let old_home = places.iter().find(|found| found.is_home);
    match old_home {
        // Whoever is entered anew has not left there.
        None if has_left => {}
        None => {
            steps.push(enter(row, home, &person));
            steps.extend(leave(home, &person, leaves_on));
        }
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
            _ if person.role == Role::Admin && !has_left => {
                steps.push(Step {
                    change: format!("entered in {department} too"),
                    in_short: Some(format!("also in {department}")),
                    ..enter(row, guest_in, &person)
                });
                steps.extend(leave(guest_in, &person, leaves_on));
            }
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

/// Has the last day hold where the person is entered that was said of them where they were before.
fn leave(partition: i32, person: &Person, leaves_on: Option<Date>) -> Option<Step> {
    let last_date = leaves_on.filter(|&day| person.until.is_none_or(|until| day < until))?;
    Some(Step {
        partition,
        request: Request::EndEmployment {
            person: person.id,
            last_date,
        },
        change: format!("until {last_date}"),
        in_short: None,
    })
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
