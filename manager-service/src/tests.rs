//! Managers of one process on one SQLite log: what happens between them, one step after the other.

mod commands;
mod groups;
mod refusals;

use std::collections::BTreeMap;
use std::time::Duration;

use timeoff_cli::Notices;
use timeoff_contract::{Contract, TopicNames};
use timeoff_ledger::{
    Asked, Command, CommandId, Entitlement, Event as LedgerEvent, Fact, Person, PersonId,
    PolicyText, Request,
};
use timeoff_log::{
    Delivery, Event, KafkaSettings, Log, LogUrl, NewRecord, Position, ReadEvent, ReadFrom, Record,
};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, Outcome, Ticks};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::counter::Counter;
use crate::desk::Desk;
use crate::recent::first_of_its_id;

/// How long something may take; only a failure takes so long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const ADMIN: &str = "admin@example.com";
pub(crate) const GRACE: &str = "grace@example.com";
pub(crate) const ADA: &str = "ada@example.com";

/// A policy that approves up to half a day by itself, warns of a time, and has a second stage for more than two days.
pub(crate) const POLICY: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
approve_automatically_up_to_minutes = 240
[[stages]]
longer_than_minutes = 960
after_approver = ['hr']
[[blackouts]]
name = 'Stocktaking'
from = '2027-06-28'
until = '2027-07-02'
then = 'warn'
";

/// The partition of IT, where everything happens.
pub(crate) const IT: i32 = 1;

/// A log of its own; the file is removed when dropped.
pub(crate) struct Office {
    pub(crate) contract: Contract,
    folder: tempfile::TempDir,
}

/// What a command was answered: what the ledger calls it, or why it was refused.
pub(crate) type Answers = Vec<(CommandId, String)>;

impl Office {
    pub(crate) async fn open() -> Office {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = contract_of(&folder).await;
        Office { contract, folder }
    }

    /// A desk of another manager.
    pub(crate) async fn desk(&self) -> Desk {
        let contract = contract_of(&self.folder).await;
        Desk::open(contract, None, None).await.expect("registers")
    }

    /// A desk of somebody who has said who they are.
    pub(crate) async fn desk_of(&self, email: &str) -> Desk {
        let contract = contract_of(&self.folder).await;
        let email = email.parse().expect("an address");
        let desk = Desk::open(contract, None, Some(email)).await;
        desk.expect("registers")
    }

    /// Where [`POLICY`] holds in IT: Grace approves, and Ada has 40 h of annual leave.
    pub(crate) async fn with_policy() -> Office {
        let office = Office::open().await;
        let policy = Request::SetPolicy {
            policy: PolicyText(POLICY.into()),
            expected_version: None,
        };
        let entitlement = Box::new(Entitlement {
            id: id(9).parse().expect("an id"),
            person: person_id(3),
            leave_type: "annual".parse().expect("a type"),
            minutes: 40 * 60,
            from: "2027-01-01".parse().expect("a day"),
            until: "2027-12-31".parse().expect("a day"),
        });
        office
            .ask([
                name_admin(1),
                enter(2, ADMIN, GRACE, "approver"),
                enter(3, ADMIN, ADA, "employee"),
                command(4, ADMIN, policy),
                command(5, ADMIN, Request::GrantEntitlement { entitlement }),
            ])
            .await;
        let desk = office.desk().await;
        let mut manager = Manager::join(&desk, "managers").await;
        let answers = manager.work_until(&office, 5).await.expect("works");
        assert!(
            answers.iter().all(|(_, said)| !said.contains(' ')),
            "{answers:?}"
        );
        manager.counter.close().await;
        office
    }

    /// Puts applications of Ada's in IT onto the log: each with an id, a first day and hours.
    pub(crate) async fn apply_for(&self, applications: &[(&str, &str, i32)]) {
        let writer = self.contract.application_writer().await.expect("registers");
        let record = |(id, start, hours): &(&str, &str, i32)| {
            let application = LeaveApplication {
                email: ADA.parse().expect("an address"),
                department: "IT".parse().expect("a department"),
                hours: (*hours).try_into().expect("in range"),
                start: start.parse().expect("a date"),
                details: None,
            };
            writer.record(&ApplicationId::from_key(*id), &application)
        };
        self.append(applications.iter().map(record).collect()).await;
    }

    pub(crate) async fn append(&self, records: Vec<NewRecord>) -> Vec<Position> {
        let appended = self.contract.log().append(records).await;
        appended.expect("is appended")
    }

    /// Has the log refuse further events, or take them again. One event has to be there.
    pub(crate) fn refuse_events(&self, are_refused: bool) {
        self.refuse(are_refused, "");
    }

