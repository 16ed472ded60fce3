//! A member's place in its group: its consumer, the generation in which it holds partitions, and joining anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::client::Client;
use rdkafka::consumer::{CommitMode, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::holdings::Place;
use crate::error::LogError;
use crate::kafka::client::{
    CALL_TIMEOUT, CONNECT_TIMEOUT, Cluster, GroupContext, GroupNews, RecordConsumer, Role, TopicId,
    record_from, sent_again_after, with_topic_id,
};
use crate::kafka::committed::{Committed, TakeUpError, check_end, restore};
use crate::kafka::topic::{partition_count, watermarks};
use crate::progress::Progress;
use crate::record::Record;
use crate::sabotage::{Promise, breaks};
use crate::subscription::Membership;

/// How long to wait before joining anew, so that a member that loses a partition again right away does not rejoin in a
/// tight loop.
const REJOIN_PAUSE: Duration = Duration::from_millis(500);

/// How long leaving the group may take.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What a broker checks a settlement against: it refuses one that does not come from the owner of the partitions.
pub(crate) type Generation = Arc<ConsumerGroupMetadata>;

/// The member's place in its group.
pub(crate) struct Seat {
    group: String,
    /// The topic, then those alongside: one for each lane.
    topics: Vec<Arc<str>>,
    /// The member of the group. It subscribes to the topic alone: an assignor does not keep the partitions of several
    /// topics together.
    consumer: Arc<RecordConsumer>,
    /// Reads the partitions alongside those that the member holds. It never joins the group. A client of its own, as the
    /// library does not say of which topic the end of a partition was reached.
    alongside: Option<RecordConsumer>,
    /// A request that was answered sooner than this was sent only once.
    sent_again_after: Duration,
    /// The generation under which the partitions are held.
    ///
    /// Read when they are taken up, not when it is used: a member that was thrown out of the group has no generation,
    /// and a broker accepts an offset that comes without one.
    generation: Option<Generation>,
    /// When to join anew, if the member has to.
    rejoin_at: Option<Instant>,
    /// How many topic ids the client of each lane had learned at the last call of [`Seat::news_of_topic_id`].
    topic_ids_heard: Vec<u64>,
}

/// Which of a seat's clients something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The topic itself.
    Topic,
    /// The topics alongside.
    Alongside,
}

/// A record and its lane, or what the library reports as an error.
pub(super) type Arrived = Result<(usize, Record), KafkaError>;

impl Seat {
    /// A seat that is not taken yet: see [`Seat::join`].
    pub(super) fn new(
        cluster: &Cluster,
        membership: &Membership,
        news: mpsc::UnboundedSender<GroupNews>,
    ) -> Result<Seat, LogError> {
        let config = cluster.config(Role::Member {
            group: &membership.group,
            in_hand: membership.max_in_hand,
        })?;
        let sent_again_after = sent_again_after(&config)
            .map_err(|error| cluster.unavailable("set up a client", error))?;
        let topics: Vec<Arc<str>> = membership.lanes().cloned().collect();
        let alongside = match membership.alongside.is_empty() {
            true => None,
            false => {
                // Nothing is told to a client that joins no group.
                let (news, _) = mpsc::unbounded_channel();
                Some(cluster.consumer(&config, news)?)
            }
        };
        Ok(Seat {
            group: membership.group.clone(),
            topic_ids_heard: vec![0; topics.len()],
            topics,
            consumer: Arc::new(cluster.consumer(&config, news)?),
            alongside,
            sent_again_after,
            generation: None,
            rejoin_at: None,
        })
    }

    pub(super) fn join(&mut self) -> Result<(), KafkaError> {
        for lane in self.lanes().skip(1) {
            // The client learns the topic's id by it.
            partition_count(self.client(lane), self.topic(lane), CONNECT_TIMEOUT)?;
        }
        self.consumer.subscribe(&[self.topic(0)])?;
        if breaks(Promise::Generation) {
            // Before it has joined, a consumer names no generation, and a broker checks none.
            self.generation = self.consumer.group_metadata().map(Arc::new);
        }
        Ok(())
    }

    /// Has the member join anew, after a pause.
    pub(super) fn rejoin_later(&mut self) {
        self.rejoin_at
            .get_or_insert_with(|| Instant::now() + REJOIN_PAUSE);
    }

    pub(super) fn is_rejoin_due(&self) -> bool {
        self.rejoin_at.is_some_and(|at| at <= Instant::now())
    }

    /// Leaves the group and joins it again. Whichever member gets its partitions takes them up at the group's progress.
    pub(super) fn rejoin(&mut self) -> Result<(), KafkaError> {
        self.rejoin_at = None;
        self.consumer.unsubscribe();
        let joined = self.consumer.subscribe(&[self.topic(0)]);
        if joined.is_err() {
            self.rejoin_later();
        }
        joined
    }

