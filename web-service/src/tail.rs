//! The last records of each partition, for whoever looks at the log itself.
//!
//! They are read from the log, not from the view: what is shown is what is there. Nothing is read until somebody looks.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use timeoff_cli::no_answer;
use timeoff_contract::{MANAGERS, group_of_ledger};
use timeoff_log::{LogError, ReadEvent, ReadFrom, Record};
use timeoff_views::{Described, Topic, Undescribed};
use tokio::sync::watch;

use crate::service::Service;

/// How many records of a partition are kept.
pub(crate) const KEPT: usize = 8;

/// How long to wait for what is there already, when somebody looks for the first time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before a topic is read again that could not be.
const AGAIN: Duration = Duration::from_secs(2);

/// For how long it is not asked again how far the managers are.
const ASKED: Duration = Duration::from_secs(1);

/// A record.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) offset: i64,
    /// When it was appended, in milliseconds since 1970.
    pub(crate) appended_ms: i64,
    /// What it says, or in words why that is not known.
    pub(crate) says: Result<Described, String>,
}

/// A partition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lane {
    /// The offset that the next record has at least.
    pub(crate) next: i64,
    /// The last ones, the newest last.
    pub(crate) entries: VecDeque<Arc<Entry>>,
}

/// Of each topic's partitions, the last records.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    lanes: Mutex<BTreeMap<(Topic, i32), Lane>>,
    /// Which topics have been read to their ends, and why one cannot be read now.
    standing: Mutex<BTreeMap<Topic, Result<(), String>>>,
    /// How many changes there were.
    changes: watch::Sender<u64>,
    /// Whether anybody has looked.
    is_wanted: watch::Sender<bool>,
    /// The group of managers who keep the ledger, once it is known.
    group: tokio::sync::OnceCell<String>,
    unsettled: tokio::sync::Mutex<Option<(Instant, Unsettled)>>,
}

/// What the managers have still to do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unsettled {
    /// Their group.
    pub(crate) group: String,
    /// How many records of the partitions of applications and commands they have not settled. `None`: not known.
    pub(crate) records: BTreeMap<(Topic, i32), Option<u64>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tail {
    /// The last records that there are. Begins to read if nobody has looked before.
    pub(crate) async fn lanes(service: &Service) -> BTreeMap<(Topic, i32), Lane> {
        let tail = &service.tail;
        let mut changes = tail.changes();
        let all = || lock(&tail.standing).len() == Topic::ALL.len();
        let _ = tokio::time::timeout(PATIENCE, changes.wait_for(|_| all())).await;
        lock(&tail.lanes).clone()
    }

    /// Changes whenever the last records do.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.is_wanted.send_replace(true);
        self.changes.subscribe()
    }

    /// Why a topic cannot be read now.
    pub(crate) fn trouble(&self, topic: Topic) -> Option<String> {
        lock(&self.standing).get(&topic)?.clone().err()
    }

    /// What the managers have still to do, as it was a second ago at most.
    pub(crate) async fn unsettled(service: &Service) -> Unsettled {
        let mut kept = service.tail.unsettled.lock().await;
        if let Some((at, unsettled)) = &*kept
            && at.elapsed() < ASKED
        {
            return unsettled.clone();
        }
        let log = service.contract.log();
        // As long as the ledger is empty, it is asked again.
        let named = async || group_of(service).await.ok().flatten().ok_or(());
        let found = service.tail.group.get_or_try_init(named);
        let group = found.await.map_or(MANAGERS, |group| group);
        let mut unsettled = Unsettled {
            group: group.to_owned(),
            ..Unsettled::default()
        };
        for topic in [Topic::Applications, Topic::Commands] {
            for partition in 0..service.partitions() {
                let name = topic.name(service.contract.topics());
                let counted = log.count_unsettled(group, name, &[partition]).await;
                let is_away = matches!(counted, Err(LogError::Unavailable { .. }));
                unsettled.records.insert((topic, partition), counted.ok());
                if is_away {
                    // The others would be waited for as long.
                    break;
                }
            }
        }
        *kept = Some((Instant::now(), unsettled.clone()));
        unsettled
    }

    fn change(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn stand(&self, topic: Topic, standing: Result<(), String>) {
        lock(&self.standing).insert(topic, standing);
        self.change();
    }

    fn add(&self, topic: Topic, partition: i32, entry: Entry) {
        let mut lanes = lock(&self.lanes);
        let lane = lanes.entry((topic, partition)).or_default();
        if entry.offset < lane.next {
            // It was read again after trouble.
            return;
        }
        lane.next = entry.offset + 1;
        lane.entries.push_back(Arc::new(entry));
        if lane.entries.len() > KEPT {
            lane.entries.pop_front();
        }
        drop(lanes);
        self.change();
    }
}

