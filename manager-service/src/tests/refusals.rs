//! A log that does not take an answer for the moment.

use std::time::Duration;

use timeoff_cli::{Notices, OutputFormat, Shutdown};

use super::{ADMIN, DEADLINE, GRACE, Manager, Office, approve, command_id, enter, name_admin};
use crate::auto::{self, Settings};
use crate::policy::{Otherwise, Policy};

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

/// More commands than a batch of answers has room for, the last of which rests on the first. What the log refuses of them
/// is in the first batch.
#[tokio::test]
async fn nor_is_anything_by_answers_that_a_policy_is_having_recorded() {
    const COMMANDS: u64 = 502;
    let office = Office::open().await;
    office.apply(&["first"]).await;
    office.ask([name_admin(1)]).await;
    let desk = office.desk().await;
    Manager::join(&desk, "managers")
        .await
        .work_until(&office, 1)
        .await
        .expect("works");

    office.refuse_events_about_people(true);
    let unknown = |number| approve(number, GRACE, "unknown");
    let commands = std::iter::once(enter(2, ADMIN, GRACE, "approver"))
        .chain((3..COMMANDS).map(unknown))
        .chain([approve(COMMANDS, GRACE, "first")]);
    office.ask(commands).await;
    let (notices, mut screen) = Notices::to_screen();
    let (shutdown, _trigger) = Shutdown::manual();
    let settings = Settings {
        group: "managers".to_owned(),
        // It leaves what is there, and has more in hand than a batch.
        policy: Some(Policy {
            approve_up_to: "1".parse().expect("in range"),
            otherwise: Otherwise::Leave,
        }),
        until_caught_up: false,
        output: OutputFormat::Json,
    };
    let mut out = Vec::new();
    let mut told = async || {
        while !screen
            .recv()
            .await
            .expect("speaks")
            .contains("Not recorded")
        {}
        office.refuse_events_about_people(false);
        while office.answers().await.len() < COMMANDS as usize {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        ended = auto::run(&desk, &settings, &mut out, &notices, &shutdown) => panic!("{ended:?}"),
        answered = tokio::time::timeout(DEADLINE, told()) => answered.expect("all are answered"),
    }
    let order: Vec<_> = office
        .answers()
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(order, (1..=COMMANDS).map(command_id).collect::<Vec<_>>());
}
