//! A member of a group: its stream of events, its deliveries, and settling them.

mod event;
mod settlement;
mod settler;

use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::coop::consume_budget;

use crate::error::LogError;
use crate::record::Position;

pub use event::{Assignment, BYTES_IN_HAND, Event, Membership};
pub(crate) use settlement::{Batch, Command, Outcome};
pub use settlement::{Delivery, SettleError, Settled, Settlement, TakenUp};
pub use settler::{Settler, Settling};

/// Sends events to the subscription, in order. Batched: waking the receiver costs the same for one as for many.
pub(crate) type EventSender = mpsc::UnboundedSender<Result<Vec<Event>, LogError>>;

/// The adapter's ends of a subscription's channels.
pub(crate) struct MemberChannels {
    pub(crate) events: EventSender,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    /// Closes, or becomes true, as soon as the service wants to leave. The adapter can check this while it takes no
    /// commands.
    pub(crate) leaving: watch::Receiver<bool>,
}

/// A member of a group.
///
/// Dropping it leaves the group, but does not wait for that; see [`Subscription::close`].
pub struct Subscription {
    events: mpsc::UnboundedReceiver<Result<Vec<Event>, LogError>>,
    /// Events that were handed over and are yet to be handed out.
    taken: VecDeque<Event>,
    /// The error that ends the stream, if it came while waiting for a settlement.
    end: Option<LogError>,
    settler: Settler,
    leaving: watch::Sender<bool>,
}

impl Subscription {
    /// The channel of events is unbounded. The adapter bounds it by keeping to the limits in [`Membership`].
    pub(crate) fn new() -> (Subscription, MemberChannels) {
        let (event_sender, events) = mpsc::unbounded_channel();
        let (command_sender, commands) = mpsc::unbounded_channel();
        let (leaving_sender, leaving) = watch::channel(false);
        let subscription = Subscription {
            events,
            taken: VecDeque::new(),
            end: None,
            settler: Settler {
                commands: command_sender,
            },
            leaving: leaving_sender,
        };
        let channels = MemberChannels {
            events: event_sender,
            commands,
            leaving,
        };
        (subscription, channels)
    }

    /// Waits for the next event. Safe to cancel: no event is lost.
    ///
    /// # Errors
    ///
    /// The stream ends with an error that the member cannot recover from.
    pub async fn next(&mut self) -> Result<Event, LogError> {
        // Events that were taken are available without waiting. Yield regularly, so that other tasks get their turn.
        consume_budget().await;
        loop {
            if let Some(event) = self.next_taken()? {
                return Ok(event);
            }
            let events = self.events.recv().await.ok_or(LogError::Closed)?;
            self.taken.extend(events?);
        }
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    ///
    /// As [`Subscription::next`].
    pub fn try_next(&mut self) -> Result<Option<Event>, LogError> {
        loop {
            if let Some(event) = self.next_taken()? {
                return Ok(Some(event));
            }
            match self.events.try_recv() {
                Ok(events) => self.taken.extend(events?),
                Err(mpsc::error::TryRecvError::Empty) => return Ok(None),
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(LogError::Closed),
            }
        }
    }

    fn next_taken(&mut self) -> Result<Option<Event>, LogError> {
        match self.taken.pop_front() {
            Some(event) => {
                trace(&event);
                Ok(Some(event))
            }
            None => self.end.take().map_or(Ok(None), Err),
        }
    }

    /// As [`Settler::settle`], and follows the stream meanwhile: [`Event::Unreachable`] and [`Event::Reachable`] go to
    /// `told` as they come, since they explain why settling takes long. All other events wait for
    /// [`Subscription::next`].
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn settle(
        &mut self,
        settlements: Vec<Settlement>,
        told: impl FnMut(&Event),
    ) -> Result<Vec<Settled>, SettleError> {
        let mut settling = self.settler.begin(settlements);
        self.finish(&mut settling, told).await
    }

    /// Waits for settlements that were begun, and follows the stream meanwhile as [`Subscription::settle`] does. Safe
    /// to cancel. There is one answer: a caller that has received it must not call this again.
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn finish(
        &mut self,
        settling: &mut Settling,
        mut told: impl FnMut(&Event),
    ) -> Result<Vec<Settled>, SettleError> {
        loop {
            tokio::select! {
                biased;
                () = settling.known() => return settling.take(),
                Some(events) = self.events.recv() => match events {
                    Ok(events) => {
                        for event in events {
                            match event {
                                Event::Unreachable { .. } | Event::Reachable => told(&event),
                                event => self.taken.push_back(event),
                            }
                        }
                    }
                    Err(error) => {
                        self.end.get_or_insert(error);
                    }
                },
            }
        }
    }

    /// A handle for sending commands, for as long as the subscription lives.
    pub(crate) fn commands(&self) -> mpsc::WeakUnboundedSender<Command> {
        self.settler.commands.downgrade()
    }

    /// A handle that settles deliveries while another task waits on the stream.
    pub fn settler(&self) -> Settler {
        self.settler.clone()
    }

    /// Leaves the group and waits until that is done, so that others can take over at once. Deliveries that are not
    /// settled stay undecided.
    pub async fn close(self) {
        let (reply, closed) = oneshot::channel();
        self.leaving.send_replace(true);
        if self.settler.commands.send(Command::Close { reply }).is_ok() {
            // An error means that the member's thread has already ended, which is just as good.
            let _ = closed.await;
        }
    }
}

/// Logs what is handed out and what is held, for somebody who has to reconstruct it later.
fn trace(event: &Event) {
    match event {
        Event::Delivery(delivery) => {
            let Position {
                topic,
                partition,
                offset,
            } = delivery.position();
            tracing::trace!(
                log.topic = %topic,
                log.partition = partition,
                log.offset = offset,
                "handed out"
            );
        }
        Event::Assignment(assignment) => tracing::trace!(?assignment.held, "holds"),
        _ => {}
    }
}
