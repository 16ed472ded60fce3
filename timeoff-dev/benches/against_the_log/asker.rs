//! Somebody who enters people, asks by commands, and reads what is on the log.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use timeoff_contract::{CommandWriter, Contract, LedgerWriter, TopicNames};
use timeoff_ledger::{
    Asked, Cause, Command, CommandId, Event, Fact, LeaveDecided, Person, PersonId, Request, Role,
};
use timeoff_log::{KafkaSettings, Log, NewRecord, ReadEvent, ReadFrom, Reader, Record};
use timeoff_models::{ApplicationId, Departments, Outcome, Ticks};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::ground::{Ground, Names, PARTITIONS};
use crate::rows::{self, DEPARTMENTS};

/// How many records are appended at once.
const TOGETHER: usize = 10_000;

/// A client of the log, as other programs are.
pub(crate) struct Asker {
    runtime: Runtime,
    contract: Contract,
    commands: CommandWriter,
    ledger: LedgerWriter,
}

impl Asker {
    /// Makes the topics if there are none.
    pub(crate) fn open(ground: &dyn Ground, names: &Names) -> Asker {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut settings = KafkaSettings::new();
        if let Some(registry) = ground.registry_url() {
            settings.set_schema_registry(registry.parse().unwrap());
        }
        let url = ground.log_url(names).parse().unwrap();
        let topics = TopicNames {
            applications: names.applications.as_str().into(),
            results: names.results.as_str().into(),
            dead_letters: names.dead_letters.as_str().into(),
            commands: names.commands.as_str().into(),
            ledger: names.ledger.as_str().into(),
        };
        let (contract, commands, ledger) = runtime.block_on(async {
            let log = Log::open(&url, &settings).await.unwrap();
            let departments = Departments::default();
            let contract = Contract::open_with_ledger(&log, topics, departments);
            let contract = contract.await.unwrap();
            let commands = contract.command_writer().await.unwrap();
            let ledger = contract.ledger_writer().await.unwrap();
            (contract, commands, ledger)
        });
        Asker {
            runtime,
            contract,
            commands,
            ledger,
        }
    }

    /// Enters an admin, an approver and whoever submits applications in each department. Returns how many they are.
    pub(crate) fn enter_everybody(&self) -> usize {
        let leaders = (0..PARTITIONS).flat_map(|partition| {
            [
                (admin_of(partition), Role::Admin),
                (approver_of(partition), Role::Approver),
            ]
            .map(|(email, role)| (partition, person(&email, role)))
        });
        let employees = (0..rows::EMPLOYEES).map(|number| {
            let (email, partition) = rows::employee(number);
            (partition, person(&email, Role::Employee))
        });
        let people: Vec<_> = leaders.chain(employees).collect();
        let count = people.len();
        self.enter(people);
        count
    }

    /// Enters an admin and employees in one department, this many in all. Returns their ids, the admin's first.
    pub(crate) fn enter_in(&self, partition: usize, count: usize) -> Vec<PersonId> {
        let employee = |number| person(&employee_address(number), Role::Employee);
        let admin = person(&admin_of(partition), Role::Admin);
        let people: Vec<Person> = [admin]
            .into_iter()
            .chain((1..count).map(employee))
            .collect();
        let ids = people.iter().map(|person| person.id).collect();
        self.enter(people.into_iter().map(|person| (partition, person)));
        ids
    }

    fn enter(&self, people: impl IntoIterator<Item = (usize, Person)>) {
        let entered = |(partition, person): (usize, Person)| {
            let fact = Fact::PersonEntered {
                person: Box::new(person),
                department: DEPARTMENTS[partition].parse().unwrap(),
                moved_from: None,
                left: None,
            };
            self.event(partition, None, fact)
        };
        self.append(people.into_iter().map(entered));
    }

    /// Books leave in one department `count` times, as if the first of these people had done so by commands, for the
    /// others in turn.
    pub(crate) fn book(&self, partition: usize, people: &[PersonId], count: usize) {
        let first = now().get();
        let others = (1..people.len()).cycle();
        let booked = |(number, employee): (usize, usize)| {
            let email = employee_address(employee).parse().unwrap();
            let submitted_at = Ticks::try_from(first + number as i64).unwrap();
            let fact = Fact::LeaveBooked(LeaveDecided {
                application: ApplicationId::new(&email, submitted_at),
                person: Some(people[employee]),
                on_behalf_of: None,
                policy: None,
                known_offset: Some(number as i64),
                judged: None,
            });
            self.event(partition, Some(people[0]), fact)
        };
        self.append((0..count).zip(others).map(booked));
    }