/// The group of managers who keep the ledger, as its first record says. `None` as long as it has none.
async fn group_of(service: &Service) -> Result<Option<String>, LogError> {
    let log = service.contract.log();
    let ledger = &service.contract.topics().ledger;
    let ends = log.ends(ledger).await?;
    let has_records = ends.into_iter().find(|(_, offsets)| !offsets.is_empty());
    if let Some((partition, offsets)) = has_records {
        let from = ReadFrom::Only(BTreeMap::from([(partition, offsets.start)]));
        let mut reader = log.read(ledger, from).await?;
        loop {
            match reader.next().await? {
                ReadEvent::Record(record) => {
                    let named = group_of_ledger(&record).map(Cow::into_owned);
                    return Ok(Some(named.unwrap_or_else(|| MANAGERS.to_owned())));
                }
                ReadEvent::Unreachable { reason } => return Err(reason),
                ReadEvent::CaughtUp => break,
                ReadEvent::Reachable | ReadEvent::Hidden { .. } => {}
            }
        }
    }
    Ok(None)
}

/// Reads the topics for as long as the process runs, once somebody has looked.
pub(crate) async fn follow(service: &Service) {
    let mut is_wanted = service.tail.is_wanted.subscribe();
    // The sender is as old as this is.
    let _ = is_wanted.wait_for(|is_wanted| *is_wanted).await;
    join_all(Topic::ALL.map(|topic| follow_one(service, topic))).await;
}

async fn follow_one(service: &Service, topic: Topic) {
    loop {
        let Err(error) = read(service, topic).await;
        service.tail.stand(topic, Err(no_answer(&error)));
        tokio::time::sleep(AGAIN).await;
    }
}

async fn read(service: &Service, topic: Topic) -> Result<std::convert::Infallible, LogError> {
    let tail = &service.tail;
    let name = topic.name(service.contract.topics());
    let log = service.contract.log();
    let kept = i64::try_from(KEPT).unwrap_or(i64::MAX);
    let ends = log.ends(name).await?;
    let starts = ends.iter().map(|(&partition, offsets)| {
        let mut lanes = lock(&tail.lanes);
        let lane = lanes.entry((topic, partition)).or_default();
        if lane.next > offsets.end {
            // The topic was made again.
            *lane = Lane::default();
        }
        (partition, lane.next.max(offsets.end - kept))
    });
    let from = ReadFrom::Only(starts.collect());
    let mut reader = log.read(name, from).await?;
    loop {
        match reader.next().await? {
            ReadEvent::Record(record) => {
                let entry = entry(service, topic, &record).await;
                tail.add(topic, record.position.partition, entry);
            }
            // What is hidden comes later, and nobody waits for it.
            ReadEvent::CaughtUp | ReadEvent::Reachable | ReadEvent::Hidden { .. } => {
                tail.stand(topic, Ok(()));
            }
            ReadEvent::Unreachable { reason } => {
                tail.stand(topic, Err(no_answer(&reason)));
            }
        }
    }
}

async fn entry(service: &Service, topic: Topic, record: &Record) -> Entry {
    let described = Described::of(&service.contract, topic, record).await;
    Entry {
        offset: record.position.offset,
        appended_ms: record.timestamp_ms,
        says: described.map_err(|why| match why {
            Undescribed::Poison(reason) => format!("It cannot be understood: {reason}"),
            Undescribed::Newer(kind) => format!("A newer version has written it: {kind}"),
            Undescribed::NotNow(error) => format!("Its schema cannot be read now: {error}"),
        }),
    }
}
