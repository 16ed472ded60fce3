//! Reading the topics and handing over what is on them, in batches.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future;
use std::time::{Duration, Instant};

use futures_util::future::select_all;
use timeoff_contract::Contract;
use timeoff_log::{LogError, ReadEvent, Record};
use tokio::task::{JoinHandle, consume_budget};

use super::ends::{Found, Looked, ReadTo, look, passing};
use super::gather::Gathering;
use super::lane::Lane;
use super::news::News;
use super::writer::Writer;
use crate::decode::{NotFolded, read};
use crate::error::ViewError;
use crate::fold::Folded;
use crate::topic::Topic;

/// The most records of one lane that are taken before the next one's turn.
const TURN: usize = 256;

/// How long to wait before asking a log again that does not answer, or a registry.
const RETRY: Duration = Duration::from_millis(500);

/// How often to look for partitions that were added, and for topics that were made again.
const LOOK: Duration = Duration::from_secs(5);

/// For how long a partition that was folded may be missing before it is taken for gone.
const GONE: Duration = Duration::from_secs(30);

/// The topics that are being read.
pub(crate) struct Reading<'a, N> {
    contract: &'a Contract,
    writer: &'a mut Writer,
    news: N,
    /// Where each partition stood when the fold began.
    folded: Vec<Folded>,
    topics: Vec<Topic>,
    lanes: Vec<Lane>,
    gathering: Gathering,
    is_live: bool,
    looked: Instant,
    looking: Option<JoinHandle<Result<Looked, ViewError>>>,
    /// Since when a partition that was folded is missing.
    missing: Option<Instant>,
}

/// What ends a wait.
enum Woken {
    /// A lane's reader reports something.
    Heard(usize, ReadEvent),
    Looked(Result<Looked, ViewError>),
    InTime,
}

impl<N> Drop for Reading<'_, N> {
    fn drop(&mut self) {
        if let Some(looking) = &self.looking {
            looking.abort();
        }
    }
}