    /// Has the log refuse further events about people, whose ids are longer keys than those of the applications here, or
    /// take them again. One has to be there.
    pub(crate) fn refuse_events_about_people(&self, are_refused: bool) {
        self.refuse(are_refused, " AND length(key) > 36");
    }

    fn refuse(&self, are_refused: bool, which: &str) {
        let file = rusqlite::Connection::open(self.folder.path().join("timeoff.db"));
        let file = file.expect("opens");
        file.busy_timeout(DEADLINE).expect("is set");
        let ledger = "SELECT id FROM topics WHERE name = 'leave-ledger'";
        let ledger: i64 = file
            .query_row(ledger, [], |row| row.get(0))
            .expect("is there");
        let change = match are_refused {
            true => {
                format!(
                    "CREATE UNIQUE INDEX one_event ON records (topic) WHERE topic = {ledger}{which}"
                )
            }
            false => "DROP INDEX one_event".to_owned(),
        };
        file.execute_batch(&change).expect("is changed");
    }

    /// Puts commands to IT onto the log.
    pub(crate) async fn ask(&self, commands: impl IntoIterator<Item = Command>) {
        let writer = self.contract.command_writer().await.expect("registers");
        let record = |command: Command| writer.record(IT, &command.to_record());
        self.append(commands.into_iter().map(record).collect())
            .await;
    }

    /// Puts Ada's applications in IT with these ids onto the log.
    pub(crate) async fn apply(&self, ids: &[&str]) {
        self.apply_in("IT", ids).await;
    }

    pub(crate) async fn apply_in(&self, department: &str, ids: &[&str]) {
        let writer = self.contract.application_writer().await.expect("registers");
        let application = LeaveApplication {
            email: ADA.parse().expect("an address"),
            department: department.parse().expect("a department"),
            hours: "8".parse().expect("in range"),
            start: "2027-07-01".parse().expect("a date"),
            details: None,
        };
        let record = |id: &&str| writer.record(&ApplicationId::from_key(*id), &application);
        self.append(ids.iter().map(record).collect()).await;
    }

    /// What is on the ledger of IT.
    pub(crate) async fn ledger(&self) -> Vec<Record> {
        let topic = &self.contract.topics().ledger;
        let from = ReadFrom::Only(BTreeMap::from([(IT, 0)]));
        let reader = self.contract.log().read(topic, from).await;
        let mut reader = reader.expect("is read");
        let mut records = Vec::new();
        loop {
            match reader.next().await.expect("is read") {
                ReadEvent::Record(record) => records.push(record),
                ReadEvent::CaughtUp => return records,
                other => panic!("the reader says {other:?}"),
            }
        }
    }

    /// What the ledger of IT says, in order.
    pub(crate) async fn facts(&self) -> Vec<Fact<'static>> {
        let mut facts = Vec::new();
        for record in self.ledger().await {
            let event = self.contract.read_ledger(&record).await;
            let event = event.expect("an event").into_owned();
            let event = LedgerEvent::from_record(event, self.contract.departments());
            facts.push(event.expect("possible").fact);
        }
        facts
    }

    /// The answers on the ledger of IT, in order.
    pub(crate) async fn answers(&self) -> Answers {
        let mut answers = Vec::new();
        for record in self.ledger().await {
            let event = self.contract.read_ledger(&record).await;
            let departments = self.contract.departments();
            let event = LedgerEvent::from_record(event.expect("an event"), departments);
            let event = event.expect("possible");
            let said = match &event.fact {
                Fact::CommandRefused { reason, .. } => reason.0.to_string(),
                _ => event.fact.name().to_owned(),
            };
            answers.extend(event.cause.command_id.map(|id| (id, said)));
        }
        answers
    }
}

pub(crate) async fn contract_of(folder: &tempfile::TempDir) -> Contract {
    let url = LogUrl::Sqlite(folder.path().join("timeoff.db"));
    let log = Log::open(&url, &KafkaSettings::new()).await.expect("opens");
    let topics = TopicNames::default();
    let contract = Contract::open_with_ledger(&log, topics, Departments::default());
    contract.await.expect("has its topics")
}

/// A manager at an inbox who presses no key.
pub(crate) struct Manager<'a> {
    desk: &'a Desk,
    pub(crate) counter: Counter<'a>,
    pub(crate) notices: Notices,
    /// Applications that were handed out.
    pub(crate) held: Vec<Delivery>,
    screen: UnboundedReceiver<String>,
}

