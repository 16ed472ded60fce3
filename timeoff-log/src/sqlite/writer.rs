//! The thread that appends records for all callers of a log.
//!
//! A thousand records reach the disk in about the same time as one. So a transaction takes all the records that are
//! waiting when it begins.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{self, Fault};
use super::file::LogFile;
use super::records::Appending;
use super::store::{CALLER, Store};
use crate::error::{AppendError, LogError};
use crate::record::{NewRecord, Position};

/// The most records in one transaction. It takes a few milliseconds, in which no other connection can write.
const MAX_RECORDS: usize = 4096;

/// As [`MAX_RECORDS`], in bytes of keys, values and headers, in case records are large. At least one is appended.
const MAX_BYTES: usize = 4 << 20;

/// A writer that always has more to do would keep the lock from members, which must settle and send heartbeats. So it
/// pauses regularly, for longer than they wait between two tries (`store.rs`).
const STINT: Duration = Duration::from_millis(40);
const PAUSE: Duration = Duration::from_millis(2);

const STEP: &str = "append records";

/// A handle on the thread. The thread ends when the last handle is dropped, or any handle is closed.
#[derive(Clone)]
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
}

enum Order {
    Append(Job),
    /// End, after the earlier orders.
    Close,
}

/// Records in flight.
pub(super) struct Submitted {
    reply: oneshot::Receiver<Result<Vec<Position>, AppendError>>,
}

struct Job {
    records: Vec<NewRecord>,
    /// The positions of the records inserted so far. The first `durable` of them are committed.
    positions: Vec<Position>,
    durable: usize,
    /// Set if a record is too large, or its partition does not exist. Then none of the records is inserted.
    refusal: Option<Fault>,
    reply: oneshot::Sender<Result<Vec<Position>, AppendError>>,
}

impl Writer {
    pub(super) fn start(file: &LogFile) -> Result<Writer, Fault> {
        let (sender, orders) = mpsc::channel();
        let thread = WriterThread {
            store: Some(file.connect(CALLER)?),
            file: file.clone(),
            orders,
            queue: VecDeque::new(),
            is_closed: false,
        };
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(|| thread.run())?;
        Ok(Writer { orders: sender })
    }

    /// Ends the thread, for all handles, once it has carried out the earlier orders.
    pub(super) fn close(&self) {
        // An error means that the thread has ended already.
        let _ = self.orders.send(Order::Close);
    }

    pub(super) fn submit(&self, records: Vec<NewRecord>) -> Submitted {
        let (reply, receiver) = oneshot::channel();
        let job = Job {
            positions: Vec::with_capacity(records.len()),
            records,
            durable: 0,
            refusal: None,
            reply,
        };
        // If the thread has ended, the reply's sender is dropped, and the receiver reports that.
        let _ = self.orders.send(Order::Append(job));
        Submitted { reply: receiver }
    }
}

impl Submitted {
    /// Waits until all records are durable, or appending them has failed.
    pub(super) async fn outcome(&mut self) -> Result<Vec<Position>, AppendError> {
        (&mut self.reply).await.unwrap_or_else(|_| Err(closed()))
    }

    /// The outcome, if it is known already.
    pub(super) fn outcome_if_known(&mut self) -> Option<Result<Vec<Position>, AppendError>> {
        match self.reply.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(closed())),
        }
    }
}

fn closed() -> AppendError {
    AppendError {
        acknowledged: 0,
        source: LogError::Closed,
    }
}

struct WriterThread {
    /// `None` after a failure: the next job begins with a new connection.
    store: Option<Store>,
    file: LogFile,
    orders: mpsc::Receiver<Order>,
    queue: VecDeque<Job>,
    /// Whether no more orders are taken after those queued.
    is_closed: bool,
}

impl WriterThread {
    fn run(mut self) {
        let mut stint_began = Instant::now();
        loop {
            self.take_what_fits();
            if self.queue.is_empty() {
                if self.is_closed {
                    return;
                }
                let Ok(order) = self.orders.recv() else {
                    return;
                };
                self.accept(order);
                stint_began = Instant::now();
                continue;
            }
            self.commit_some();
            if stint_began.elapsed() >= STINT {
                thread::sleep(PAUSE);
                stint_began = Instant::now();
            }
        }
    }

    fn take_what_fits(&mut self) {
        let mut waiting: usize = self.queue.iter().map(Job::left).sum();
        while waiting < MAX_RECORDS && !self.is_closed {
            let Ok(order) = self.orders.try_recv() else {
                return;
            };
            waiting += self.accept(order);
        }
    }

    /// Queues an order. Returns how many records it has.
    fn accept(&mut self, order: Order) -> usize {
        match order {
            Order::Append(job) => {
                let records = job.left();
                self.queue.push_back(job);
                records
            }
            Order::Close => {
                self.is_closed = true;
                0
            }
        }
    }

