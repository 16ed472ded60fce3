//! Reading a topic without a group: a thread that reads each partition to its end, and follows it as it grows.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;

use super::fault::Fault;
use super::file::LogFile;
use super::records::{self, Reading, Stretch};
use super::service::POLL;
use super::store::{Store, THREAD};
use super::trouble::{RETRY, Trouble};
use crate::error::LogError;
use crate::in_hand::Room;
use crate::reader::{
    Handed, READ_AHEAD, READ_AHEAD_BYTES, ReadEvent, ReadFrom, ReadSender, Reader,
};

/// The most records of a partition that are read in one go.
const CHUNK: usize = 256;

/// Begins to read. [`ReadEvent::CaughtUp`] will refer to what is on the topic now.
pub(super) fn start(file: LogFile, topic: Arc<str>, from: ReadFrom) -> Result<Reader, LogError> {
    let step = format!("read topic {topic}");
    let tell = |fault: Fault| fault.tell(file.location(), &step);
    let store = file.connect(THREAD).map_err(tell)?;
    let (topic_id, ends) = store
        .read(|connection| {
            let topic_id = records::topic_id(connection, &topic)?;
            Ok((topic_id, records::ends(connection, topic_id)?))
        })
        .map_err(tell)?;
    let cursors = ends
        .into_iter()
        .filter(|&(partition, _)| from.reads(partition))
        .map(|(partition, end)| Cursor {
            partition,
            next: from.start(partition, (0, end)),
            has_more: true,
            caught_up_at: end,
        })
        .collect();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| tell(error.into()))?;
    let (reader, sender) = Reader::new();
    let thread = ReaderThread {
        store: Some(store),
        topic,
        topic_id,
        cursors,
        read_ahead: Room::waking_at_a_quarter(READ_AHEAD, READ_AHEAD_BYTES),
        sender,
        seen_version: None,
        told_caught_up: false,
        trouble: Trouble::default(),
        file: file.clone(),
    };
    thread::Builder::new()
        .name("sqlite-reader".to_owned())
        .spawn(move || runtime.block_on(thread.run()))
        .map_err(|error| tell(error.into()))?;
    Ok(reader)
}

/// How far a partition has been read.
struct Cursor {
    partition: i32,
    next: i64,
    has_more: bool,
    /// Where the partition ended when reading began.
    caught_up_at: i64,
}

struct ReaderThread {
    store: Option<Store>,
    file: LogFile,
    topic: Arc<str>,
    topic_id: i64,
    cursors: Vec<Cursor>,
    read_ahead: Room,
    sender: ReadSender,
    seen_version: Option<i64>,
    told_caught_up: bool,
    trouble: Trouble,
}

/// What is left to do after a round.
enum Flow {
    More,
    NoRoom,
    Nothing,
}

impl ReaderThread {
    async fn run(mut self) {
        while !self.sender.is_closed() && !self.file.connections().is_closing() {
            match self.step() {
                Ok(flow) => {
                    if self.trouble.clear() {
                        self.send(ReadEvent::Reachable);
                    }
                    match flow {
                        Flow::More => {}
                        Flow::NoRoom => self.wait(POLL, true).await,
                        Flow::Nothing => self.wait(POLL, false).await,
                    }
                }
                // The file is opened again and read as it is now.
                Err(Fault::Changed) => {
                    self.store = None;
                    self.wait(POLL, false).await;
                }
                Err(fault) if fault.is_final() => {
                    let step = self.what_is_read();
                    let _ = self
                        .sender
                        .send(Err(fault.tell(self.file.location(), &step)));
                    return;
                }
                Err(fault) => {
                    if !fault.is_busy() {
                        self.store = None;
                    }
                    let step = self.what_is_read();
                    if let Some(reason) = self.trouble.note(fault, &self.file, &step) {
                        tracing::warn!(
                            log.address = self.file.address(),
                            reason = &reason as &dyn std::error::Error,
                            "the log does not answer"
                        );
                        self.send(ReadEvent::Unreachable { reason });
                    }
                    self.wait(RETRY, false).await;
                }
            }
        }
    }

    fn what_is_read(&self) -> String {
        format!("read topic {}", self.topic)
    }

    async fn wait(&self, pause: Duration, for_room: bool) {
        tokio::select! {
            () = self.sender.closed() => {}
            () = self.read_ahead.wait(), if for_room => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn step(&mut self) -> Result<Flow, Fault> {
        if self.store.is_none() {
            self.store = Some(self.file.connect(THREAD)?);
            self.seen_version = None;
        }
        let store = self.store.as_ref().expect("connected above");
        store.check_in_place()?;
        let version = store.version()?;
        if self.seen_version != Some(version) {
            self.cursors
                .iter_mut()
                .for_each(|cursor| cursor.has_more = true);
            self.seen_version = Some(version);
        }
        for index in 0..self.cursors.len() {
            let cursor = &mut self.cursors[index];
            if !cursor.has_more {
                continue;
            }
            let limit = CHUNK.min(self.read_ahead.free());
            if limit == 0 {
                // The next round starts with this partition.
                self.cursors.rotate_left(index);
                return Ok(Flow::NoRoom);
            }
            let stretch = Stretch {
                topic: self.topic_id,
                partition: cursor.partition,
                from: cursor.next,
                limit,
            };
            let mut records = Vec::new();
            let mut place = self.read_ahead.place();
            let mut cut_short = false;
            let count = store.read(|connection| {
                records::read(connection, &self.topic, stretch, |record| {
                    place.add(record.bytes());
                    records.push(record);
                    // Checked before the next record is read, as that may be large.
                    cut_short = self.read_ahead.is_full();
                    match cut_short {
                        true => Reading::Ends,
                        false => Reading::Goes,
                    }
                })
            });
            if matches!(count, Err(Fault::Changed)) {
                return Err(Fault::Changed);
            }
            // If a record cannot be read, those before it are still handed over.
            if let Some(last) = records.last() {
                cursor.next = last.position.offset + 1;
                let handed = Handed::Records {
                    records,
                    _room: place,
                };
                // `run` notices a dropped reader before the next step.
                let _ = self.sender.send(Ok(handed));
            }
            cursor.has_more = count? == limit || cut_short;
            if !cursor.has_more {
                // There are no more records for now. Those still missing below `caught_up_at` no longer exist.
                cursor.caught_up_at = cursor.caught_up_at.min(cursor.next);
            }
        }
        if !self.told_caught_up
            && self
                .cursors
                .iter()
                .all(|cursor| cursor.next >= cursor.caught_up_at)
        {
            self.told_caught_up = true;
            self.send(ReadEvent::CaughtUp);
        }
        let goes_on = self.cursors.iter().any(|cursor| cursor.has_more);
        Ok(if goes_on { Flow::More } else { Flow::Nothing })
    }

    fn send(&self, event: ReadEvent) {
        let _ = self.sender.send(Ok(Handed::News(event)));
    }
}