    /// Leaves the group. Closing a consumer of the library waits for brokers without a limit. So another thread does
    /// that, and this one waits only for a limited time.
    pub(super) fn leave(self, has_assigned: bool) {
        let (consumer, alongside) = (self.consumer, self.alongside);
        if has_assigned {
            // The library does not leave the group while an assignment is unanswered.
            let _ = consumer.incremental_assign(&TopicPartitionList::new());
        }
        let (closed, is_closed) = std::sync::mpsc::channel::<()>();
        let closer = std::thread::Builder::new().spawn(move || {
            drop(consumer);
            let _ = closed.send(());
            drop(alongside);
        });
        if closer.is_ok() {
            let _ = is_closed.recv_timeout(CLOSE_TIMEOUT);
        }
    }

    /// The client that reads the topics alongside, if there are any.
    pub(super) fn alongside(&self) -> Option<&Client<GroupContext>> {
        self.alongside.as_ref().map(|alongside| alongside.client())
    }

    /// The places of the topics: 0 is the topic itself, then come those alongside.
    pub(super) fn lanes(&self) -> std::ops::Range<usize> {
        0..self.topics.len()
    }

    pub(super) fn topic(&self, lane: usize) -> &Arc<str> {
        &self.topics[lane]
    }

    /// The client that reads a lane.
    fn reader(&self, lane: usize) -> &RecordConsumer {
        match &self.alongside {
            Some(alongside) if lane > 0 => alongside,
            _ => &self.consumer,
        }
    }

    pub(super) fn client(&self, lane: usize) -> &Client<GroupContext> {
        self.reader(lane).client()
    }

    pub(super) fn partition_count(&self) -> Result<i32, KafkaError> {
        partition_count(self.client(0), self.topic(0), CONNECT_TIMEOUT)
    }

    /// A partition's low watermark, and its last stable offset.
    pub(super) fn ends(&self, (partition, lane): Place) -> Result<(i64, i64), KafkaError> {
        watermarks(self.client(lane), self.topic(lane), partition, CALL_TIMEOUT)
    }

    /// Waits for the next record, or for news that the library reports as an error. Safe to cancel.
    pub(super) async fn recv(&self, source: Source) -> Arrived {
        match self.source(source) {
            Some(consumer) => Ok(self.record_of(&consumer.recv().await?)),
            None => std::future::pending().await,
        }
    }

    /// The next record or news, if there is one already.
    pub(super) fn try_recv(&self, source: Source) -> Option<Arrived> {
        let message = self.source(source)?.try_recv()?;
        Some(message.map(|message| self.record_of(&message)))
    }

    fn source(&self, source: Source) -> Option<&RecordConsumer> {
        match source {
            Source::Topic => Some(&self.consumer),
            Source::Alongside => self.alongside.as_ref(),
        }
    }

    fn record_of(&self, message: &BorrowedMessage<'_>) -> (usize, Record) {
        let is_its = |topic: &Arc<str>| **topic == *message.topic();
        let lane = self.topics.iter().position(is_its).unwrap_or(0);
        (lane, record_from(message, self.topic(lane)))
    }

