//! What the service asks of its member: to settle, and to leave.

use std::collections::VecDeque;

use tokio::sync::{mpsc, oneshot, watch};

use super::events::Ended;
use crate::record::Record;
use crate::subscription::{Batch, Command, TakenUp};

/// The member's end of the service's commands.
pub(super) struct Commands {
    commands: mpsc::UnboundedReceiver<Command>,
    /// Closed, or true, as soon as the service wants to leave. This is known even while no commands are being received.
    leaving: watch::Receiver<bool>,
    /// Batches that came while another one was being settled.
    waiting: VecDeque<Batch>,
    /// Records to take up out of turn.
    to_take_up: VecDeque<(Record, oneshot::Sender<TakenUp>)>,
    /// Set once the service has asked to leave.
    close_reply: Option<oneshot::Sender<()>>,
}

impl Commands {
    pub(super) fn new(
        commands: mpsc::UnboundedReceiver<Command>,
        leaving: watch::Receiver<bool>,
    ) -> Commands {
        Commands {
            commands,
            leaving,
            waiting: VecDeque::new(),
            to_take_up: VecDeque::new(),
            close_reply: None,
        }
    }

    /// Waits for a command and queues it. Safe to cancel.
    pub(super) async fn hear(&mut self) -> Result<(), Ended> {
        let command = self.commands.recv().await.ok_or(Ended)?;
        self.keep(command);
        Ok(())
    }

    /// Queues the commands that have already arrived.
    pub(super) fn hear_all(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            self.keep(command);
        }
    }

    fn keep(&mut self, command: Command) {
        match command {
            Command::Settle(batch) => self.waiting.push_back(batch),
            Command::TakeUp { record, reply } => self.to_take_up.push_back((record, reply)),
            Command::Close { reply } => self.close_reply = Some(reply),
        }
    }

    /// The next record to take up out of turn, and where the answer goes.
    pub(super) fn next_to_take_up(&mut self) -> Option<(Record, oneshot::Sender<TakenUp>)> {
        self.to_take_up.pop_front()
    }

    /// The batch that has waited longest.
    pub(super) fn next_batch(&mut self) -> Option<Batch> {
        self.waiting.pop_front()
    }

    /// The same, if the batch `fits`.
    pub(super) fn next_batch_if(&mut self, fits: impl FnOnce(&Batch) -> bool) -> Option<Batch> {
        match self.waiting.front().is_some_and(fits) {
            true => self.waiting.pop_front(),
            false => None,
        }
    }

    /// Puts these batches back, ahead of all others.
    pub(super) fn put_back(&mut self, mut batches: VecDeque<Batch>) {
        batches.append(&mut self.waiting);
        self.waiting = batches;
    }

    /// Whether the command to leave has been received.
    pub(super) fn is_closing(&self) -> bool {
        self.close_reply.is_some()
    }

    /// Whether the service wants to leave, even if its command has not been received yet.
    pub(super) fn is_asked_to_close(&self) -> bool {
        self.is_closing() || *self.leaving.borrow()
    }

    /// Tells the service that the member has left.
    pub(super) fn answer_close(self) {
        if let Some(reply) = self.close_reply {
            let _ = reply.send(());
        }
    }
}
