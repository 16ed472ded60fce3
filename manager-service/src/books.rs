//! The ledgers of the departments that are held, each as what it says now.
//!
//! A ledger is folded when its partition comes. From then on this process is its only writer, so what it decides is
//! folded as it is decided, before it is on the log. If something is then not recorded, the ledger is folded again.

use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use timeoff_cli::{Notices, describe, hidden, no_answer};
use timeoff_contract::{Contract, DecodeError, group_of_ledger, read_patiently};
use timeoff_ledger::{Event, State};
use timeoff_log::{Assignment, Position, ReadEvent, ReadFrom, Reader, Record, Settled};

use crate::patience::patiently;
use crate::sabotage::LeftOut;

/// The ledgers of the partitions that are held.
pub(crate) struct Books {
    /// The group of managers who keep them.
    group: String,
    books: BTreeMap<i32, Book>,
}

/// One department's ledger.
struct Book {
    state: State,
    /// The offset of the last event that is known to be on the log.
    last_offset: Option<i64>,
    /// Whether something was folded that may not be on the log.
    is_doubtful: bool,
    /// Whether the log says which group of managers keeps it.
    names_a_group: bool,
}

impl Books {
    pub(crate) fn new(group: &str) -> Books {
        Books {
            group: group.to_owned(),
            books: BTreeMap::new(),
        }
    }

    /// Forgets what is held no longer and folds what was gained. Waits while the log does not answer.
    ///
    /// # Errors
    ///
    /// If a ledger cannot be read, is kept by another group of managers, or has an event that this version does not
    /// understand: whoever decided without knowing it could decide wrongly.
    pub(crate) async fn hear(
        &mut self,
        assignment: &Assignment,
        contract: &Contract,
        notices: &Notices,
    ) -> anyhow::Result<()> {
        for lost in &assignment.lost {
            self.books.remove(lost);
        }
        self.fold(&assignment.gained, contract, notices).await
    }

    /// Folds again what may not be on the log as it was folded.
    ///
    /// # Errors
    ///
    /// As [`Books::hear`].
    pub(crate) async fn clear_up(
        &mut self,
        contract: &Contract,
        notices: &Notices,
    ) -> anyhow::Result<()> {
        let doubtful = self.books.iter().filter(|(_, book)| book.is_doubtful);
        let doubtful: Vec<i32> = doubtful.map(|(&partition, _)| partition).collect();
        self.fold(&doubtful, contract, notices).await
    }

    /// What a department's ledger says; `None` if its partition is not held.
    pub(crate) fn state(&self, partition: i32) -> Option<&State> {
        self.books.get(&partition).map(|book| &book.state)
    }

    /// Whether something was folded in a department that may not be on the log; see [`Books::clear_up`].
    pub(crate) fn is_doubtful(&self, partition: i32) -> bool {
        let book = self.books.get(&partition);
        book.is_some_and(|book| book.is_doubtful)
    }

    /// Whether that is so in any of them.
    pub(crate) fn are_doubtful(&self) -> bool {
        self.books.values().any(|book| book.is_doubtful)
    }

    /// The offset of the last event of a department's ledger that is known to be on the log.
    pub(crate) fn last_offset(&self, partition: i32) -> Option<i64> {
        self.books.get(&partition)?.last_offset
    }

    /// The group of managers who keep them.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// Whether people have been entered in any of the departments.
    pub(crate) fn have_people(&self) -> bool {
        self.books
            .values()
            .any(|book| !book.state.is_without_people())
    }

    /// Folds an event that is about to be recorded.
    pub(crate) fn evolve(&mut self, partition: i32, event: &Event<'_>) {
        if let Some(book) = self.books.get_mut(&partition) {
            book.state.evolve(event);
        }
    }

    /// Notes what became of a settlement whose events were folded. If it was not recorded and the partition is still
    /// held, the ledger is to be folded again: see [`Books::clear_up`].
    pub(crate) fn note(&mut self, partition: i32, settled: &Settled, contract: &Contract) {
        let Some(book) = self.books.get_mut(&partition) else {
            return;
        };
        match settled {
            Settled::Recorded(positions) => {
                let is_event = |position: &&Position| {
                    position.topic == contract.topics().ledger && position.partition == partition
                };
                let events = || positions.iter().filter(is_event).map(|at| at.offset);
                // Another group may have been the first to write onto a ledger that was empty when it was folded.
                book.is_doubtful |=
                    book.last_offset.is_none() && events().min().is_some_and(|first| first > 0);
                book.last_offset = events().max().or(book.last_offset);
            }
            Settled::Stale | Settled::Unknown => book.is_doubtful = true,
        }
    }

