//! Waiting for the schema registry while records are being understood.

use timeoff_log::{DecodeError, read_patiently};

use crate::notices::{Notices, chain};

/// Understands a record, or says why that cannot be done. While the schema registry does not answer this waits, and says
/// so once.
///
/// # Errors
///
/// The reason why the record can never be understood.
pub async fn understand<T, F: Future<Output = Result<T, DecodeError>>>(
    read: impl FnMut() -> F,
    notices: &Notices,
) -> Result<T, String> {
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
    if told {
        notices.say("The schema registry answers again.");
    }
    understood
}
