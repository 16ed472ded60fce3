//! Finding an application that a command is about and that is not at hand: it may be far behind what was handed out, or
//! have been left undecided.

use std::time::Duration;

use timeoff_contract::{Contract, DecodeError};
use timeoff_log::{Delivery, LogError, ReadEvent, Settler, TakenUp};
use timeoff_models::ApplicationId;

/// How long to wait before an application is looked for again that the log could not keep apart from those before it.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What comes of looking for an application.
#[derive(Debug)]
pub(crate) enum Found {
    /// It waits, and is in hand now.
    InHand(Delivery),
    /// It does not wait in this partition: it is decided, or there is none.
    Nowhere,
    /// It waits behind so many undecided ones that it cannot be decided before some of them are.
    TooFarBehind,
    /// Another program's transaction hides some of what waits.
    Hidden,
    /// The partition is not held any more.
    NotHeld,
}

/// Looks for an application among those that the group has not settled in a partition, and takes it up.
///
/// # Errors
///
/// If the log cannot be read, or the subscription has ended.
pub(crate) async fn find(
    contract: &Contract,
    group: &str,
    settler: &Settler,
    partition: i32,
    id: &ApplicationId<'_>,
) -> Result<Found, LogError> {
    let (log, topic) = (contract.log(), &contract.topics().applications);
    let mut reader = log.read_unsettled(group, topic, Some(partition)).await?;
    loop {
        match reader.next().await? {
            ReadEvent::Record(record) => {
                let is_it = match contract.read_application(&record).await {
                    Ok(received) => received.id == *id,
                    Err(DecodeError::Unavailable(error) | DecodeError::Failed(error)) => {
                        return Err(error);
                    }
                    // What cannot be understood is no application.
                    Err(DecodeError::Poison { .. } | DecodeError::NewerVersion { .. }) => false,
                };
                if is_it {
                    return Ok(match settler.take_up(record).await? {
                        TakenUp::Delivery(delivery) => Found::InHand(delivery),
                        TakenUp::Settled => Found::Nowhere,
                        TakenUp::NotHeld => Found::NotHeld,
                        TakenUp::NoRoom => Found::TooFarBehind,
                    });
                }
            }
            ReadEvent::CaughtUp => return Ok(Found::Nowhere),
            ReadEvent::Unreachable { reason } => return Err(reason),
            ReadEvent::Hidden { .. } => return Ok(Found::Hidden),
            ReadEvent::Reachable => {}
        }
    }
}
