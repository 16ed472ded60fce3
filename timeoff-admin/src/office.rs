//! Sending commands, and waiting for their answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use timeoff_cli::{
    LogArgs, Notices, OutputFormat, Shutdown, describe, stalled, telling_of_a_stall,
};
use timeoff_contract::Contract;
use timeoff_ledger::{Asked, Command, CommandId, Fact, Request};
use timeoff_log::{NewRecord, ReadEvent, ReadFrom};
use timeoff_models::{Email, Ticks};
use uuid::Uuid;

use crate::books::{Books, understand};
use crate::noted::Noted;
use crate::options::IdArgs;
use crate::topic::tell;

/// How long an answer may take before it is said that perhaps nobody is there to give it.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open log, and what its ledger says.
pub(crate) struct Office {
    pub(crate) contract: Contract,
    pub(crate) books: Books,
    pub(crate) notices: Notices,
    shutdown: Shutdown,
}

/// A command, and the partition to whose owner it goes.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) partition: i32,
    pub(crate) command: Command,
}

/// An answer that is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Awaited {
    id: CommandId,
    /// Where it may come: one partition, unless nobody knows to which one the command goes.
    partitions: Vec<i32>,
    /// The command that brings this one about. If it is refused, there is nothing to wait for.
    after: Option<CommandId>,
}

/// How waiting has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waited {
    /// With all answers.
    Answered,
    /// Somebody has asked to stop.
    Stopped,
}

/// A new id: a UUID of version 7.
pub(crate) fn new_command_id() -> CommandId {
    CommandId::try_from(Uuid::now_v7()).expect("it has a version, so it is not nil")
}

/// Now.
pub(crate) fn now() -> Ticks {
    Ticks::of(SystemTime::now().into())
}

impl Errand {
    pub(crate) fn new(partition: i32, id: CommandId, by: &Email, request: Request) -> Errand {
        let asked = Asked {
            command_id: id,
            by: by.clone(),
            at: now(),
        };
        Errand {
            partition,
            command: Command { asked, request },
        }
    }

    pub(crate) fn id(&self) -> CommandId {
        self.command.asked.command_id
    }
}

impl Awaited {
    /// The answer to this command, from one of these partitions.
    pub(crate) fn to(id: CommandId, partitions: Vec<i32>) -> Awaited {
        Awaited {
            id,
            partitions,
            after: None,
        }
    }
}