    /// An event that is the answer to a command.
    fn event(&self, partition: usize, by: Option<PersonId>, fact: Fact<'_>) -> NewRecord {
        let cause = Cause {
            command_id: Some(new_command()),
            by,
            at: now(),
        };
        let event = Event { cause, fact };
        let record = event.to_record();
        let key = record.key().unwrap();
        self.ledger.record(partition as i32, key, &record)
    }

    /// Has the admin of a department enter one more person there.
    pub(crate) fn ask_to_enter_a_person(&self, partition: usize) {
        let id = new_person();
        let person = Person {
            id,
            ..person(&format!("{id}@example.com"), Role::Employee)
        };
        let request = Request::EnterPerson {
            person: Box::new(person),
            department: DEPARTMENTS[partition].parse().unwrap(),
        };
        self.append([self.command(partition, &admin_of(partition), request)]);
    }

    /// Has the approvers approve everything that has been submitted.
    pub(crate) fn ask_to_approve_everything(&self) {
        let approve = |(partition, application)| {
            let request = Request::DecideApplication {
                application,
                outcome: Outcome::Approved,
                comment: None,
                expected_version: None,
                accept_warnings: false,
            };
            self.command(partition, &approver_of(partition), request)
        };
        let applications = self.runtime.block_on(self.applications());
        self.append(applications.into_iter().map(approve));
    }

    fn command(&self, partition: usize, by: &str, request: Request) -> NewRecord {
        let command = Command {
            asked: Asked {
                command_id: new_command(),
                by: by.parse().unwrap(),
                at: now(),
            },
            request,
        };
        self.commands.record(partition as i32, &command.to_record())
    }

    async fn applications(&self) -> Vec<(usize, ApplicationId<'static>)> {
        let topic = &self.contract.topics().applications;
        let reader = self.contract.log().read(topic, ReadFrom::Beginning).await;
        let mut reader = reader.unwrap();
        let mut applications = Vec::new();
        while let Some(record) = next(&mut reader).await {
            let received = self.contract.read_application(&record).await.unwrap();
            let partition = usize::try_from(received.partition).unwrap();
            applications.push((partition, received.id.into_owned()));
        }
        applications
    }

    /// Reads the ledger of a department without understanding it. Returns how many records it has, and how long that
    /// took.
    pub(crate) fn read_ledger(&self, partition: usize) -> (usize, Duration) {
        let topic = &self.contract.topics().ledger;
        let from = ReadFrom::Only(BTreeMap::from([(partition as i32, 0)]));
        self.runtime.block_on(async {
            let began = Instant::now();
            let mut reader = self.contract.log().read(topic, from).await.unwrap();
            let mut count = 0;
            while next(&mut reader).await.is_some() {
                count += 1;
            }
            (count, began.elapsed())
        })
    }

    fn append(&self, records: impl IntoIterator<Item = NewRecord>) {
        let mut records = records.into_iter();
        loop {
            let some: Vec<NewRecord> = records.by_ref().take(TOGETHER).collect();
            if some.is_empty() {
                return;
            }
            let append = self.contract.log().append(some);
            self.runtime.block_on(append).unwrap();
        }
    }
}

/// The next record, until all have been read that were there at the beginning.
async fn next(reader: &mut Reader) -> Option<Record> {
    let event = match reader.try_next().unwrap() {
        Some(event) => event,
        None => reader.next().await.unwrap(),
    };
    match event {
        ReadEvent::Record(record) => Some(record),
        ReadEvent::CaughtUp => None,
        other => panic!("the reader says {other:?}"),
    }
}

fn employee_address(number: usize) -> String {
    format!("p{number:07}@example.com")
}

fn admin_of(partition: usize) -> String {
    format!("admin-{partition}@example.com")
}

fn approver_of(partition: usize) -> String {
    format!("approver-{partition}@example.com")
}

fn person(email: &str, role: Role) -> Person {
    Person {
        id: new_person(),
        email: email.parse().unwrap(),
        name: "Ada Lovelace".parse().unwrap(),
        role,
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: "".parse().unwrap(),
        earlier: None,
    }
}

fn new_command() -> CommandId {
    CommandId::try_from(Uuid::now_v7()).unwrap()
}

fn new_person() -> PersonId {
    PersonId::try_from(Uuid::now_v7()).unwrap()
}

fn now() -> Ticks {
    Ticks::of(std::time::SystemTime::now().into())
}
