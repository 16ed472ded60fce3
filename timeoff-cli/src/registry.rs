//! Waiting for the schema registry while records are being understood.

use timeoff_contract::{DecodeError, read_patiently};
use timeoff_log::LogError;

use crate::notices::{Notices, chain};

/// Understands a record, or returns the reason why it can never be understood. While the schema registry does not answer this
/// waits, and says so once.
///
/// # Errors
///
/// If no waiting mends it: the file that has the schemas is damaged.
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
