//! The log as those see it who ask by commands.

use std::collections::BTreeMap;

use timeoff_contract::{CommandWriter, Contract};
use timeoff_ledger::{Asked, Command, Person, Request};
use timeoff_log::{ReadEvent, ReadFrom, Reader};
use timeoff_models::{ApplicationId, Outcome, Ticks};
use tokio::runtime::Runtime;

use super::wishes::Seen;
use crate::checker::DEPARTMENTS;
use crate::stage::{Stage, contract_on};
use crate::wanted::{Somebody, Wanted, What};

/// An open log.
pub(super) struct Connection {
    runtime: Runtime,
    contract: Contract,
    writer: CommandWriter,
    /// Reads the applications; `None` after a failure.
    reader: Option<Reader>,
    /// Where to go on reading.
    next: BTreeMap<i32, i64>,
}

impl Connection {
    /// `None` if the log does not answer.
    pub(super) fn open(stage: &dyn Stage) -> Option<Connection> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (contract, writer) = runtime.block_on(async {
            let contract = contract_on(stage).await?;
            let writer = contract.command_writer().await.ok()?;
            Some((contract, writer))
        })?;
        Some(Connection {
            runtime,
            contract,
            writer,
            reader: None,
            next: BTreeMap::new(),
        })
    }

    /// Applications that have come since the last call, as far as they are at hand.
    pub(super) fn new_applications(&mut self) -> Vec<Seen> {
        self.runtime.block_on(async {
            let mut found = Vec::new();
            if self.reader.is_none() {
                let from = ReadFrom::Offsets(self.next.clone());
                let topic = &self.contract.topics().applications;
                self.reader = self.contract.log().read(topic, from).await.ok();
            }
            while let Some(reader) = &mut self.reader {
                match reader.try_next() {
                    Ok(Some(ReadEvent::Record(record))) => {
                        let position = &record.position;
                        self.next.insert(position.partition, position.offset + 1);
                        if let Ok(received) = self.contract.read_application(&record).await {
                            found.push(Seen {
                                id: received.id.as_str().to_owned(),
                                email: received.application.email.as_str().to_owned(),
                                partition: received.partition,
                            });
                        }
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => self.reader = None,
                }
            }
            found
        })
    }

    /// Appends a command. Returns its offset; `None` if it is not certain to be on the log.
    pub(super) fn append(&self, wanted: &Wanted) -> Option<i64> {
        let command = command(wanted);
        let record = self.writer.record(wanted.partition, &command.to_record());
        let appending = self.contract.log().append(vec![record]);
        let positions = self.runtime.block_on(appending).ok()?;
        Some(positions[0].offset)
    }

    /// Leaves nothing open.
    pub(super) fn close(self) {
        drop(self.reader);
        let log = self.contract.log().clone();
        self.runtime.block_on(log.close());
    }
}

fn command(wanted: &Wanted) -> Command {
    let department = || {
        let index = usize::try_from(wanted.partition).unwrap();
        DEPARTMENTS[index].parse().unwrap()
    };
    let application_id = |id: &str| ApplicationId::from_key(id).into_owned();
    let request = match &wanted.what {
        What::Enter {
            is_first: true,
            person,
        } => Request::NameFirstAdmin {
            person: person.id.parse().unwrap(),
            email: person.email.parse().unwrap(),
            name: person.name.parse().unwrap(),
            department: department(),
        },
        What::Enter {
            is_first: false,
            person,
        } => Request::EnterPerson {
            person: Box::new(whole(person)),
            department: department(),
        },
        What::Decide {
            application,
            approve,
            comment,
            expected_version,
        } => Request::DecideApplication {
            application: application_id(application),
            outcome: match approve {
                true => Outcome::Approved,
                false => Outcome::Declined,
            },
            comment: comment.as_ref().map(|comment| comment.parse().unwrap()),
            expected_version: expected_version.map(|version| u32::try_from(version).unwrap()),
            accept_warnings: false,
        },
        What::Withdraw { application } => Request::WithdrawApplication {
            application: application_id(application),
        },
    };
    Command {
        asked: Asked {
            command_id: wanted.id.parse().unwrap(),
            by: wanted.by.parse().unwrap(),
            at: Ticks::of(std::time::SystemTime::now().into()),
        },
        request,
    }
}

fn whole(person: &Somebody) -> Person {
    Person {
        id: person.id.parse().unwrap(),
        email: person.email.parse().unwrap(),
        name: person.name.parse().unwrap(),
        role: person.role.parse().unwrap(),
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: "".parse().unwrap(),
        earlier: None,
    }
}
