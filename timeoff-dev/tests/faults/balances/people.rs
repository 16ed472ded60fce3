//! Those who ask: employees, two approvers, an admin.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use fastrand::Rng;
use timeoff_contract::{ApplicationWriter, CommandWriter, Contract};
use timeoff_ledger::{Asked, Command, Entitlement, Person, PolicyText, Request, Role};
use timeoff_log::{NewRecord, ReadEvent, ReadFrom};
use timeoff_models::{
    ApplicationId, Date, DayPart, Email, LeaveApplication, LeaveDetails, Outcome, TickClock, Ticks,
};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::checker::DEPARTMENTS;
use crate::stage::{Stage, contract_on};

/// The partition of the department in which all of them are.
const HERE: i32 = 1;

const EMPLOYEES: usize = 6;

/// Many days, so that leave collides now and then, and not always.
const DAYS: u64 = 60;

const POLICY: &str = r#"
default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = true
"#;

/// How long to wait before something is sent again that the log did not take.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct People {
    runtime: Runtime,
    contract: Contract,
    commands: CommandWriter,
    applications: ApplicationWriter,
    clock: TickClock,
    /// The ids of applications that were queued, and whose they are.
    queued: Vec<(ApplicationId<'static>, usize)>,
    /// The ids of commands that are on the log.
    asked: HashSet<String>,
    numbers: Rng,
}

impl People {
    pub(super) fn open(stage: &dyn Stage) -> People {
        let runtime = Runtime::new().unwrap();
        let (contract, commands, applications) = runtime.block_on(async {
            let contract = contract_on(stage).await.unwrap();
            let commands = contract.command_writer().await.unwrap();
            let applications = contract.application_writer().await.unwrap();
            (contract, commands, applications)
        });
        People {
            runtime,
            contract,
            commands,
            applications,
            clock: TickClock::new(),
            queued: Vec::new(),
            asked: HashSet::new(),
            numbers: Rng::new(),
        }
    }

    /// Enters everybody, sets the policy and grants what can be taken: little, in two parts that overlap.
    pub(super) fn set_up(&mut self) {
        self.command(
            "ada",
            Request::NameFirstAdmin {
                person: id(1).try_into().unwrap(),
                email: email("ada"),
                name: "Ada".parse().unwrap(),
                department: DEPARTMENTS[HERE as usize].parse().unwrap(),
            },
        );
        for (number, name) in (2..).zip(["ben", "cleo"]) {
            self.enter(number, name, Role::Approver);
        }
        for employee in 0..EMPLOYEES {
            self.enter(10 + employee as u128, &name_of(employee), Role::Employee);
        }
        self.command(
            "ada",
            Request::SetPolicy {
                policy: PolicyText(POLICY.into()),
                expected_version: None,
            },
        );
        for employee in 0..EMPLOYEES {
            for (part, minutes, from, until) in
                [(0, 1_440, 0, DAYS / 2), (1, 960, DAYS / 3, DAYS + 30)]
            {
                let entitlement = Entitlement {
                    id: id(100 + 10 * employee as u128 + part).try_into().unwrap(),
                    person: id(10 + employee as u128).try_into().unwrap(),
                    leave_type: "annual".parse().unwrap(),
                    minutes,
                    from: day(from),
                    until: day(until),
                };
                let entitlement = Box::new(entitlement);
                self.command("ada", Request::GrantEntitlement { entitlement });
            }
        }
        self.wait_for_answers(super::PATIENCE);
    }

    fn enter(&mut self, number: u128, name: &str, role: Role) {
        let person = Person {
            id: id(number).try_into().unwrap(),
            email: email(name),
            name: name.parse().unwrap(),
            role,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: "".parse().unwrap(),
            earlier: None,
        };
        let request = Request::EnterPerson {
            person: Box::new(person),
            department: DEPARTMENTS[HERE as usize].parse().unwrap(),
        };
        self.command("ada", request);
    }

