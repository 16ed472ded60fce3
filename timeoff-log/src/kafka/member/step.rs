//! The member: the order in which its parts act.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::mpsc;

use super::HEARTBEAT;
use super::catch_up::CatchUp;
use super::commands::Commands;
use super::events::{Ended, Events};
use super::hand_out::HandOut;
use super::seat::{Arrived, Seat, Source};
use super::share::{Gain, Share};
use crate::error::LogError;
use crate::in_hand::Room;
use crate::kafka::client::{AT_ONCE, Cluster, GroupNews};
use crate::kafka::trouble::Trouble;
use crate::record::Record;
use crate::subscription::{
    Assignment, Batch, Delivery, Event, MemberChannels, Membership, TakenUp,
};

/// A member of a group.
pub(crate) struct Member {
    cluster: Arc<Cluster>,
    membership: Membership,
    news: mpsc::UnboundedReceiver<GroupNews>,
    share: Share,
    /// One for each lane.
    hand_out: Vec<HandOut>,
    catch_up: CatchUp,
    trouble: Trouble,
    /// What the client for the topics alongside knows. It is not reported.
    trouble_alongside: Trouble,
    commands: Commands,
    events: Events,
}

/// What the caller has to do after a step.
pub(crate) enum Step {
    /// Take the next step.
    Next,
    /// Settle this batch.
    Settle(Batch),
    /// Let the member leave: the service asks for it.
    Leave,
}

impl Member {
    pub(crate) fn join(
        cluster: &Arc<Cluster>,
        membership: &Membership,
        channels: MemberChannels,
    ) -> Result<Member, LogError> {
        let (news_sender, news) = mpsc::unbounded_channel();
        let mut seat = Seat::new(cluster, membership, news_sender)?;
        let catch_up = CatchUp::begin(cluster.clone(), membership, &seat)?;
        seat.join()
            .map_err(|error| cluster.unavailable("join the group", error))?;
        let hand_out = |lane| HandOut::new(membership, lane);
        Ok(Member {
            cluster: cluster.clone(),
            membership: membership.clone(),
            news,
            hand_out: seat.lanes().map(hand_out).collect(),
            share: Share::new(seat),
            catch_up,
            trouble: Trouble::new(cluster.clone()),
            trouble_alongside: Trouble::new(cluster.clone()),
            commands: Commands::new(channels.commands, channels.leaving),
            events: Events::new(channels.events),
        })
    }

    /// Does whatever is due next.
    pub(crate) async fn step(&mut self) -> Result<Step, Ended> {
        if self.commands.is_closing() {
            return Ok(Step::Leave);
        }
        self.hear_news();
        self.take_up_assigned()?;
        self.give_up_if_made_again();
        if let Err(error) = self.share.rejoin_if_due() {
            self.lose_touch("join the group again", error)?;
        }
        self.read_alongside()?;
        for hand_out in &mut self.hand_out {
            let news = hand_out.resume_where_there_is_room(&self.share);
            // A service that is gone is noticed where commands are received.
            let _ = self.events.tell_all(news);
        }
        while let Some((record, reply)) = self.commands.next_to_take_up() {
            let _ = reply.send(self.take_up(record));
        }
        if let Some(batch) = self.commands.next_batch() {
            return Ok(Step::Settle(batch));
        }
        self.announce_caught_up();
        let (topic, alongside) = (
            self.is_patient(Source::Topic),
            self.is_patient(Source::Alongside),
        );
        self.wait(topic, alongside).await?;
        Ok(Step::Next)
    }

    /// Waits for whatever comes next. `topic`, `alongside`: whether to wait for room there, and to leave what was fetched
    /// ahead where it is.
    async fn wait(&mut self, topic: bool, alongside: bool) -> Result<(), Ended> {
        let seat = self.share.seat();
        let full = self.hand_out.iter().filter_map(HandOut::full_room);
        let room = Room::wait_for_any(full);
        tokio::select! {
            biased;
            Some(news) = self.news.recv(), if !topic => {
                self.hear(news);
                Ok(())
            }
            heard = self.commands.hear() => heard,
            arrived = seat.recv(Source::Alongside), if !alongside => {
                self.hear_from_consumer(Source::Alongside, arrived)
            }
            arrived = seat.recv(Source::Topic), if !topic => {
                self.hear_from_consumer(Source::Topic, arrived)
            }
            () = room => Ok(()),
            () = tokio::time::sleep(HEARTBEAT) => {
                self.look_around()?;
                match topic {
                    true => Ok(()),
                    false => self.tell_hidden(),
                }
            }
        }
    }

    /// Whether what comes from there is left where it is for a while, as there is no room for it.
    fn is_patient(&mut self, source: Source) -> bool {
        let lanes = match source {
            Source::Topic => 0..1,
            Source::Alongside => 1..self.hand_out.len(),
        };
        let holdings = self.share.holdings();
        let mut is_patient = false;
        for hand_out in &mut self.hand_out[lanes] {
            // Each is asked, as each counts its own time.
            is_patient |= hand_out.is_patient(holdings);
        }
        is_patient
    }

