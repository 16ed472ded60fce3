//! Being asked to stop.

use std::time::Duration;

use tokio::sync::watch;

/// How long what was begun may take to finish once a stop is asked for: all of it has to end within 2 s.
const GRACE: Duration = Duration::from_millis(800);

/// How long after a stop is asked for the process ends whatever it is doing.
const PATIENCE: Duration = Duration::from_millis(1_600);

/// Tells whether the process has been asked to stop. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: watch::Receiver<bool>,
}

/// Asks for a stop. Dropping it asks for nothing.
#[derive(Debug)]
pub struct ShutdownTrigger {
    requested: watch::Sender<bool>,
}

impl ShutdownTrigger {
    /// Asks for a stop.
    pub fn request(&self) {
        self.requested.send_replace(true);
    }
}

impl Shutdown {
    /// A shutdown that is asked for by hand: for tests.
    pub fn manual() -> (Shutdown, ShutdownTrigger) {
        let (sender, receiver) = watch::channel(false);
        let shutdown = Shutdown {
            requested: receiver,
        };
        let trigger = ShutdownTrigger { requested: sender };
        (shutdown, trigger)
    }

    /// Whether a stop has been asked for.
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Waits until a stop is asked for. Safe to cancel.
    pub async fn requested(&self) {
        let mut requested = self.requested.clone();
        if requested.wait_for(|requested| *requested).await.is_err() {
            // Nobody can ask any more.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until a stop is asked for and the time to finish what was begun is over.
    pub async fn overdue(&self) {
        self.requested().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Waits until a stop is asked for and nothing may be waited for any longer.
    pub(crate) async fn out_of_time(&self) {
        self.requested().await;
        tokio::time::sleep(PATIENCE).await;
    }
}