impl Office {
    /// Opens the log and reads the ledger. The answers to the commands that are `watched` are found even if they were
    /// given before.
    ///
    /// # Errors
    ///
    /// If the log or the ledger cannot be read, or somebody has asked to stop.
    pub(crate) async fn open(
        log: &LogArgs,
        watched: impl IntoIterator<Item = CommandId>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Office> {
        Office::with(log, log.open_with_ledger(true), watched, shutdown).await
    }

    /// As [`Office::open`], to send nothing: makes neither a file nor topics.
    ///
    /// # Errors
    ///
    /// As [`Office::open`]; also if there is no such file.
    pub(crate) async fn open_to_look(
        log: &LogArgs,
        watched: impl IntoIterator<Item = CommandId>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Office> {
        Office::with(log, log.open_to_look(), watched, shutdown).await
    }

    async fn with(
        log: &LogArgs,
        contract: impl Future<Output = anyhow::Result<Contract>>,
        watched: impl IntoIterator<Item = CommandId>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Office> {
        let notices = log.notices();
        let opening = async {
            let contract = contract.await?;
            let books = Books::read(&contract, &notices, watched, |_| {}).await?;
            anyhow::Ok((contract, books))
        };
        let (contract, books) = tokio::select! {
            opened = opening => opened?,
            () = shutdown.requested() => bail!("stopped before anything was sent"),
        };
        Ok(Office {
            contract,
            books,
            notices,
            shutdown: shutdown.clone(),
        })
    }

    /// Says which id a command has, before it is sent.
    pub(crate) fn say_id(&self, args: &IdArgs, id: CommandId) {
        // In JSON, the answer says it; whoever needs it before that chooses it.
        if args.output == OutputFormat::Text {
            self.notices.say(&format!("The command has the id {id}."));
        }
    }

    /// Sends one command and waits for its answer.
    ///
    /// # Errors
    ///
    /// If it cannot be sent, or somebody has asked to stop before the answer came.
    pub(crate) async fn ask(&mut self, errand: &Errand) -> anyhow::Result<Noted> {
        let id = errand.id();
        let waited = self.ask_all(std::slice::from_ref(errand)).await?;
        match (waited, self.books.answer(id)) {
            (Waited::Answered, Some(noted)) => Ok(noted.clone()),
            _ => bail!(
                "stopped before the answer came; the command is on the log all the same. Ask later what became of \
                 it: timeoff-admin commands wait {id}"
            ),
        }
    }

    /// Sends commands, all at once and in their order for each partition, then waits for the answers, which are in the
    /// books then. Those that have had their answer are not sent again.
    ///
    /// # Errors
    ///
    /// If they cannot be sent, or the ledger cannot be read.
    pub(crate) async fn ask_all(&mut self, errands: &[Errand]) -> anyhow::Result<Waited> {
        self.send(errands).await?;
        self.wait_for_answers(errands).await
    }

    /// Waits for the answers to commands that are on the log, as [`Office::ask_all`] does.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read.
    pub(crate) async fn wait_for_answers(&mut self, errands: &[Errand]) -> anyhow::Result<Waited> {
        let awaited = errands
            .iter()
            .flat_map(|errand| self.awaited(errand))
            .collect();
        self.wait(awaited).await
    }

    /// The answer to a command and, for a move, the admission that it brings about.
    fn awaited(&self, errand: &Errand) -> Vec<Awaited> {
        let id = errand.id();
        let mut awaited = vec![Awaited::to(id, vec![errand.partition])];
        if let Request::MovePerson { to, .. } = &errand.command.request
            && let Some(partition) = self.books.departments().partition_of(to)
        {
            awaited.push(Awaited {
                id: id.of_admission(),
                partitions: vec![partition],
                after: Some(id),
            });
        }
        awaited
    }

    async fn send(&self, errands: &[Errand]) -> anyhow::Result<()> {
        let is_new = |errand: &&Errand| self.books.answer(errand.id()).is_none();
        let new: Vec<&Errand> = errands.iter().filter(is_new).collect();
        let [first, ..] = new[..] else {
            return Ok(());
        };
        let writer = tokio::select! {
            writer = self.contract.command_writer() => {
                writer.context("could not prepare for writing commands")?
            }
            () = self.shutdown.requested() => bail!("stopped before anything was sent"),
        };
        let records: Vec<NewRecord> = new
            .iter()
            .map(|errand| writer.record(errand.partition, &errand.command.to_record()))
            .collect();
        let log = self.contract.log();
        let stall = || self.notices.say(&stalled(&log.obstacle()));
        let unknown = || {
            match new.len() {
            1 => format!(
                "the command is not known to be on the log; to ask again safely, add --command-id {}",
                first.id()
            ),
            _ => "not all commands are known to be on the log; do it again, which changes what still differs"
                .to_owned(),
        }
        };
        tokio::select! {
            appended = telling_of_a_stall(log.append(records), stall) => {
                appended.map_err(|error| error.source).with_context(unknown)?;
            }
            () = self.shutdown.overdue() => bail!("stopped, and {}", unknown()),
        }
        Ok(())
    }

    /// Waits until the books have all these answers, or somebody asks to stop. Says once for whom it waits long.
    ///
    /// # Errors
    ///
    /// If the ledger cannot be read.
    pub(crate) async fn wait(&mut self, awaited: Vec<Awaited>) -> anyhow::Result<Waited> {
        let mut pending: HashMap<CommandId, Awaited> =
            awaited.into_iter().map(|one| (one.id, one)).collect();
        pending.keys().for_each(|&id| self.books.watch(id));
        let given: Vec<Noted> = pending
            .keys()
            .filter_map(|&id| self.books.answer(id).cloned())
            .collect();
        given.iter().for_each(|noted| strike(&mut pending, noted));
        if pending.is_empty() {
            return Ok(Waited::Answered);
        }
        let topic = self.contract.topics().ledger.clone();
        let from: BTreeMap<i32, i64> = partitions(&pending)
            .into_iter()
            .map(|partition| (partition, self.books.next_offset(partition)))
            .collect();
        let reader = self.contract.log().read(&topic, ReadFrom::Only(from)).await;
        let mut reader = reader.with_context(|| format!("could not read {topic}"))?;
        let mut patience = std::pin::pin!(tokio::time::sleep(PATIENCE));
        let mut is_patient = true;
        while !pending.is_empty() {
            let event = tokio::select! {
                event = reader.next() => event?,
                () = patience.as_mut(), if is_patient => {
                    is_patient = false;
                    self.notices.say(&unanswered(&self.contract, &pending));
                    continue;
                }
                () = self.shutdown.requested() => return Ok(Waited::Stopped),
            };
            match event {
                ReadEvent::Record(record) => {
                    let noted = understand(&self.contract, &record, &self.notices).await?;
                    strike(&mut pending, &noted);
                    self.books.take(noted);
                }
                other => tell(&topic, &other, &self.notices),
            }
        }
        Ok(Waited::Answered)
    }
}

fn partitions(pending: &HashMap<CommandId, Awaited>) -> BTreeSet<i32> {
    let awaited = pending.values();
    awaited
        .flat_map(|awaited| awaited.partitions.iter().copied())
        .collect()
}

/// Strikes out what an event answers, and what is not to come any more because of it.
fn strike(pending: &mut HashMap<CommandId, Awaited>, noted: &Noted) {
    let Some(id) = noted.event.cause.command_id else {
        return;
    };
    pending.remove(&id);
    if let Fact::CommandRefused { .. } = noted.event.fact {
        pending.retain(|_, awaited| awaited.after != Some(id));
    }
}

/// The notice about answers that take long.
fn unanswered(contract: &Contract, pending: &HashMap<CommandId, Awaited>) -> String {
    let partitions: Vec<i32> = partitions(pending).into_iter().collect();
    format!(
        "No answer from {} yet. Perhaps no manager is there: start manager-service serve. Still waiting; what was \
         asked for stays on the log.",
        describe(contract.departments(), &partitions)
    )
}