    /// Commits as many records as one transaction may hold, and replies to the jobs that are now done.
    fn commit_some(&mut self) {
        match self.try_to_commit() {
            Ok(()) => {
                for job in &mut self.queue {
                    job.durable = job.positions.len();
                }
                let done = self.queue.iter().take_while(|job| job.is_done()).count();
                for job in self.queue.drain(..done) {
                    job.reply(&self.file);
                }
            }
            Err(fault) => {
                if !fault.is_busy() {
                    self.store = None;
                }
                let fault = Arc::new(fault);
                for job in self.queue.drain(..) {
                    job.fail(fault.clone(), &self.file);
                }
            }
        }
    }

    fn try_to_commit(&mut self) -> Result<(), Fault> {
        let store = match self.store.take() {
            Some(store) => store,
            None => self.file.connect(CALLER)?,
        };
        let store = self.store.insert(store);
        store.write(|connection| insert(connection, &mut self.queue))
    }
}

fn insert(connection: &Connection, queue: &mut VecDeque<Job>) -> Result<(), Fault> {
    let mut appending = Appending::begin(connection)?;
    let (mut records, mut bytes) = (0, 0);
    let mut is_full = false;
    for job in queue {
        if is_full {
            break;
        }
        if job.durable == 0 {
            match job
                .records
                .iter()
                .try_for_each(|record| appending.check(record))
            {
                Ok(()) => {}
                Err(
                    refusal @ (Fault::NoTopic { .. }
                    | Fault::NoPartition { .. }
                    | Fault::TooLarge { .. }),
                ) => {
                    job.refusal = Some(refusal);
                    continue;
                }
                Err(fault) => return Err(fault),
            }
        }
        for record in job.records.iter().skip(job.durable) {
            job.positions.push(appending.append(record)?);
            records += 1;
            bytes += record.bytes();
            is_full = records >= MAX_RECORDS || bytes >= MAX_BYTES;
            if is_full {
                break;
            }
        }
    }
    appending.finish()
}

impl Job {
    fn left(&self) -> usize {
        self.records.len() - self.durable
    }

    fn is_done(&self) -> bool {
        self.refusal.is_some() || self.left() == 0
    }

    /// Sends the outcome. The caller may have stopped waiting, so a failure to send is ignored.
    fn reply(self, file: &LogFile) {
        match self.refusal {
            Some(fault) => {
                let _ = self.reply.send(Err(AppendError {
                    acknowledged: 0,
                    source: fault.tell(file.location(), STEP),
                }));
            }
            None => {
                let _ = self.reply.send(Ok(self.positions));
            }
        }
    }

    fn fail(self, fault: Arc<Fault>, file: &LogFile) {
        let _ = self.reply.send(Err(AppendError {
            acknowledged: self.durable as u64,
            source: fault::tell(fault, file.location(), STEP),
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use tokio::sync::oneshot;

    use super::{Job, MAX_BYTES, insert};
    use crate::record::NewRecord;
    use crate::sqlite::SqliteLog;
    use crate::sqlite::store::CALLER;
    use crate::topics::TopicSpec;

    #[tokio::test]
    async fn a_transaction_holds_so_many_bytes_and_one_record_at_the_least() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        let log = SqliteLog::open(&path).await.expect("opens");
        let topic = TopicSpec {
            name: "a".into(),
            partitions: 1,
            at_least: 1,
            keep_forever: false,
        };
        log.ensure_topics(&[topic]).await.expect("a topic");
        let sized = NewRecord::of_bytes;
        let job = |records: Vec<NewRecord>| Job {
            records,
            positions: Vec::new(),
            durable: 0,
            refusal: None,
            reply: oneshot::channel().0,
        };
        let mut queue = VecDeque::from([
            job(vec![sized(MAX_BYTES / 4); 3]),
            job(vec![sized(MAX_BYTES / 4), sized(3 * MAX_BYTES), sized(1)]),
        ]);
        let store = log.file.connect(CALLER).expect("connects");
        let mut commits = Vec::new();
        for _ in 0..3 {
            store
                .write(|connection| insert(connection, &mut queue))
                .expect("is committed");
            for job in &mut queue {
                job.durable = job.positions.len();
            }
            commits.push([queue[0].durable, queue[1].durable]);
        }
        assert_eq!(commits, [[3, 1], [3, 2], [3, 3]]);
        let offsets = queue.iter().flat_map(|job| &job.positions);
        let offsets: Vec<i64> = offsets.map(|position| position.offset).collect();
        assert_eq!(offsets, [0, 1, 2, 3, 4, 5]);
    }
}
