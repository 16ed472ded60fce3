//! How many applications wait in the departments held, if the inbox may not have them all.

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
    /// The count that is being made, and when it was begun.
    counting: JoinSet<(Instant, Result<u64, LogError>)>,
    /// When to count again at the soonest.
    count_at: Instant,
    /// When what is known was counted.
    counted_at: Option<Instant>,
    /// When the departments changed, or an application was decided: no count that was begun before tells anything.
    changed_at: Instant,
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
            changed_at: Instant::now(),
            is_unreachable: false,
        }
    }

    /// Notes which departments are held, and whether the log answers.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Assignment(assignment) => {
                self.held.clone_from(&assignment.held);
                self.changed_at = Instant::now();
                self.count_at = self.changed_at;
            }
            Event::Unreachable { .. } => self.is_unreachable = true,
            Event::Reachable => self.is_unreachable = false,
            _ => {}
        }
    }

    /// Notes that an application was decided.
    pub(crate) fn note_decided(&mut self) {
        self.changed_at = Instant::now();
    }

    /// Begins to count, if it is time to. Not while the log does not answer: on Kafka, a count cannot be broken off, and
    /// would hold up the command's end.
    pub(crate) fn count(&mut self) {
        let now = Instant::now();
        if self.is_unreachable || now < self.count_at || !self.counting.is_empty() {
            return;
        }
        self.count_at = now + EVERY;
        let (log, group, topic) = (self.log.clone(), self.group.clone(), self.topic.clone());
        let held = self.held.clone();
        self.counting
            .spawn(async move { (now, log.count_unsettled(&group, &topic, &held).await) });
    }

    /// Whether what is known is too old to be shown.
    pub(crate) fn is_out_of_date(&self) -> bool {
        self.counted_at.is_some_and(|at| at.elapsed() > 2 * EVERY)
    }

    /// Waits for the count that is being made. `None` if there is none, it failed, or it says nothing of now. Safe to
    /// cancel.
    pub(crate) async fn counted(&mut self) -> Option<u64> {
        let (begun, count) = self.counting.join_next().await?.ok()?;
        if begun < self.changed_at || begun.elapsed() > 2 * EVERY {
            self.count_at = Instant::now();
            return None;
        }
        // Whatever keeps the log from being asked is reported by the subscription.
        let count = count.ok()?;
        self.counted_at = Some(begun);
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use timeoff_contract::{Contract, TopicNames};
    use timeoff_log::{Assignment, Event, KafkaSettings, Log, LogError, LogUrl};
    use timeoff_models::{ApplicationId, Departments, LeaveApplication};

    use super::Backlog;

    /// A backlog of three applications of HR and two of IT. The folder is removed when dropped.
    async fn backlog() -> (Backlog, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let url = LogUrl::Sqlite(folder.path().join("timeoff.db"));
        let log = Log::open(&url, &KafkaSettings::new()).await.expect("opens");
        let contract = Contract::open(&log, TopicNames::default(), Departments::default());
        let contract = contract.await.expect("has its topics");
        let writer = contract.application_writer().await.expect("has schemas");
        let record = |department: &str| {
            let application = LeaveApplication {
                email: "ada@example.com".parse().expect("an address"),
                department: department.parse().expect("a department"),
                hours: "8".parse().expect("in range"),
                start: "2027-07-01".parse().expect("a date"),
                details: None,
            };
            writer.record(&ApplicationId::from_key("an id"), &application)
        };
        let records = ["HR", "IT", "HR", "IT", "HR"].map(record);
        log.append(records.into()).await.expect("appends");
        (Backlog::new(&contract, "g"), folder)
    }

    fn holds(partitions: &[i32]) -> Event {
        Event::Assignment(Assignment {
            held: partitions.to_vec(),
            ..Assignment::default()
        })
    }

    #[tokio::test]
    async fn what_waits_in_the_departments_held_is_counted() {
        let (mut backlog, _folder) = backlog().await;
        for (held, count) in [(&[0, 1, 2][..], 5), (&[1, 2], 2), (&[2], 0)] {
            backlog.hear(&holds(held));
            backlog.count();
            assert_eq!(backlog.counted().await, Some(count), "{held:?}");
        }
        assert!(!backlog.is_out_of_date());
        // It is not time for another one.
        backlog.count();
        assert_eq!(backlog.counted().await, None);
    }

    #[tokio::test]
    async fn a_log_that_does_not_answer_is_not_asked() {
        let (mut backlog, _folder) = backlog().await;
        backlog.hear(&holds(&[0]));
        let reason = LogError::Closed;
        backlog.hear(&Event::Unreachable { reason });
        backlog.count();
        assert_eq!(backlog.counted().await, None);
        backlog.hear(&Event::Reachable);
        backlog.count();
        assert_eq!(backlog.counted().await, Some(3));
    }

    #[tokio::test]
    async fn a_count_that_was_begun_before_something_changed_does_not_count() {
        let (mut backlog, _folder) = backlog().await;
        backlog.hear(&holds(&[0]));
        backlog.count();
        backlog.note_decided();
        assert_eq!(backlog.counted().await, None);
        backlog.count();
        assert_eq!(backlog.counted().await, Some(3));
    }
}