    /// Has a ledger folded again, as something that was folded was not recorded.
    pub(crate) fn doubt(&mut self, partition: i32) {
        if let Some(book) = self.books.get_mut(&partition) {
            book.is_doubtful = true;
        }
    }

    async fn fold(
        &mut self,
        partitions: &[i32],
        contract: &Contract,
        notices: &Notices,
    ) -> anyhow::Result<()> {
        if partitions.is_empty() {
            return Ok(());
        }
        let topic = &contract.topics().ledger;
        let mut books = empty(partitions, contract);
        let left_out = LeftOut::of(contract).await?;
        let mut reader = begin(partitions, contract, notices).await?;
        while let Some(reader) = &mut reader {
            let event = match reader.try_next()? {
                Some(event) => event,
                None => reader.next().await?,
            };
            match event {
                ReadEvent::Record(record) => {
                    let Some(book) = books.get_mut(&record.position.partition) else {
                        continue;
                    };
                    if !book.names_a_group
                        && let Some(group) = group_of_ledger(&record)
                    {
                        self.check_group(&group, &record.position, contract)?;
                        book.names_a_group = true;
                    }
                    let event = understand(&record, contract, notices).await?;
                    if !left_out.has(&record.position) {
                        book.state.evolve(&event);
                    }
                    book.last_offset = Some(record.position.offset);
                }
                ReadEvent::CaughtUp => break,
                ReadEvent::Unreachable { reason } => notices.say(&no_answer(&reason)),
                ReadEvent::Reachable => notices.say("The log answers again."),
                ReadEvent::Hidden { partition, offset } => {
                    notices.say(&hidden(topic, partition, offset));
                }
            }
        }
        self.books.append(&mut books);
        Ok(())
    }

    /// Two groups would both answer each command, and decide each application.
    fn check_group(
        &self,
        keeps_it: &str,
        position: &Position,
        contract: &Contract,
    ) -> anyhow::Result<()> {
        let group = &*self.group;
        ensure!(
            keeps_it == group,
            "{position}: the ledger of {} is kept by the managers of group '{keeps_it}', and this manager is of group \
             '{group}': both would answer each command and decide each application; start with --group '{keeps_it}'",
            describe(contract.departments(), &[position.partition])
        );
        Ok(())
    }
}

/// Begins to read the ledgers of these departments from their first event; `None` if none has any. Tries again while the
/// log does not answer.
async fn begin(
    partitions: &[i32],
    contract: &Contract,
    notices: &Notices,
) -> anyhow::Result<Option<Reader>> {
    let (log, topic) = (contract.log(), &contract.topics().ledger);
    let read = async || {
        let with_events = log.with_records(topic, partitions).await?;
        if with_events.is_empty() {
            return Ok(None);
        }
        let from = with_events.into_iter().map(|partition| (partition, 0));
        log.read(topic, ReadFrom::Only(from.collect()))
            .await
            .map(Some)
    };
    patiently(notices, read).await.with_context(|| {
        let of = describe(contract.departments(), partitions);
        format!("could not read the ledger of {of}")
    })
}

fn empty(partitions: &[i32], contract: &Contract) -> BTreeMap<i32, Book> {
    let book = |&partition: &i32| {
        let department = contract.departments().at(partition)?;
        let book = Book {
            state: State::of(department.clone()),
            last_offset: None,
            is_doubtful: false,
            names_a_group: false,
        };
        Some((partition, book))
    };
    partitions.iter().filter_map(book).collect()
}

/// The event of a record of a ledger.
async fn understand<'a>(
    record: &'a Record,
    contract: &Contract,
    notices: &Notices,
) -> anyhow::Result<Event<'a>> {
    let position = &record.position;
    let mut told = false;
    let waiting = |error: &_| {
        if !std::mem::replace(&mut told, true) {
            notices.say(&no_answer(error));
        }
    };
    let read = || async {
        match contract.read_ledger(record).await {
            // It is no dead letter: a ledger is read whole or not at all.
            Err(DecodeError::NewerVersion { type_name }) => Ok(Err(type_name)),
            read => read.map(Ok),
        }
    };
    match read_patiently(read, waiting).await? {
        Ok(Ok(event)) => Event::from_record(event, contract.departments())
            .with_context(|| format!("{position}: the ledger has an impossible event")),
        Ok(Err(type_name)) => bail!(
            "{position}: the ledger has an event of type {type_name}, which was written by a newer version; this one \
             must not decide without understanding it: use that version"
        ),
        Err(reason) => bail!("{position}: the ledger has a record that is no event: {reason}"),
    }
}
