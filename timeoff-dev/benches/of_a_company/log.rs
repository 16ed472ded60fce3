//! A client of the log, as other programs are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use timeoff_contract::{Contract, TopicNames};
use timeoff_dev::company::{self, Company, Size, admin, employee};
use timeoff_ledger::{Asked, Command, CommandId, Entitlement, EntitlementId, PersonId, Request};
use timeoff_log::{KafkaSettings, Log, NewRecord, ReadEvent, ReadFrom};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, Outcome, Ticks};
use timeoff_testkit::Bench;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::PARTITION;

pub(crate) struct Client {
    runtime: Runtime,
    contract: Contract,
}

impl Client {
    /// Puts a company onto the log.
    pub(crate) fn fill(bench: &Bench, size: Size) -> (Client, Company) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let topics = TopicNames {
            applications: bench.applications.as_str().into(),
            results: bench.results.as_str().into(),
            dead_letters: bench.dead_letters.as_str().into(),
            commands: bench.commands.as_str().into(),
            ledger: bench.ledger.as_str().into(),
        };
        let url = bench.log.parse().unwrap();
        let (contract, company) = runtime.block_on(async {
            let log = Log::open(&url, &KafkaSettings::new()).await.unwrap();
            let opened = Contract::open_with_ledger(&log, topics, Departments::default());
            let contract = opened.await.unwrap();
            let company = company::put(&contract, size).await.unwrap();
            (contract, company)
        });
        (Client { runtime, contract }, company)
    }

    /// Has the admin of the department grant somebody a minute.
    pub(crate) fn ask_to_grant(&self, number: usize) {
        let name = format!("person {} of {}", 1 + number, self.department());
        let person = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let entitlement = Box::new(Entitlement {
            id: EntitlementId::try_from(Uuid::now_v7()).unwrap(),
            person: PersonId::try_from(person).unwrap(),
            leave_type: "annual".parse().unwrap(),
            minutes: 1,
            from: "2026-01-01".parse().unwrap(),
            until: "2026-12-31".parse().unwrap(),
        });
        self.append(self.command(Request::GrantEntitlement { entitlement }));
    }

    /// Queues an application for three days of 2026, some of which can be approved. Returns the command that would.
    pub(crate) fn apply(&self, number: usize) -> NewRecord {
        let start = format!("2026-{:02}-{:02}", 1 + number % 12, 1 + number % 28);
        let leave = LeaveApplication {
            email: employee(PARTITION, 1 + number % 50).parse().unwrap(),
            department: self.department().parse().unwrap(),
            hours: 24.try_into().unwrap(),
            start: start.parse().unwrap(),
            details: None,
        };
        let id = ApplicationId::new(&leave.email, now());
        let record = self.runtime.block_on(async {
            let writer = self.contract.application_writer().await.unwrap();
            writer.record(&id, &leave)
        });
        self.append(record);
        self.command(Request::DecideApplication {
            application: id,
            outcome: Outcome::Approved,
            comment: None,
            expected_version: None,
            accept_warnings: true,
        })
    }

    fn command(&self, request: Request) -> NewRecord {
        let command = Command {
            asked: Asked {
                command_id: CommandId::try_from(Uuid::now_v7()).unwrap(),
                by: admin(PARTITION).parse().unwrap(),
                at: now(),
            },
            request,
        };
        self.runtime.block_on(async {
            let writer = self.contract.command_writer().await.unwrap();
            writer.record(PARTITION, &command.to_record())
        })
    }

    pub(crate) fn append(&self, record: NewRecord) {
        let append = self.contract.log().append(vec![record]);
        self.runtime.block_on(append).unwrap();
    }

    /// How long it takes to read the ledger of the department without understanding it.
    pub(crate) fn read_ledger(&self) -> Duration {
        let from = ReadFrom::Only(BTreeMap::from([(PARTITION, 0)]));
        self.read(&self.contract.topics().ledger, from)
    }

    /// How long it takes to read applications, commands and the ledger without understanding them.
    pub(crate) fn read_what_was_asked(&self) -> Duration {
        let topics = self.contract.topics();
        [&topics.applications, &topics.commands, &topics.ledger]
            .map(|topic| self.read(topic, ReadFrom::Beginning))
            .iter()
            .sum()
    }

    fn read(&self, topic: &str, from: ReadFrom) -> Duration {
        self.runtime.block_on(async {
            let began = Instant::now();
            let mut reader = self.contract.log().read(topic, from).await.unwrap();
            loop {
                let event = match reader.try_next().unwrap() {
                    Some(event) => event,
                    None => reader.next().await.unwrap(),
                };
                if let ReadEvent::CaughtUp = event {
                    return began.elapsed();
                }
            }
        })
    }

    fn department(&self) -> String {
        let department = self.contract.departments().at(PARTITION);
        department.unwrap().as_str().to_owned()
    }
}

fn now() -> Ticks {
    Ticks::of(std::time::SystemTime::now().into())
}
