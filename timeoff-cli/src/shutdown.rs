//! Being asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long what was begun may take to finish once a stop is asked for: all of it has to end within 2 s.
const GRACE: Duration = Duration::from_millis(800);

/// How long after a stop is asked for the process ends whatever it is doing.
const PATIENCE: Duration = Duration::from_millis(1_600);

/// How long after a stop is asked for the logs may still be closed.
const CLOSING_PATIENCE: Duration = Duration::from_millis(1_800);

/// How long after a stop is asked for the process is gone, whatever holds its threads.
pub(crate) const END: Duration = Duration::from_millis(1_900);

/// Tells whether the process has been asked to stop. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    /// When the stop was asked for.
    requested: watch::Receiver<Option<Instant>>,
}

/// Asks for a stop. Dropping it asks for nothing.
#[derive(Debug)]
pub struct ShutdownTrigger {
    requested: watch::Sender<Option<Instant>>,
}

impl ShutdownTrigger {
    /// Asks for a stop.
    pub fn request(&self) {
        self.requested
            .send_modify(|requested| *requested = requested.or_else(|| Some(Instant::now())));
    }
}

impl Shutdown {
    /// A shutdown that is asked for by hand: for tests.
    pub fn manual() -> (Shutdown, ShutdownTrigger) {
        let (sender, receiver) = watch::channel(None);
        let shutdown = Shutdown {
            requested: receiver,
        };
        let trigger = ShutdownTrigger { requested: sender };
        (shutdown, trigger)
    }

    /// Whether a stop has been asked for.
    pub fn is_requested(&self) -> bool {
        self.requested.borrow().is_some()
    }

    /// Waits until a stop is asked for. Safe to cancel.
    pub async fn requested(&self) {
        self.requested_at().await;
    }

    /// Waits until a stop is asked for and the time to finish what was begun is over.
    pub async fn overdue(&self) {
        self.requested_for(GRACE).await;
    }

    /// Waits until a stop is asked for and nothing may be waited for any longer.
    pub(crate) async fn out_of_time(&self) {
        self.requested_for(PATIENCE).await;
    }

    /// Waits until a stop is asked for and the logs may not be waited for any longer.
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
        // Nobody can ask any more.
        std::future::pending().await
    }
}
