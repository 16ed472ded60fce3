//! Somebody who stays for long: what they may see is asked again while they do.

use std::time::{Duration, Instant};

use super::{Me, today};
use crate::service::Service;

/// For how long nobody asks again whether a session or an API token still counts.
const BELIEVED: Duration = Duration::from_secs(1);

/// How often that is to be asked, and what somebody may see, although nothing happens: nobody keeps a place for nothing.
pub(crate) const ASKED: Duration = Duration::from_secs(15);

/// Who follows, and what they may see.
pub(crate) struct Visit {
    pub(crate) me: Me,
    /// The day on which it was asked what they may see.
    asked_on: i64,
    /// When it was asked whether their session or token still counts.
    believed_at: Instant,
}

impl Visit {
    /// Begins with somebody of whom it has just been asked.
    pub(crate) fn of(me: Me) -> Visit {
        Visit {
            me,
            asked_on: today(),
            believed_at: Instant::now(),
        }
    }

    /// Asks whether they are still believed and what they may see, unless that was asked a moment ago and nothing has
    /// changed. `None`: they may see nothing any more.
    pub(crate) async fn ask_again(&mut self, service: &Service, has_changed: bool) -> Option<()> {
        if self.believed_at.elapsed() >= BELIEVED {
            let authentication = &service.authentication;
            let is_believed = authentication.still_believes(&self.me.credential).await;
            is_believed.ok()?.then_some(())?;
            self.believed_at = Instant::now();
        }
        let today = today();
        if has_changed || today != self.asked_on {
            self.me = self.me.again(service).await.ok()?;
            self.asked_on = today;
        }
        Some(())
    }
}