    /// Has the partitions alongside those that are held read, if that has changed.
    fn read_alongside(&mut self) -> Result<(), Ended> {
        match self.share.read_alongside() {
            Ok(()) => Ok(()),
            Err(error) => self.lose_touch("read the topics alongside", error),
        }
    }

    /// Serves the consumer and receives commands while a settlement waits: what has arrived, and what arrives within
    /// `pause`. Returns early when the service wants to leave.
    pub(crate) async fn serve(&mut self, pause: Duration) -> Result<(), Ended> {
        let until = tokio::time::Instant::now() + pause;
        loop {
            self.hear_news();
            self.take_up_assigned()?;
            self.read_alongside()?;
            if self.is_asked_to_close() {
                return Ok(());
            }
            // What was fetched ahead stays where it is while there is no room for it.
            let topic = self.is_patient(Source::Topic);
            let alongside = self.is_patient(Source::Alongside);
            let seat = self.share.seat();
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => self.hear(news),
                heard = self.commands.hear() => heard?,
                arrived = seat.recv(Source::Alongside), if !alongside => {
                    self.hear_from_consumer(Source::Alongside, arrived)?;
                }
                arrived = seat.recv(Source::Topic), if !topic => {
                    self.hear_from_consumer(Source::Topic, arrived)?;
                }
                () = tokio::time::sleep_until(until) => return self.feel_pulse(),
            }
        }
    }

    /// Receives one command while a settlement waits and the consumer is not served. Safe to cancel.
    pub(crate) async fn hear_command(&mut self) -> Result<(), Ended> {
        self.commands.hear().await
    }

    /// Whether the service wants to leave while a settlement waits.
    pub(crate) fn is_asked_to_close(&self) -> bool {
        self.commands.is_asked_to_close()
    }

    /// The next waiting batch, if it `fits` into the current settlement.
    pub(crate) fn next_batch_if(&mut self, fits: impl FnOnce(&Batch) -> bool) -> Option<Batch> {
        self.commands.hear_all();
        self.commands.next_batch_if(fits)
    }

    /// Puts these batches back, ahead of all others.
    pub(crate) fn put_back(&mut self, batches: VecDeque<Batch>) {
        self.commands.put_back(batches);
    }

    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// Notes that a delivery's settlement is recorded, if its tenure still lasts.
    pub(crate) fn decide(&mut self, delivery: &Delivery) {
        self.share.holdings_mut().decide(delivery);
    }

    /// Lets go of these partitions and, if any of them was held, joins the group anew.
    pub(crate) fn give_up(&mut self, partitions: Vec<i32>) {
        let lost = self.share.give_up(partitions);
        self.forget(lost);
    }

    /// Notes that the cluster does not answer.
    pub(crate) fn lose_touch(&mut self, step: &str, error: KafkaError) -> Result<(), Ended> {
        self.events.tell_touch(self.trouble.note(step, error))
    }

    /// Notes that the cluster answers.
    pub(crate) fn note_answer(&mut self) {
        // A service that is gone is noticed where commands are received.
        let _ = self.events.tell_touch(self.trouble.clear());
    }

    /// Leaves the group.
    pub(crate) fn leave(mut self) {
        self.hear_news();
        self.share.leave();
        self.commands.answer_close();
    }

    fn look_around(&mut self) -> Result<(), Ended> {
        let seat = self.share.seat();
        let touch = self.trouble.look_around(seat.client(0), seat.topic(0));
        self.events.tell_touch(touch)?;
        let mut has_lost_brokers = self.trouble.has_lost_brokers(seat.topic(0));
        if let Some(alongside) = seat.alongside() {
            let (trouble, topic) = (&mut self.trouble_alongside, seat.topic(1));
            // What keeps both clients from the cluster is reported for the first.
            let _ = trouble.look_around(alongside, topic);
            has_lost_brokers |= trouble.has_lost_brokers(topic);
        }
        if has_lost_brokers {
            self.replace_clients();
        }
        Ok(())
    }

    /// Joins the group by other clients.
    fn replace_clients(&mut self) {
        let (sender, news) = mpsc::unbounded_channel();
        let joined = Seat::new(&self.cluster, &self.membership, sender).and_then(|mut seat| {
            let join = seat.partition_count().and_then(|_| seat.join());
            join.map_err(|error| self.cluster.unavailable("join the group", error))?;
            Ok(seat)
        });
        match joined {
            Ok(seat) => {
                tracing::warn!("a member's Kafka client has lost its brokers and is replaced");
                let lost = self.share.move_to(seat);
                self.news = news;
                self.forget(lost);
                self.note_answer();
                let _ = self.trouble_alongside.clear();
            }
            Err(error) => {
                tracing::debug!(error = %error, "could not join by another client; trying again");
            }
        }
    }

    fn feel_pulse(&mut self) -> Result<(), Ended> {
        let touch = self
            .trouble
            .feel_pulse(self.share.seat().client(0), self.share.seat().topic(0));
        self.events.tell_touch(touch)
    }

    fn hear_news(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            self.hear(news);
        }
    }

    fn hear(&mut self, news: GroupNews) {
        let lost = self.share.hear(news);
        self.forget(lost);
    }

    /// Takes up a record out of turn.
    fn take_up(&self, record: Record) -> TakenUp {
        let (seat, topic) = (self.share.seat(), &record.position.topic);
        match seat.lanes().find(|&lane| seat.topic(lane) == topic) {
            Some(lane) => self.hand_out[lane].take_up(record, &self.share),
            None => TakenUp::NotHeld,
        }
    }

    fn take_up_assigned(&mut self) -> Result<(), Ended> {
        let (gained, unsettled, news) = match self.share.take_up() {
            Gain::Gained {
                partitions,
                unsettled,
                news,
            } => (partitions, unsettled, news),
            Gain::Nothing => return Ok(()),
            Gain::Failed(error) => return self.hear_error(Source::Topic, error),
            Gain::Unreadable(error) => return Err(self.events.end_with(error)),
        };
        self.catch_up.note_gained();
        self.note_answer();
        if !gained.is_empty() || !self.events.has_told_assignment() {
            self.tell_assignment(gained, Vec::new(), unsettled);
        }
        self.events.tell_all(news)
    }

    fn give_up_if_made_again(&mut self) {
        let lost = self.share.give_up_if_made_again();
        self.forget(lost);
    }

    /// Forgets partitions that are not held any more, and reports that to the service.
    fn forget(&mut self, lost: Vec<i32>) {
        if lost.is_empty() {
            return;
        }
        for &partition in &lost {
            for hand_out in &mut self.hand_out {
                hand_out.forget(partition, self.share.seat());
            }
            self.catch_up.forget(partition);
        }
        self.tell_assignment(Vec::new(), lost, Vec::new());
    }

    fn tell_assignment(&mut self, gained: Vec<i32>, lost: Vec<i32>, unsettled: Vec<i32>) {
        self.events.tell_assignment(Assignment {
            held: self.share.holdings().partitions().collect(),
            gained,
            lost,
            unsettled,
        });
    }

    fn announce_caught_up(&mut self) {
        let is_any_paused = self.hand_out[0].is_any_paused();
        if self.catch_up.is_reached(&self.share, is_any_paused) {
            let _ = self.events.tell(Event::CaughtUp);
        }
    }

    fn tell_hidden(&mut self) -> Result<(), Ended> {
        match self.trouble.is_unreachable() {
            true => Ok(()),
            false => self
                .events
                .tell_all(self.catch_up.hidden_for_long(self.share.seat())),
        }
    }

    /// Takes this record and the ones that are already queued behind it, as long as there is room.
    fn hear_from_consumer(&mut self, source: Source, first: Arrived) -> Result<(), Ended> {
        let mut deliveries = Vec::new();
        let mut next = Some(first);
        let mut failed = None;
        let mut taken = 0;
        while let Some(arrived) = next {
            match arrived {
                Ok((lane, record)) => {
                    deliveries.extend(self.accept(lane, record).map(Event::Delivery));
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            taken += 1;
            // Stop when the group has news: it must be handled before any further record.
            let goes_on = taken < AT_ONCE && !self.is_patient(source) && self.news.is_empty();
            next = goes_on
                .then(|| self.share.seat().try_recv(source))
                .flatten();
        }
        self.events.tell_all(deliveries)?;
        failed.map_or(Ok(()), |error| self.hear_error(source, error))
    }

    fn accept(&mut self, lane: usize, record: Record) -> Option<Delivery> {
        self.note_answer();
        // Records of a topic that was made again arrive only after the client has learned its new id.
        self.give_up_if_made_again();
        self.hand_out[lane].accept(record, &mut self.share)
    }

    fn hear_error(&mut self, source: Source, error: KafkaError) -> Result<(), Ended> {
        match error {
            KafkaError::PartitionEOF(partition) => {
                self.note_answer();
                let is_held = self.share.holdings().get(partition).is_some();
                let is_paused = source == Source::Topic && self.hand_out[0].is_paused(partition);
                if is_held && !is_paused {
                    self.catch_up.note_end(source, partition);
                }
                Ok(())
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                self.share.rejoin_later();
                Ok(())
            }
            KafkaError::MessageConsumptionFatal(_) => {
                let error = self.cluster.unavailable("stay in the group", error);
                Err(self.events.end_with(error))
            }
            error => {
                tracing::debug!(kafka.error = %error, "the consumer reports an error");
                self.lose_touch("read the topic", error)
            }
        }
    }
}
