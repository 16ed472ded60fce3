//! A log that does not take an answer for the moment.

use super::{ADMIN, GRACE, Manager, Office, approve, command_id, enter, name_admin};

#[tokio::test]
async fn nothing_is_decided_by_an_answer_that_the_log_has_refused_before_it_is_recorded() {
    let office = Office::open().await;
    office.apply(&["first"]).await;
    office.ask([name_admin(1)]).await;
    let desk = office.desk().await;
    let mut manager = Manager::join(&desk, "managers").await;
    manager.work_until(&office, 1).await.expect("works");

    office.refuse_events(true);
    office.ask([enter(2, ADMIN, GRACE, "approver")]).await;
    manager.work_until_it_says("Not recorded").await;
    office.refuse_events(false);
    // The log would take this one at once.
    office.ask([approve(3, GRACE, "first")]).await;
    let answers = manager.work_until(&office, 3).await.expect("works");
    let said = ["PersonEntered", "PersonEntered", "LeaveBooked"];
    let expected = (1..).map(command_id).zip(said.map(str::to_owned));
    assert_eq!(answers, expected.collect::<Vec<_>>());
}
