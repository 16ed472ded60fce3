//! Asking a log again that does not answer.

use std::time::Duration;

use timeoff_cli::{Notices, no_answer};
use timeoff_log::LogError;

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks until there is an answer, and says once that there is none yet. Safe to cancel if `ask` is.
///
/// # Errors
///
/// If asking again does not help.
pub(crate) async fn patiently<T>(
    notices: &Notices,
    ask: impl AsyncFn() -> Result<T, LogError>,
) -> Result<T, LogError> {
    let mut told = false;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_final() => return Err(error),
            Err(error) if !std::mem::replace(&mut told, true) => notices.say(&no_answer(&error)),
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
