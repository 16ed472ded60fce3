//! What has to be asked of which department.

use timeoff_models::{Department, Departments};

use crate::{Date, Person, Place, Request, Role, Step, Tags, Wanted};

fn ada(role: Role) -> Person {
    Person {
        id: "01a22983-5104-7492-a50c-d4dbea440560".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        name: "Ada".parse().unwrap(),
        role,
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: Tags::default(),
        earlier: None,
    }
}

/// A place of Ada's in a partition, at home in IT.
fn place(partition: i32, role: Role) -> Place {
    Place {
        partition,
        is_home: partition == 1,
        person: ada(role),
    }
}

fn department(name: &str) -> Department {
    name.parse().unwrap()
}

/// What is asked where, in a word.
fn words(steps: &[Step]) -> Vec<(i32, &'static str)> {
    let word = |step: &Step| match &step.request {
        Request::EnterPerson { .. } => "enter",
        Request::ChangePerson { .. } => "change",
        Request::MovePerson { .. } => "move",
        Request::EndEmployment { .. } => "end",
        _ => "other",
    };
    steps
        .iter()
        .map(|step| (step.partition, word(step)))
        .collect()
}

fn steps(role: Role, home: &str, places: &[Place]) -> Vec<(i32, &'static str)> {
    let (person, department) = (ada(role), department(home));
    let wanted = Wanted {
        person: &person,
        department: &department,
        leaves_on: None,
        has_left: false,
    };
    words(&wanted.steps(places, &Departments::default()))
}

#[test]
fn an_admin_is_entered_everywhere_at_home_first_and_others_at_home_only() {
    let entered = [(1, "enter"), (0, "enter"), (2, "enter")];
    assert_eq!(steps(Role::Admin, "IT", &[]), entered);
    assert_eq!(steps(Role::Approver, "IT", &[]), [(1, "enter")]);
}

#[test]
fn who_is_as_they_are_to_be_is_asked_for_nowhere_and_who_is_not_wherever_they_are() {
    let places = |role| [0, 1, 2].map(|partition| place(partition, role));
    assert_eq!(steps(Role::Admin, "IT", &places(Role::Admin)), []);
    let changed = [(1, "change"), (0, "change"), (2, "change")];
    assert_eq!(steps(Role::Employee, "IT", &places(Role::Admin)), changed);
    let promoted = [(1, "change"), (0, "enter"), (2, "enter")];
    let at_home = [place(1, Role::Employee)];
    assert_eq!(steps(Role::Admin, "IT", &at_home), promoted);
}

#[test]
fn an_admin_who_moves_is_entered_again_where_they_come_from() {
    let places = [0, 1, 2].map(|partition| place(partition, Role::Admin));
    let moved = [(1, "move"), (1, "enter")];
    assert_eq!(steps(Role::Admin, "HR", &places), moved);
    let employee = [place(1, Role::Employee)];
    assert_eq!(steps(Role::Employee, "HR", &employee), [(1, "move")]);
}

#[test]
fn who_leaves_is_entered_with_that_day_and_who_has_left_is_entered_nowhere() {
    let (person, department) = (ada(Role::Admin), department("IT"));
    let wanted = |has_left| Wanted {
        person: &person,
        department: &department,
        leaves_on: Some(Date::MAX),
        has_left,
    };
    let places = [place(1, Role::Admin), place(2, Role::Admin)];
    let departments = Departments::default();
    let steps = wanted(false).steps(&places, &departments);
    assert_eq!(words(&steps), [(0, "enter"), (0, "end")]);
    assert_eq!(wanted(true).steps(&places, &departments), []);
    assert_eq!(wanted(true).steps(&[], &departments), []);
}
