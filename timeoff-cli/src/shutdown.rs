//! Requests to stop, and how much time they leave.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long work in progress may take to finish after a stop was requested: everything has to end within 2 s.
const GRACE: Duration = Duration::from_millis(800);

/// How long after a stop request the command is abandoned, whatever it is doing.
const PATIENCE: Duration = Duration::from_millis(1_600);

/// How long after a stop request closing the logs may go on.
const CLOSING_PATIENCE: Duration = Duration::from_millis(1_800);

/// How long after a stop request the process is gone, whatever blocks its threads.
pub(crate) const END: Duration = Duration::from_millis(1_900);

/// Knows whether the process has been asked to stop. Clones share that.
#[derive(Debug, Clone)]
pub struct Shutdown {
    /// When the stop was requested.
    requested: watch::Receiver<Option<Instant>>,
}

/// Requests a stop. Dropping it requests nothing.
#[derive(Debug)]
pub struct ShutdownTrigger {
    requested: watch::Sender<Option<Instant>>,
}

impl ShutdownTrigger {
    /// Requests a stop.
    pub fn request(&self) {
        self.requested
            .send_modify(|requested| *requested = requested.or_else(|| Some(Instant::now())));
    }
}

impl Shutdown {
    /// A shutdown, and the trigger that requests it: for [`run`](crate::run) and for tests.
    pub fn manual() -> (Shutdown, ShutdownTrigger) {
        let (sender, receiver) = watch::channel(None);
        let shutdown = Shutdown {
            requested: receiver,
        };
        let trigger = ShutdownTrigger { requested: sender };
        (shutdown, trigger)
    }

    /// Whether a stop has been requested.
    pub fn is_requested(&self) -> bool {
        self.requested.borrow().is_some()
    }

    /// Waits until a stop is requested. Safe to cancel.
    pub async fn requested(&self) {
        self.requested_at().await;
    }

    /// Waits until a stop has been requested and the time to finish work in progress is over.
    pub async fn overdue(&self) {
        self.requested_for(GRACE).await;
    }

    /// Waits until a stop has been requested and the command may not be waited for any longer.
    pub(crate) async fn out_of_time(&self) {
        self.requested_for(PATIENCE).await;
    }

    /// Waits until a stop has been requested and the logs may not be waited for any longer.
    pub(crate) async fn must_be_closed(&self) {
        self.requested_for(CLOSING_PATIENCE).await;
    }

    async fn requested_for(&self, patience: Duration) {
        let requested_at = self.requested_at().await;
        tokio::time::sleep_until(requested_at + patience).await;
    }

    async fn requested_at(&self) -> Instant {
        let mut requested = self.requested.clone();
        if let Ok(at) = requested.wait_for(Option::is_some).await
            && let Some(at) = *at
        {
            return at;
        }
        // The trigger is gone: nobody can request a stop any more.
        std::future::pending().await
    }
}
