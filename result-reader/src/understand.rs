//! Records of the results topic as results.

use timeoff_cli::Notices;
use timeoff_log::{Contract, Record, read_patiently};
use timeoff_models::{ApplicationId, LeaveResult};

/// The result in a record, or why there is none. Waits while the schema registry does not answer, and says so once.
pub(crate) async fn understand(
    contract: &Contract,
    record: &Record,
    notices: &Notices,
) -> Result<(ApplicationId, LeaveResult), String> {
    let mut told = false;
    let understood = read_patiently(
        || contract.read_result(record),
        |error| {
            if !std::mem::replace(&mut told, true) {
                notices.say(&format!(
                    "Waiting for the schema registry: {}",
                    timeoff_cli::chain(error)
                ));
            }
        },
    )
    .await;
    if told {
        notices.say("The schema registry answers again.");
    }
    understood
}
