//! Reports an operation on the log that takes long, while it is still waited for.

use std::pin::pin;
use std::time::Duration;

use timeoff_log::LogError;

use crate::error_messages::reason;

/// How long an operation that usually takes milliseconds may take before that is reported.
pub const STALL: Duration = Duration::from_secs(5);

/// Does `work`, and calls `tell` once if it takes longer than [`STALL`].
pub async fn telling_of_a_stall<T>(work: impl Future<Output = T>, tell: impl FnOnce()) -> T {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = work.as_mut() => return done,
        () = tokio::time::sleep(STALL) => tell(),
    }
    work.await
}

/// The notice for such an operation.
pub fn stalled(obstacle: &LogError) -> String {
    format!("Still waiting: {}. Ctrl-C gives up.", reason(obstacle))
}
