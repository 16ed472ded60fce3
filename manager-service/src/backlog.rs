//! How many applications wait in all, where the inbox may not have them all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use timeoff_contract::Contract;
use timeoff_log::{Event, Log, LogError};
use tokio::task::JoinSet;

/// How often to count.
const EVERY: Duration = Duration::from_secs(20);

/// Counts what waits in the departments that are held, now and then.
pub(crate) struct Backlog {
    log: Log,
    group: String,
    topic: Arc<str>,
    /// The partitions that are held.
    held: Vec<i32>,
    /// The count of all that wait in each partition, while that is being found out.
    counting: JoinSet<Result<BTreeMap<i32, u64>, LogError>>,
    /// When to count again at the soonest.
    count_at: Instant,
    /// When the last count came.
    counted_at: Option<Instant>,
    is_unreachable: bool,
}

impl Backlog {
    pub(crate) fn new(contract: &Contract, group: &str) -> Backlog {
        Backlog {
            log: contract.log().clone(),
            group: group.to_owned(),
            topic: contract.topics().applications.clone(),
            held: Vec::new(),
            counting: JoinSet::new(),
            count_at: Instant::now(),
            counted_at: None,
            is_unreachable: false,
        }
    }

    /// Notes which departments are held, and whether the log answers.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Assignment(assignment) => {
                self.held.clone_from(&assignment.held);
                self.count_at = Instant::now();
            }
            Event::Unreachable { .. } => self.is_unreachable = true,
            Event::Reachable => self.is_unreachable = false,
            _ => {}
        }
    }

    /// Begins to count, if it is time to. Not while the log does not answer: a count cannot be broken off on Kafka, and would
    /// hold up the command's end.
    pub(crate) fn count(&mut self) {
        let now = Instant::now();
        if self.is_unreachable || now < self.count_at || !self.counting.is_empty() {
            return;
        }
        self.count_at = now + EVERY;
        let (log, group, topic) = (self.log.clone(), self.group.clone(), self.topic.clone());
        self.counting
            .spawn(async move { log.count_unsettled(&group, &topic).await });
    }

    /// Whether the last count is too old to be shown.
    pub(crate) fn is_out_of_date(&self) -> bool {
        self.counted_at.is_some_and(|at| at.elapsed() > 2 * EVERY)
    }

    /// Waits for the count that is being made; `None` if there is none, or it failed. Safe to cancel.
    pub(crate) async fn counted(&mut self) -> Option<u64> {
        // Whatever keeps the log from being asked is reported by the subscription.
        let counts = self.counting.join_next().await?.ok()?.ok()?;
        self.counted_at = Some(Instant::now());
        let of_held = self.held.iter().filter_map(|held| counts.get(held));
        Some(of_held.sum())
    }
}
