//! Waiting for the schema registry while decoding records.

use timeoff_contract::{DecodeError, read_patiently};
use timeoff_log::LogError;

use crate::error_messages::chain;
use crate::notices::Notices;

/// Understands a record, or returns the reason why it can never be understood. Waits while the schema registry does not
/// answer, and says so once.
///
/// # Errors
///
/// If waiting does not help: the file that has the schemas is damaged.
pub async fn understand<T, F: Future<Output = Result<T, DecodeError>>>(
    read: impl FnMut() -> F,
    notices: &Notices,
) -> Result<Result<T, String>, LogError> {
    let mut told = false;
    let understood = read_patiently(read, |error| {
        if !std::mem::replace(&mut told, true) {
            notices.say(&format!(
                "Waiting for the schema registry: {}.",
                chain(error)
            ));
        }
    })
    .await;
    if told && understood.is_ok() {
        notices.say("The schema registry answers again.");
    }
    understood
}
