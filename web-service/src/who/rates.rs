//! How often somebody may do something.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use timeoff_models::Email;

use crate::problem::Problem;

/// How often somebody may sign in, in a minute.
const SIGN_INS: NonZeroU32 = NonZeroU32::new(10).expect("it is not zero");

/// From how many people on those are forgotten who have done nothing lately.
const MANY: usize = 10_000;

/// The rates of each person. They are counted by each instance for itself.
pub(crate) struct Rates {
    clock: DefaultClock,
    writes: DefaultKeyedRateLimiter<String>,
    sign_ins: DefaultKeyedRateLimiter<String>,
}

impl Rates {
    /// So many writes of each person in a minute. As many can come at once if there were none before.
    pub(crate) fn new(writes: NonZeroU32) -> Rates {
        Rates {
            clock: DefaultClock::default(),
            writes: RateLimiter::keyed(Quota::per_minute(writes)),
            sign_ins: RateLimiter::keyed(Quota::per_minute(SIGN_INS)),
        }
    }

    /// Counts a write.
    ///
    /// # Errors
    ///
    /// A problem of status 429 if it is one too many.
    pub(crate) fn write(&self, email: &Email) -> Result<(), Problem> {
        self.count(&self.writes, email)
    }

    /// Counts a sign-in.
    ///
    /// # Errors
    ///
    /// As [`Rates::write`].
    pub(super) fn sign_in(&self, email: &Email) -> Result<(), Problem> {
        self.count(&self.sign_ins, email)
    }

    fn count(
        &self,
        limiter: &DefaultKeyedRateLimiter<String>,
        email: &Email,
    ) -> Result<(), Problem> {
        if limiter.len() > MANY {
            limiter.retain_recent();
        }
        let counted = limiter.check_key(&email.as_str().to_owned());
        counted.map_err(|not_until| {
            let wait: Duration = not_until.wait_time_from(self.clock.now());
            Problem::too_many(wait)
        })
    }
}