    /// Somebody asks for something.
    pub(super) fn ask(&mut self, rng: &mut Rng) {
        match rng.u8(..10) {
            0..4 => self.apply(rng),
            4..8 => self.approve(rng),
            _ => self.cancel(rng),
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..20)));
    }

    fn apply(&mut self, rng: &mut Rng) {
        let employee = rng.usize(..EMPLOYEES);
        let first = rng.u64(..DAYS);
        let part = |rng: &mut Rng, half| match rng.u8(..3) {
            0 => half,
            _ => DayPart::Whole,
        };
        let details = match rng.u8(..4) {
            // As version 1 has it: hours.
            0 => None,
            1 => Some(LeaveDetails {
                minutes: Some(30 * rng.u16(1..=16)),
                ..LeaveDetails::default()
            }),
            _ => {
                let days = rng.u64(1..=3);
                let first_half = match days {
                    1 if rng.bool() => DayPart::Morning,
                    _ => DayPart::Afternoon,
                };
                Some(LeaveDetails {
                    last_date: Some(day(first + days - 1)),
                    first_day: part(rng, first_half),
                    last_day: match days {
                        1 => DayPart::Whole,
                        _ => part(rng, DayPart::Morning),
                    },
                    ..LeaveDetails::default()
                })
            }
        };
        let application = LeaveApplication {
            email: email(&name_of(employee)),
            department: DEPARTMENTS[HERE as usize].parse().unwrap(),
            hours: (4 * rng.i32(1..=5)).try_into().unwrap(),
            start: day(first).midnight().into(),
            details: details.map(Box::new),
        };
        let id = ApplicationId::new(&application.email, self.clock.stamp(now()));
        let record = self.applications.record(&id, &application);
        if self.append(record) {
            self.queued.push((id, employee));
        }
    }

    /// Two approvers approve the same at the same moment, or one does, or one twice.
    fn approve(&mut self, rng: &mut Rng) {
        let Some((application, _)) = self.one_of_the_last(rng) else {
            return;
        };
        let request = Request::DecideApplication {
            application,
            outcome: match rng.u8(..12) {
                0 => Outcome::Declined,
                _ => Outcome::Approved,
            },
            comment: None,
            expected_version: None,
            accept_warnings: false,
        };
        match rng.u8(..3) {
            0 => {
                self.command("ben", request.clone());
                self.command("cleo", request);
            }
            1 => {
                let record = self.command("ben", request);
                self.append(record);
            }
            _ => {
                self.command("cleo", request);
            }
        }
    }

    fn cancel(&mut self, rng: &mut Rng) {
        let Some((application, employee)) = self.one_of_the_last(rng) else {
            return;
        };
        let request = Request::AskToCancel {
            application: application.clone(),
        };
        self.command(&name_of(employee), request);
        let request = Request::DecideCancellation {
            application,
            outcome: Outcome::Approved,
        };
        self.command("ben", request);
    }

    fn one_of_the_last(&self, rng: &mut Rng) -> Option<(ApplicationId<'static>, usize)> {
        let last = &self.queued[self.queued.len().saturating_sub(12)..];
        rng.choice(last).cloned()
    }

    /// Sends a command until the log has it, and gives its record.
    fn command(&mut self, by: &str, request: Request) -> NewRecord {
        let command_id = id(self.numbers.u128(1..));
        let command = Command {
            asked: Asked {
                command_id: command_id.try_into().unwrap(),
                by: email(by),
                at: now(),
            },
            request,
        };
        let record = self.commands.record(HERE, &command.to_record());
        while !self.append(record.clone()) {
            std::thread::sleep(PAUSE);
        }
        self.asked.insert(command_id.to_string());
        record
    }

    fn append(&self, record: NewRecord) -> bool {
        let appending = self.contract.log().append(vec![record]);
        self.runtime.block_on(appending).is_ok()
    }

    /// Leaves nothing open.
    pub(super) fn close(self) {
        let log = self.contract.log().clone();
        self.runtime.block_on(log.close());
    }

    /// Waits until every command has an answer on the ledger.
    pub(super) fn wait_for_answers(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        let topic = self.contract.topics().ledger.clone();
        let mut left = self.asked.clone();
        self.runtime.block_on(async {
            let mut reader = self
                .contract
                .log()
                .read(&topic, ReadFrom::Offsets(Default::default()))
                .await
                .unwrap();
            while !left.is_empty() {
                assert!(
                    Instant::now() < until,
                    "{} of {} commands have no answer",
                    left.len(),
                    self.asked.len()
                );
                let event = tokio::time::timeout(PAUSE, reader.next()).await;
                if let Ok(Ok(ReadEvent::Record(record))) = event {
                    let read = self.contract.read_ledger(&record).await.unwrap();
                    if let Some(command) = read.command_id() {
                        left.remove(command);
                    }
                }
            }
        });
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn name_of(employee: usize) -> String {
    format!("employee-{employee}")
}

fn email(name: &str) -> Email {
    format!("{name}@example.com").parse().unwrap()
}

/// So many days after 2035-01-01, a Monday: none of it is over.
fn day(number: u64) -> Date {
    let first: Date = NaiveDate::from_ymd_opt(2035, 1, 1)
        .unwrap()
        .try_into()
        .unwrap();
    first.plus(u32::try_from(number).unwrap()).unwrap()
}

fn now() -> Ticks {
    Ticks::of(std::time::SystemTime::now().into())
}