    /// Takes up assigned partitions, and reads each from its offset on.
    pub(super) fn assign(
        &self,
        offsets: impl Iterator<Item = (i32, i64)>,
    ) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            self.add_offset(&mut list, (partition, 0), offset);
        }
        self.consumer.incremental_assign(&list)
    }

    /// From now on, reads these partitions alongside, each from its offset on, and no others.
    pub(super) fn read_alongside(
        &self,
        offsets: impl Iterator<Item = (Place, i64)>,
    ) -> Result<(), KafkaError> {
        let Some(alongside) = &self.alongside else {
            return Ok(());
        };
        let mut list = TopicPartitionList::new();
        for (place, offset) in offsets {
            self.add_offset(&mut list, place, offset);
        }
        alongside.read_only(&list)
    }

    /// Holds the partitions under the group's current generation from now on.
    pub(super) fn renew_generation(&mut self) {
        if !breaks(Promise::Generation) {
            self.generation = self.consumer.group_metadata().map(Arc::new);
        }
    }

    pub(super) fn generation(&self) -> Option<Generation> {
        self.generation.clone()
    }

    /// What a client of the group names that is no member of it: a broker checks nothing then. Only for a build that may
    /// break a promise.
    pub(super) fn generation_of_no_member(&self) -> Option<Generation> {
        let metadata = self.alongside.as_ref()?.group_metadata()?;
        Some(Arc::new(metadata))
    }

    pub(super) fn pause(&self, place: Place) {
        // The library always returns Ok, for pausing and for resuming.
        let _ = self.reader(place.1).pause(&self.only(place));
    }

    pub(super) fn resume(&self, place: Place) {
        let _ = self.reader(place.1).resume(&self.only(place));
    }

    pub(super) fn seek(&self, (partition, lane): Place, offset: i64) -> Result<(), KafkaError> {
        let offset = Offset::Offset(offset);
        self.reader(lane)
            .seek(self.topic(lane), partition, offset, CALL_TIMEOUT)
    }

    /// The group's stable commit in each lane of these partitions: waits for a transaction that is being committed.
    pub(super) fn committed(
        &self,
        partitions: &[i32],
    ) -> Result<Vec<(Place, Option<Committed>)>, TakeUpError> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let mut list = TopicPartitionList::new();
        for topic in &self.topics {
            for &partition in partitions {
                list.add_partition(topic, partition);
            }
        }
        let committed = self.consumer.committed_offsets(list, CALL_TIMEOUT)?;
        committed
            .elements()
            .iter()
            .map(|element| {
                let is_its = |topic: &Arc<str>| **topic == *element.topic();
                let lane = self.topics.iter().position(is_its).unwrap_or(0);
                let restored = restore(&self.group, self.topic(lane), element)?;
                Ok(((element.partition(), lane), restored))
            })
            .collect()
    }

    /// Returns an error if the group's progress reaches beyond the end of the topic.
    pub(super) fn check_end(
        &self,
        (partition, lane): Place,
        progress: &Progress,
        end: i64,
    ) -> Result<(), LogError> {
        check_end(&self.group, self.topic(lane), partition, progress, end)
    }

    /// The id of the topic, if it is known.
    pub(super) fn topic_id(&self, lane: usize) -> Option<TopicId> {
        let known = self.reader(lane).context().topic_ids();
        known.of(self.topic(lane))
    }

    /// The id of the topic, if its client may have learned another one since the last call.
    pub(super) fn news_of_topic_id(&mut self, lane: usize) -> Option<TopicId> {
        let heard = self.reader(lane).context().topic_ids().changes();
        if std::mem::replace(&mut self.topic_ids_heard[lane], heard) == heard {
            return None;
        }
        self.topic_id(lane)
    }

    /// The offsets to commit for this progress, each with the id of its topic beside it.
    pub(super) fn offsets<'a>(
        &self,
        progress: impl Iterator<Item = (Place, &'a Progress, Option<&'a TopicId>)>,
    ) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for ((partition, lane), progress, topic_id) in progress {
            let (offset, ranges) = progress.record();
            self.add_offset(&mut list, (partition, lane), offset);
            list.find_partition(self.topic(lane), partition)
                .expect("it was just added")
                .set_metadata(with_topic_id(topic_id, &ranges));
        }
        list
    }

    /// Commits offsets outside a transaction. The library's commit waits for the answer without a limit, so another
    /// thread calls it.
    pub(super) fn commit(&self, offsets: TopicPartitionList) -> PlainCommit {
        let consumer = self.consumer.clone();
        PlainCommit {
            began: Instant::now(),
            sent_again_after: self.sent_again_after,
            answer: tokio::task::spawn_blocking(move || {
                consumer.commit(&offsets, CommitMode::Sync)
            }),
        }
    }

    fn only(&self, (partition, lane): Place) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition(self.topic(lane), partition);
        list
    }

    fn add_offset(&self, list: &mut TopicPartitionList, (partition, lane): Place, offset: i64) {
        list.add_partition_offset(self.topic(lane), partition, Offset::Offset(offset))
            .expect("an offset that is a number can be set");
    }
}

/// A commit outside a transaction, in flight.
pub(crate) struct PlainCommit {
    began: Instant,
    sent_again_after: Duration,
    answer: JoinHandle<Result<(), KafkaError>>,
}

/// A broker's answer to a commit.
pub(crate) struct CommitAnswer {
    pub(crate) result: Result<(), KafkaError>,
    /// Whether the library may have sent the commit twice, which it does not report: the first request may still be in
    /// flight.
    pub(crate) may_come_late: bool,
}

impl PlainCommit {
    /// Waits for the answer. Safe to cancel; there is only one answer.
    pub(crate) async fn answer(&mut self) -> CommitAnswer {
        let answer = (&mut self.answer).await;
        CommitAnswer {
            result: answer.unwrap_or(Err(KafkaError::Canceled)),
            may_come_late: self.began.elapsed() >= self.sent_again_after,
        }
    }
}
