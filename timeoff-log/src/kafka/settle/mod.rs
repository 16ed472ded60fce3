//! Settling: outputs and progress become visible together or not at all.
//!
//! A settlement with outputs is one Kafka transaction: the outputs, and the group's offset with the decided ranges
//! beside it, sent under the generation in which the member holds the partition (KIP-447). A broker refuses an offset
//! of another generation than the group's, and with it the whole transaction; so a partition's offset is always sent,
//! even when only the ranges have changed. A settlement without outputs is a plain commit, which is checked in the same
//! way.
//!
//! | file | what it does |
//! |---|---|
//! | `batches` | which batches are settled together |
//! | `plan` | which of their settlements are still the member's, and what to record for them |
//! | `transaction` | outputs and progress in one transaction, in phases |
//! | `plain_commit` | progress alone |
//! | `find_out` | the fate of a commit whose answer was lost |
//! | `transactional_producer` | the producer of transactions, and the meaning of its errors |

mod batches;
mod find_out;
mod plain_commit;
mod plan;
mod transaction;
mod transactional_producer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use tokio::sync::watch;

use self::batches::Batches;
use self::find_out::{Fate, find_out};
use self::plain_commit::commit;
use self::plan::Plan;
use self::transaction::transact;
use self::transactional_producer::{TransactionalProducer, is_rebalance};
use super::client::Cluster;
use super::member::{Ended, Member};
use crate::error::LogError;
use crate::record::{NewRecord, Position};
use crate::subscription::{Batch, Settled, Settlement};

/// How long to serve the consumer before a settlement is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// How long a settlement may take before the log is reported as not answering: a transaction that another process left
/// open may have to end first.
const PATIENCE: Duration = Duration::from_secs(2);

/// The positions of each settlement's outputs.
type Positions = Vec<Vec<Position>>;

/// Why an attempt to settle has recorded nothing, as far as is known.
enum Setback {
    /// Nothing is recorded; another attempt may succeed.
    Retry {
        step: &'static str,
        error: KafkaError,
    },
    /// Nothing is recorded, and another attempt would fail in the same way.
    Refused(LogError),
    /// The producer failed during the commit: only the group's progress shows whether it is recorded.
    Unknown {
        error: KafkaError,
        positions: Positions,
    },
}

/// Settles what a member's service asks it to.
pub(super) struct Ledger {
    producer: TransactionalProducer,
    /// How many of the waiting batches are to be settled one at a time.
    one_by_one: usize,
    /// Set when a commit may reach the broker a second time: the member must join anew before it settles more.
    commit_may_come_late: bool,
}

impl Ledger {
    /// `leaving` is closed, or becomes true, when the member is to leave.
    pub(super) fn new(
        cluster: Arc<Cluster>,
        group: &str,
        leaving: watch::Receiver<bool>,
    ) -> Ledger {
        Ledger {
            producer: TransactionalProducer::new(cluster, group, leaving),
            one_by_one: 0,
            commit_may_come_late: false,
        }
    }

    /// Settles and answers a batch, together with those that are waiting.
    pub(super) async fn settle(&mut self, member: &mut Member, first: Batch) {
        let mut batches = Batches::of(first);
        match self.one_by_one.checked_sub(1) {
            Some(left) => self.one_by_one = left,
            None => {
                while let Some(batch) = member.next_batch_if(|next| batches.has_room_for(next)) {
                    batches.add(batch);
                }
            }
        }
        let outcome = self.settle_together(member, batches.settlements()).await;
        self.fence_off_late_commit(member);
        match outcome {
            Ok(settled) => batches.answer(settled),
            Err(LogError::Closed) => {
                for batch in batches.into_batches() {
                    batch.refuse(LogError::Closed);
                }
            }
            Err(source) => self.refuse(member, batches, source),
        }
    }

    /// Hands back a batch that the log refuses. If there are several, each is tried again alone, which shows the one at
    /// fault.
    fn refuse(&mut self, member: &mut Member, batches: Batches, source: LogError) {
        let mut batches = batches.into_batches();
        if batches.len() > 1 {
            self.one_by_one = batches.len();
            member.put_back(batches);
        } else if let Some(batch) = batches.pop_front() {
            batch.refuse(source);
        }
    }

    /// Makes sure that a commit that may still be in flight does not take the group back behind later ones: the member
    /// joins anew, and a broker refuses a commit from an earlier membership.
    fn fence_off_late_commit(&mut self, member: &mut Member) {
        if std::mem::take(&mut self.commit_may_come_late) {
            let held: Vec<i32> = member.share().holdings().partitions().collect();
            member.give_up(held);
        }
    }

    /// Settles, however long the log takes to answer.
    ///
    /// An error means that nothing is recorded: the log refuses it, or the member leaves ([`LogError::Closed`]).
    async fn settle_together(
        &mut self,
        member: &mut Member,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, LogError> {
        let began = Instant::now();
        loop {
            let plan = Plan::of(settlements, member);
            if plan.is_empty() {
                return Ok(plan.stale());
            }
            let (step, error) = match self.attempt(member, &plan).await {
                Ok(positions) => return Ok(plan.recorded(positions, member)),
                Err(Setback::Refused(source)) => return Err(source),
                Err(Setback::Retry { step, error }) => (step, error),
                Err(Setback::Unknown { error, positions }) => {
                    match find_out(&mut self.producer, member, &plan).await {
                        Fate::Recorded => return Ok(plan.recorded(positions, member)),
                        Fate::NotRecorded => ("commit a decision", error),
                        Fate::Unknowable => {
                            member.give_up(plan.partitions().collect());
                            return Ok(plan.unknown());
                        }
                    }
                }
            };
            tracing::debug!(kafka.error = %error, step, "settling again");
            let is_trouble = !is_rebalance(&error) && began.elapsed() > PATIENCE;
            let served = match is_trouble.then(|| member.lose_touch(step, error)) {
                Some(Err(Ended)) => Err(Ended),
                _ => member.serve(RETRY_PAUSE).await,
            };
            if served.is_err() || member.is_asked_to_close() {
                return Err(LogError::Closed);
            }
        }
    }

    async fn attempt(
        &mut self,
        member: &mut Member,
        plan: &Plan<'_>,
    ) -> Result<Positions, Setback> {
        let outputs: Vec<&[NewRecord]> = plan.outputs().collect();
        match outputs.iter().all(|outputs| outputs.is_empty()) {
            true => {
                let committed = commit(member, plan).await;
                self.commit_may_come_late |= committed.may_come_late;
                committed.result
            }
            false => transact(&mut self.producer, member, plan, &outputs).await,
        }
    }
}
