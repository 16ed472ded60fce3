//! Commands that come together.

use timeoff_ledger::{Date, Request};
use timeoff_models::Ticks;

use super::{ADA, ADMIN, GRACE, Manager, Office};
use super::{approve, command, command_id, enter, name_admin, person_id, withdraw};

/// None of the applications is at hand when they are answered.
#[tokio::test]
async fn commands_are_answered_in_the_order_in_which_they_came_though_all_their_applications_are_found_at_once()
 {
    let office = Office::open().await;
    office.apply(&["first", "second"]).await;
    let leaves = Request::EndEmployment {
        person: person_id(2),
        last_date: Date::of(Ticks::MIN),
    };
    office
        .ask([
            name_admin(1),
            enter(2, ADMIN, GRACE, "approver"),
            // Refused, and the next one is about it, too.
            withdraw(3, ADMIN, "first"),
            approve(4, GRACE, "first"),
            command(5, ADMIN, leaves),
            // Whether Grace may, the one before this says.
            approve(6, GRACE, "second"),
            withdraw(7, ADA, "second"),
            withdraw(8, ADA, "third"),
        ])
        .await;
    let desk = office.desk().await;
    let mut manager = Manager::join(&desk, "managers").await;
    let answers = manager.work_until(&office, 8).await.expect("works");
    let ids: Vec<_> = answers.iter().map(|&(id, _)| id).collect();
    assert_eq!(ids, (1..=8).map(command_id).collect::<Vec<_>>());
    let said: Vec<&str> = answers.iter().map(|(_, said)| &**said).collect();
    for (index, part) in [
        (0, "PersonEntered"),
        (1, "PersonEntered"),
        (2, "Only the employee"),
        (3, "LeaveBooked"),
        (4, "PersonLeft"),
        (5, "IT"),
        (6, "LeaveWithdrawn"),
        (7, "No such application"),
    ] {
        assert!(said[index].contains(part), "{index}: {said:?}");
    }
}

#[tokio::test]
async fn an_application_whose_id_was_used_before_is_not_decided_by_a_command_either() {
    let office = Office::open().await;
    office.apply_in("HR", &["an id"]).await;
    let desk = office.desk().await;
    let mut manager = Manager::join_with_room(&desk, "managers", 1).await;
    while manager.held.is_empty() {
        manager.step().await.expect("works");
    }
    // There is no room for the second one, so the command is answered before it is handed out.
    office.apply(&["an id"]).await;
    office
        .ask([
            name_admin(1),
            enter(2, ADMIN, GRACE, "approver"),
            approve(3, GRACE, "an id"),
        ])
        .await;
    let answers = manager.work_until(&office, 3).await.expect("works");
    assert!(answers[2].1.contains("No such application"), "{answers:?}");
    // It comes in its turn.
    manager.held.clear();
    manager
        .work_until_it_says("its id was used before, at partition 0")
        .await;
}
