//! A log with something on it, and views of it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use timeoff_contract::{Contract, ReceivedApplication, TopicNames};
use timeoff_log::{KafkaSettings, Log, LogUrl, NewRecord};
use timeoff_models::generated::{
    CommandRecord, CommandRefused, DecideApplication, LeaveApplicationReceived, LeaveBooked,
    LedgerRecord, PersonEntered,
};
use timeoff_models::{
    ApplicationId, Decision, Departments, LeaveApplication, ManagerName, Outcome, Ticks,
};

use crate::{News, Queries, Views};

/// How long a condition may take to come true. Only a failure takes this long.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

pub(super) const START: i64 = 639_000_000_000_000_000;

pub(super) struct World {
    pub(super) folder: TempDir,
    pub(super) contract: Contract,
}

impl World {
    /// A log that is a file, with the default departments.
    pub(super) async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let contract = contract(&folder.path().join("log.db")).await;
        World { folder, contract }
    }

    pub(super) fn log_path(&self) -> PathBuf {
        self.folder.path().join("log.db")
    }

    pub(super) fn view(&self) -> PathBuf {
        self.folder.path().join("view")
    }

    pub(super) async fn append(&self, records: Vec<NewRecord>) {
        self.contract.log().append(records).await.unwrap();
    }

    pub(super) async fn application(&self, index: usize) -> NewRecord {
        let (id, application) = application(index);
        let writer = self.contract.application_writer().await.unwrap();
        writer.record(&id, &application)
    }

    pub(super) async fn result(&self, index: usize, outcome: Outcome) -> NewRecord {
        let (id, application) = application(index);
        let departments = self.contract.departments();
        let received = ReceivedApplication {
            partition: departments.partition_of(&application.department).unwrap(),
            wire: Box::new(LeaveApplicationReceived::from(&application).into_owned()),
            id,
            application,
        };
        let decision = Decision {
            outcome,
            by: "Grace Hopper".parse::<ManagerName>().unwrap(),
            at: Ticks::try_from(START + 5).unwrap(),
            comment: Some("Enjoy.".parse().unwrap()),
        };
        let writer = self.contract.result_writer().await.unwrap();
        writer.record(received, &decision)
    }

    pub(super) async fn command(&self, partition: i32, command: CommandRecord<'_>) -> NewRecord {
        let writer = self.contract.command_writer().await.unwrap();
        writer.record(partition, &command)
    }

    pub(super) async fn event(&self, partition: i32, event: LedgerRecord<'_>) -> NewRecord {
        let writer = self.contract.ledger_writer().await.unwrap();
        let key = event.key().unwrap_or("some key").to_owned();
        writer.record(partition, &key, &event)
    }

    /// Puts some of everything on the log: applications and results from `first` on, and what is on the ledger of them.
    pub(super) async fn fill(&self, first: usize, count: usize) {
        let mut records = Vec::new();
        for index in first..first + count {
            records.push(self.application(index).await);
            let partition = (index % 4) as i32;
            if index % 5 == 0 {
                let person = entered(&format!("p{index}"), "SALES", None);
                records.push(self.event(partition, person).await);
            }
            if index % 3 != 0 {
                let outcome = match index % 2 {
                    0 => Outcome::Approved,
                    _ => Outcome::Declined,
                };
                records.push(self.result(index, outcome).await);
                let command = decide(&format!("c{index}"), index);
                records.push(self.command(partition, command).await);
                let event = match index % 7 {
                    0 => refused(&format!("c{index}"), index),
                    _ => booked(&format!("c{index}"), index),
                };
                records.push(self.event(partition, event).await);
            }
        }
        self.append(records).await;
    }

    /// Folds into the folder what is on the log.
    pub(super) async fn catch_up(&self, folder: &Path) {
        let mut views = Views::open(folder, &self.contract).unwrap();
        in_time(views.catch_up(&self.contract, expect_caught_up))
            .await
            .unwrap();
    }

    /// Folds what is on the log into a folder that nothing else uses.
    pub(super) async fn folded_from_zero(&self) -> Queries {
        let folder = self.folder.path().join("zero");
        let mut views = Views::rebuild(&folder, &self.contract).unwrap();
        in_time(views.catch_up(&self.contract, |_| ()))
            .await
            .unwrap();
        drop(views);
        Queries::open(&folder).unwrap()
    }
}