impl<'a> Manager<'a> {
    pub(crate) async fn join(desk: &'a Desk, group: &str) -> Manager<'a> {
        Manager::join_with_room(desk, group, 300).await
    }

    /// Has no more than this many applications in hand.
    pub(crate) async fn join_with_room(desk: &'a Desk, group: &str, room: usize) -> Manager<'a> {
        let (notices, screen) = Notices::to_screen();
        let membership = desk.membership(group, room, true);
        let subscription = desk.contract().log().subscribe(membership).await;
        let subscription = subscription.expect("joins");
        Manager {
            desk,
            counter: Counter::new(desk, group, subscription, notices.clone()),
            notices,
            held: Vec::new(),
            screen,
        }
    }

    /// Does what comes next.
    pub(crate) async fn step(&mut self) -> anyhow::Result<()> {
        let counter = &mut self.counter;
        if counter.can_answer() {
            return counter.serve(None).await;
        }
        counter.clear_up().await?;
        tokio::select! {
            event = counter.subscription.next() => match event? {
                Event::Assignment(assignment) => {
                    counter.clerk.hear(&assignment, &self.notices).await
                }
                Event::Delivery(delivery) if self.desk.is_command(&delivery) => {
                    counter.serve(Some(delivery)).await
                }
                Event::Delivery(delivery) => {
                    let recent = &mut counter.clerk.recent;
                    let read = self.desk.read(&delivery, &self.notices).await?;
                    match read.and_then(|received| first_of_its_id(recent, received, &delivery)) {
                        Ok(_) => self.held.push(delivery),
                        Err(reason) => counter.bury(delivery, &reason),
                    }
                    Ok(())
                }
                _ => Ok(()),
            },
            () = counter.clerk.time_to_try_again(), if !counter.recording.has_answers() => {
                counter.try_again().await
            }
            () = counter.recording.known() => {
                counter.finish();
                Ok(())
            }
        }
    }

    /// Works until the ledger has this many answers.
    pub(crate) async fn work_until(
        &mut self,
        office: &Office,
        answers: usize,
    ) -> anyhow::Result<Answers> {
        let work = async {
            loop {
                let said = office.answers().await;
                if said.len() >= answers {
                    return Ok(said);
                }
                self.step().await?;
            }
        };
        let worked = tokio::time::timeout(DEADLINE, work).await;
        worked.expect("it does not take so long")
    }

    /// Works until it has said something with this in it.
    pub(crate) async fn work_until_it_says(&mut self, part: &str) {
        let work = async {
            loop {
                while let Ok(sentence) = self.screen.try_recv() {
                    if sentence.contains(part) {
                        return;
                    }
                }
                self.step().await.expect("works");
            }
        };
        let said = tokio::time::timeout(DEADLINE, work).await;
        said.expect("it does not take so long");
    }

    /// Works until something fails.
    pub(crate) async fn work_until_it_fails(&mut self) -> String {
        let work = async {
            loop {
                if let Err(error) = self.step().await {
                    return format!("{error:#}");
                }
            }
        };
        let failed = tokio::time::timeout(DEADLINE, work).await;
        failed.expect("it does not take so long")
    }
}

/// A number as an id.
fn id(number: u64) -> String {
    format!("0190163d-8694-739b-aea5-{number:012x}")
}

pub(crate) fn command_id(number: u64) -> CommandId {
    id(number).parse().expect("an id")
}

/// A command by the admin.
pub(crate) fn command(number: u64, by: &str, request: Request) -> Command {
    Command {
        asked: Asked {
            command_id: command_id(number),
            by: by.parse().expect("an address"),
            at: Ticks::of(std::time::SystemTime::now().into()),
        },
        request,
    }
}

pub(crate) fn person_id(number: u64) -> PersonId {
    id(number).parse().expect("an id")
}

/// Names the admin of IT.
pub(crate) fn name_admin(number: u64) -> Command {
    let request = Request::NameFirstAdmin {
        person: person_id(number),
        email: ADMIN.parse().expect("an address"),
        name: "Annie Admin".parse().expect("a name"),
        department: "IT".parse().expect("a department"),
    };
    command(number, ADMIN, request)
}

/// Enters somebody in IT.
pub(crate) fn enter(number: u64, by: &str, email: &str, role: &str) -> Command {
    let person = Person {
        id: person_id(number),
        email: email.parse().expect("an address"),
        name: "Somebody".parse().expect("a name"),
        role: role.parse().expect("a role"),
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: "".parse().expect("tags"),
        earlier: None,
    };
    let request = Request::EnterPerson {
        person: Box::new(person),
        department: "IT".parse().expect("a department"),
    };
    command(number, by, request)
}

pub(crate) fn approve(number: u64, by: &str, application: &str) -> Command {
    let request = Request::DecideApplication {
        application: ApplicationId::from_key(application).into_owned(),
        outcome: Outcome::Approved,
        comment: None,
        expected_version: None,
        accept_warnings: false,
    };
    command(number, by, request)
}

pub(crate) fn withdraw(number: u64, by: &str, application: &str) -> Command {
    let request = Request::WithdrawApplication {
        application: ApplicationId::from_key(application).into_owned(),
    };
    command(number, by, request)
}