impl<'a, N: FnMut(News)> Reading<'a, N> {
    pub(crate) async fn new(
        contract: &'a Contract,
        writer: &'a mut Writer,
        news: N,
    ) -> Result<Reading<'a, N>, ViewError> {
        let folded = writer.positions().await?;
        Ok(Reading {
            contract,
            writer,
            news,
            folded,
            topics: Vec::new(),
            lanes: Vec::new(),
            gathering: Gathering::default(),
            is_live: false,
            looked: Instant::now(),
            looking: None,
            missing: None,
        })
    }

    pub(crate) fn writer(&mut self) -> &mut Writer {
        self.writer
    }

    pub(crate) fn tell(&mut self, news: News) {
        (self.news)(news);
    }

    /// Begins to read these topics as well.
    pub(crate) async fn begin(&mut self, topics: &[Topic]) -> Result<(), ViewError> {
        let read_to: ReadTo = self
            .folded
            .iter()
            .filter(|folded| topics.contains(&folded.topic))
            .map(|folded| ((folded.topic, folded.partition), folded.offset + 1))
            .collect();
        let mut is_unreachable = false;
        loop {
            let begun = self.try_to_begin(topics, &read_to).await;
            match begun.map_err(passing) {
                Ok(None) => tokio::time::sleep(RETRY).await,
                Ok(Some(lanes)) => {
                    self.missing = None;
                    if is_unreachable {
                        self.tell(News::Reachable);
                    }
                    self.topics.extend(topics);
                    self.lanes.extend(lanes);
                    return Ok(());
                }
                Err(Err(error)) => return Err(error),
                Err(Ok(reason)) => {
                    if !std::mem::replace(&mut is_unreachable, true) {
                        self.tell(News::Unreachable { reason });
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// `None` if a partition is missing, for the time being.
    async fn try_to_begin(
        &mut self,
        topics: &[Topic],
        read_to: &ReadTo,
    ) -> Result<Option<Vec<Lane>>, ViewError> {
        let (log, names) = (self.contract.log(), self.contract.topics());
        let mut lanes = Vec::new();
        let looked = match look(log, names, topics, read_to).await? {
            Looked::Found(found) => found,
            Looked::Missing(missing) => return self.bear(missing).map(|()| None),
        };
        for found in looked {
            if !found.partitions.is_empty() {
                let (topic, name) = (found.topic, &found.name);
                lanes.push(Lane::begin(log, topic, name, found.partitions, &self.folded).await?);
            }
        }
        Ok(Some(lanes))
    }

    /// Bears with a partition that is missing, until it must be taken for gone.
    fn bear(&mut self, missing: ViewError) -> Result<(), ViewError> {
        let since = *self.missing.get_or_insert_with(Instant::now);
        if since.elapsed() >= GONE {
            return Err(missing);
        }
        tracing::debug!(
            reason = &missing as &dyn std::error::Error,
            "a partition is missing; looking again"
        );
        Ok(())
    }

    /// Folds until everything is handed over that was there when reading began.
    pub(crate) async fn catch_up(&mut self) -> Result<(), ViewError> {
        while !self.lanes.iter().all(|lane| lane.is_caught_up) {
            self.step().await?;
        }
        self.hand_over().await
    }

    /// Folds what comes, for ever.
    pub(crate) async fn go_on(&mut self) -> Result<Infallible, ViewError> {
        self.is_live = true;
        loop {
            self.step().await?;
        }
    }

    /// Takes what is there. If there is nothing, hands over what was taken before, or else waits.
    async fn step(&mut self) -> Result<(), ViewError> {
        consume_budget().await;
        if self.take_what_is_there().await? {
            return Ok(());
        }
        let is_time = |deadline| self.is_live || Instant::now() >= deadline;
        if self.gathering.deadline().is_some_and(is_time) {
            return self.hand_over().await;
        }
        self.wait().await
    }

    /// Returns whether there was anything.
    async fn take_what_is_there(&mut self) -> Result<bool, ViewError> {
        let mut was_there = false;
        for index in 0..self.lanes.len() {
            for _ in 0..TURN {
                let Some(event) = self.lanes[index].reader.try_next()? else {
                    break;
                };
                was_there = true;
                self.hear(index, event).await?;
            }
        }
        Ok(was_there)
    }

    async fn wait(&mut self) -> Result<(), ViewError> {
        if self.looking.is_none() && self.looked.elapsed() >= LOOK {
            self.begin_to_look();
        }
        let look_again = self.looked + LOOK;
        let deadline = self.gathering.deadline();
        let until = match self.looking {
            Some(_) => deadline,
            None => Some(deadline.map_or(look_again, |deadline| deadline.min(look_again))),
        };
        let mut nexts: Vec<_> = self
            .lanes
            .iter_mut()
            .map(|lane| Box::pin(lane.reader.next()))
            .collect();
        let next = async {
            match nexts.is_empty() {
                true => future::pending().await,
                false => select_all(nexts.drain(..)).await,
            }
        };
        let woken = tokio::select! {
            (event, index, _) = next => Woken::Heard(index, event?),
            looked = finished(&mut self.looking) => Woken::Looked(looked),
            () = sleep_until(until) => Woken::InTime,
        };
        drop(nexts);
        match woken {
            Woken::Heard(index, event) => self.hear(index, event).await,
            Woken::Looked(looked) => {
                self.looking = None;
                self.heed(looked).await
            }
            Woken::InTime => Ok(()),
        }
    }

    async fn hear(&mut self, index: usize, event: ReadEvent) -> Result<(), ViewError> {
        match event {
            ReadEvent::Record(record) => {
                if self.lanes[index].is_new(&record)? {
                    self.gather(index, record).await?;
                }
            }
            ReadEvent::CaughtUp => self.lanes[index].is_caught_up = true,
            ReadEvent::Hidden { partition, offset } => {
                let topic = self.lanes[index].name().clone();
                self.tell(News::Hidden {
                    topic,
                    partition,
                    offset,
                });
            }
            ReadEvent::Unreachable { reason } => self.tell(News::Unreachable { reason }),
            ReadEvent::Reachable => {
                self.tell(News::Reachable);
                // It may be another one now.
                if self.looking.is_none() {
                    self.begin_to_look();
                }
            }
        }
        Ok(())
    }

    async fn gather(&mut self, index: usize, record: Record) -> Result<(), ViewError> {
        let topic = self.lanes[index].topic;
        let mut has_told = false;
        let change = loop {
            match read(self.contract, topic, &record).await {
                Ok(change) => break Ok(change),
                Err(NotFolded::Poison { reason }) => break Err(reason),
                Err(NotFolded::Newer { type_name }) => {
                    // What came before it is folded.
                    self.hand_over().await?;
                    return Err(ViewError::NewerEvent {
                        position: record.position,
                        type_name,
                    });
                }
                Err(NotFolded::Failed(error)) => return Err(error.into()),
                Err(NotFolded::NotNow(reason)) => {
                    self.hand_over().await?;
                    if !std::mem::replace(&mut has_told, true) {
                        self.tell(News::NoSchemas { reason });
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        };
        if has_told {
            self.tell(News::Reachable);
        }
        if let Err(reason) = &change {
            let (position, reason) = (record.position.clone(), reason.clone());
            self.tell(News::PassedOver { position, reason });
        }
        self.gathering.add(topic, record, change)?;
        if self.gathering.is_full() {
            self.hand_over().await?;
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> Result<(), ViewError> {
        if self.gathering.is_empty() {
            return Ok(());
        }
        self.writer.fold(self.gathering.take()).await
    }

    fn begin_to_look(&mut self) {
        let (log, names) = (self.contract.log().clone(), self.contract.topics().clone());
        let topics = self.topics.clone();
        let read_to: BTreeMap<_, _> = self
            .lanes
            .iter()
            .flat_map(|lane| {
                let topic = lane.topic;
                lane.read_to()
                    .map(move |(partition, next)| ((topic, partition), next))
            })
            .collect();
        self.looked = Instant::now();
        self.looking = Some(tokio::spawn(async move {
            look(&log, &names, &topics, &read_to).await
        }));
    }

    /// Reads the partitions that were added.
    async fn heed(&mut self, looked: Result<Looked, ViewError>) -> Result<(), ViewError> {
        let found = match looked.map_err(passing) {
            Ok(Looked::Found(found)) => found,
            Ok(Looked::Missing(missing)) => return self.bear(missing),
            // The readers report it.
            Err(Ok(error)) => {
                tracing::debug!(
                    reason = &error as &dyn std::error::Error,
                    "could not look for new partitions; looking again"
                );
                return Ok(());
            }
            Err(Err(error)) => return Err(error),
        };
        self.missing = None;
        for Found {
            topic,
            name,
            mut partitions,
        } in found
        {
            let has = |lane: &Lane, partition| lane.topic == topic && lane.has(partition);
            partitions.retain(|&partition| !self.lanes.iter().any(|lane| has(lane, partition)));
            if partitions.is_empty() {
                continue;
            }
            let log = self.contract.log();
            match Lane::begin(log, topic, &name, partitions, &self.folded).await {
                Ok(lane) => self.lanes.push(lane),
                Err(error) => {
                    // The next look finds them again.
                    passing(error.into())?;
                }
            }
        }
        Ok(())
    }
}

/// What looking has found; pending while nobody looks.
async fn finished(
    looking: &mut Option<JoinHandle<Result<Looked, ViewError>>>,
) -> Result<Looked, ViewError> {
    match looking {
        None => future::pending().await,
        Some(task) => match task.await {
            Ok(looked) => looked,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(LogError::Closed.into()),
            },
        },
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => future::pending().await,
    }
}
