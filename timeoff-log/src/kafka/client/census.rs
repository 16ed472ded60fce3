//! Counts a log's clients and the threads that use them, so that closing can wait until there are none.

use tokio::sync::watch;

/// The number of clients and threads. Clones share one count.
#[derive(Clone)]
pub(crate) struct Census {
    count: watch::Sender<usize>,
}

/// Counts as one until it is dropped: after the client, or as the thread's last act.
pub(crate) struct Counted {
    census: Census,
}

impl Census {
    pub(crate) fn new() -> Census {
        Census {
            count: watch::Sender::new(0),
        }
    }

    pub(crate) fn count_one(&self) -> Counted {
        self.count.send_modify(|count| *count += 1);
        Counted {
            census: self.clone(),
        }
    }

    /// Waits until there are none. Safe to cancel.
    pub(crate) async fn none_left(&self) {
        // This cannot fail: `self` holds the sender.
        let _ = self.count.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.census.count.send_modify(|count| *count -= 1);
    }
}
