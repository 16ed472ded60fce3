//! Settling deliveries, with or without waiting for the outcome.

use tokio::sync::{mpsc, oneshot};

use super::settlement::{Batch, Command, Outcome, SettleError, Settled, Settlement, TakenUp};
use crate::error::LogError;
use crate::record::Record;

/// Settles deliveries of one subscription.
#[derive(Clone)]
pub struct Settler {
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl Settler {
    /// Settles deliveries: appends their outputs and marks them done, all at once or not at all. Of those that are
    /// [`Settled::Stale`], nothing is recorded. Returns the outcome of each, in order.
    ///
    /// While the log does not answer, this waits, as long as it takes. Dropping the future does not take the
    /// settlements back: it is then not known whether they are recorded.
    ///
    /// # Errors
    ///
    /// [`SettleError`] hands the settlements back if the log refuses them for good: a full disk, missing rights. If the
    /// subscription ended meanwhile, none are handed back, and their outcome is not known.
    pub async fn settle(&self, settlements: Vec<Settlement>) -> Result<Vec<Settled>, SettleError> {
        self.begin(settlements).outcome().await
    }

    /// Takes up a record of one of the membership's topics out of turn, which the caller has read with a
    /// [`Reader`](crate::Reader): one that is to be handed out later, or was handed out and dropped. It may be in hand
    /// twice by this, or be handed out once more in its turn; of two settlements, one is [`Settled::Stale`].
    ///
    /// [`Membership::max_in_hand`](super::Membership::max_in_hand) does not keep it from being taken up.
    ///
    /// # Errors
    ///
    /// [`LogError::Closed`] if the subscription has ended.
    pub async fn take_up(&self, record: Record) -> Result<TakenUp, LogError> {
        let (reply, taken_up) = oneshot::channel();
        // If the member's thread has ended, the reply's sender is dropped with the command.
        let _ = self.commands.send(Command::TakeUp { record, reply });
        taken_up.await.map_err(|_| LogError::Closed)
    }

    /// Begins to settle deliveries, as [`Settler::settle`] does, and does not wait, so that the caller can decide the
    /// next ones meanwhile. Settlements are recorded in the order in which they were begun, unless an earlier one is
    /// handed back.
    pub fn begin(&self, settlements: Vec<Settlement>) -> Settling {
        let (reply, outcome) = oneshot::channel();
        // If the member's thread has ended, the command is returned, and the reply's sender with it.
        let batch = Batch { settlements, reply };
        if let Err(mpsc::error::SendError(Command::Settle(batch))) =
            self.commands.send(Command::Settle(batch))
        {
            batch.refuse(LogError::Closed);
        }
        Settling {
            reply: outcome,
            known: None,
        }
    }
}

/// Settlements that are being recorded. Dropping this does not take them back.
#[derive(Debug)]
pub struct Settling {
    reply: oneshot::Receiver<Outcome>,
    /// Set once the outcome is known.
    known: Option<Outcome>,
}

impl Settling {
    /// The outcome, if it is known already.
    pub fn outcome_if_known(mut self) -> Option<Outcome> {
        self.is_known();
        self.known
    }

    /// Whether the outcome is known.
    pub fn is_known(&mut self) -> bool {
        if self.known.is_none() {
            self.known = match self.reply.try_recv() {
                Ok(outcome) => Some(outcome),
                Err(oneshot::error::TryRecvError::Empty) => None,
                Err(oneshot::error::TryRecvError::Closed) => Some(Err(closed())),
            };
        }
        self.known.is_some()
    }

    /// Waits until the outcome is known. Safe to cancel.
    pub async fn known(&mut self) {
        if self.known.is_none() {
            let outcome = (&mut self.reply).await;
            self.known = Some(outcome.unwrap_or_else(|_| Err(closed())));
        }
    }

    /// Waits for the outcome.
    ///
    /// # Errors
    ///
    /// As [`Settler::settle`].
    pub async fn outcome(mut self) -> Outcome {
        self.known().await;
        self.take()
    }

    pub(super) fn take(&mut self) -> Outcome {
        self.known.take().expect("it has been waited for")
    }
}

/// The subscription ended, so the outcome of the settlements can no longer be found out.
fn closed() -> SettleError {
    SettleError {
        settlements: Vec::new(),
        source: LogError::Closed,
    }
}