/// Fails at any news but that it has caught up.
pub(super) fn expect_caught_up(news: News) {
    assert!(matches!(news, News::CaughtUp), "{news:?}");
}

pub(super) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("in time")
}

pub(super) fn departments() -> Departments {
    "SALES,HR,IT,LAW".parse().unwrap()
}

pub(super) async fn contract(log: &Path) -> Contract {
    let log = Log::open(&LogUrl::Sqlite(log.to_owned()), &KafkaSettings::new())
        .await
        .unwrap();
    Contract::open_with_ledger(&log, TopicNames::default(), departments())
        .await
        .unwrap()
}

/// An application whose values follow from its index.
pub(super) fn application(index: usize) -> (ApplicationId<'static>, LeaveApplication) {
    let departments = departments();
    let application = LeaveApplication {
        email: format!("ada{}@example.com", index % 50).parse().unwrap(),
        department: departments.at((index % 4) as i32).unwrap().clone(),
        hours: (1 + index as i32 % 80).try_into().unwrap(),
        start: Ticks::try_from(START + (index as i64 % 30) * 864_000_000_000)
            .unwrap()
            .into(),
        details: None,
    };
    let submitted = Ticks::try_from(START + index as i64).unwrap();
    let id = ApplicationId::new(&application.email, submitted);
    (id, application)
}

pub(super) fn id_of(index: usize) -> String {
    application(index).0.as_str().to_owned()
}

pub(super) fn entered(
    person: &str,
    department: &str,
    moved_from: Option<&str>,
) -> LedgerRecord<'static> {
    let owned = |text: &str| text.to_owned().into();
    PersonEntered {
        command_id: None,
        by: None,
        at_ticks: START,
        person_id: owned(person),
        email: format!("{person}@example.com").into(),
        name: owned("Ada"),
        department: owned(department),
        role: owned("employee"),
        region: None,
        schedule: None,
        from_date_ticks: Some(START),
        until_date_ticks: None,
        tags: owned("night"),
        moved_from: moved_from.map(owned),
        last_date_ticks: moved_from.map(|_| START + 3),
        earlier_terms: None,
    }
    .into()
}

pub(super) fn decide(command: &str, index: usize) -> CommandRecord<'static> {
    DecideApplication {
        command_id: command.to_owned().into(),
        asked_by: "grace@example.com".into(),
        asked_at_ticks: START,
        application_id: id_of(index).into(),
        outcome: "approve".into(),
        comment: None,
        expected_version: None,
        accept_warnings: None,
    }
    .into()
}

pub(super) fn booked(command: &str, index: usize) -> LedgerRecord<'static> {
    LeaveBooked {
        command_id: Some(command.to_owned().into()),
        by: Some("p1".into()),
        at_ticks: START,
        application_id: id_of(index).into(),
        person_id: Some("p0".into()),
        on_behalf_of: None,
        policy: None,
        known_offset: None,
        leave_type: None,
        first_date_ticks: None,
        last_date_ticks: None,
        minutes: None,
        days: None,
        available_minutes: None,
        policy_version: None,
        calendar: None,
        warnings: None,
        replaces: None,
    }
    .into()
}

pub(super) fn refused(command: &str, index: usize) -> LedgerRecord<'static> {
    CommandRefused {
        command_id: Some(command.to_owned().into()),
        by: None,
        at_ticks: START,
        application_id: Some(id_of(index).into()),
        person_id: None,
        reason: "It is decided.".into(),
        known_offset: None,
        policy_version: None,
        calendar: None,
    }
    .into()
}
