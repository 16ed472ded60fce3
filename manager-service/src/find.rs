//! Finding applications that commands are about and that are not at hand: they may be far behind what was handed out, or
//! have been left undecided.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use timeoff_contract::{Contract, DecodeError};
use timeoff_log::{Delivery, LogError, ReadEvent, Settler, TakenUp};
use timeoff_models::ApplicationId;

use crate::desk::Waiting;
use crate::waits::Waits;

/// How long to wait before an application is looked for again that the log could not hand over.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What comes of looking for an application.
#[derive(Debug)]
pub(crate) enum Found {
    /// It waits, and is in hand now.
    InHand(Delivery),
    /// It does not wait in this partition: it is decided, or there is none.
    Nowhere,
    /// The log cannot hand it over now: it waits behind so many undecided ones that it cannot be decided before some of
    /// them are, another program's transaction hides it, or the log does not answer.
    NotYet,
    /// The partition is not held any more.
    NotHeld,
}

/// What was looked for, by partition and id. What is still in hand when this is dropped comes in its turn.
#[derive(Default)]
pub(crate) struct Finds(BTreeMap<(i32, ApplicationId<'static>), Found>);

impl Finds {
    /// Whether it was looked for.
    pub(crate) fn has(&self, partition: i32, id: &ApplicationId<'static>) -> bool {
        self.0.contains_key(&(partition, id.clone()))
    }

    /// What came of looking for it.
    pub(crate) fn take(&mut self, partition: i32, id: &ApplicationId<'static>) -> Option<Found> {
        self.0.remove(&(partition, id.clone()))
    }

    /// Puts one back that is not decided after all.
    pub(crate) fn put_back(&mut self, waiting: Waiting) {
        let Waiting { delivery, received } = waiting;
        self.0
            .insert((received.partition, received.id), Found::InHand(delivery));
    }
}

/// Looks for applications among those that the group has not settled in a partition, and takes them up. Reads what waits
/// there once, and only as far as it has to; notes in `waits` what it passes.
///
/// # Errors
///
/// If the log fails for good, or the subscription has ended.
pub(crate) async fn find(
    contract: &Contract,
    group: &str,
    settler: &Settler,
    partition: i32,
    mut ids: BTreeSet<ApplicationId<'static>>,
    finds: &mut Finds,
    waits: &mut Waits,
) -> Result<(), LogError> {
    let looked = look(contract, group, settler, partition, &mut ids, finds, waits);
    let is_whole = match looked.await {
        Ok(is_whole) => is_whole,
        Err(error) if error.is_final() => return Err(error),
        // Whatever keeps the log from being read is reported by the subscription.
        Err(_) => false,
    };
    for id in ids {
        let found = match is_whole {
            true => Found::Nowhere,
            false => Found::NotYet,
        };
        finds.0.insert((partition, id), found);
    }
    Ok(())
}

/// Moves ids from those that are looked for to those that are found. Returns whether all that waits has been read, as far
/// as it had to be.
async fn look(
    contract: &Contract,
    group: &str,
    settler: &Settler,
    partition: i32,
    ids: &mut BTreeSet<ApplicationId<'static>>,
    finds: &mut Finds,
    waits: &mut Waits,
) -> Result<bool, LogError> {
    let (log, topic) = (contract.log(), &contract.topics().applications);
    let mut reader = log.read_unsettled(group, topic, Some(partition)).await?;
    while !ids.is_empty() {
        let record = match reader.next().await? {
            ReadEvent::Record(record) => record,
            ReadEvent::CaughtUp => break,
            ReadEvent::Unreachable { reason } => return Err(reason),
            ReadEvent::Hidden { .. } => return Ok(false),
            ReadEvent::Reachable => continue,
        };
        let id = match contract.read_application(&record).await {
            Ok(received) => {
                waits.note(&record.position, &received);
                received.id.into_owned()
            }
            Err(DecodeError::Unavailable(error) | DecodeError::Failed(error)) => return Err(error),
            // What cannot be understood is no application.
            Err(DecodeError::Poison { .. } | DecodeError::NewerVersion { .. }) => continue,
        };
        if ids.contains(&id) {
            let found = match settler.take_up(record).await? {
                TakenUp::Delivery(delivery) => Found::InHand(delivery),
                TakenUp::Settled => Found::Nowhere,
                TakenUp::NotHeld => Found::NotHeld,
                TakenUp::NoRoom => Found::NotYet,
            };
            ids.remove(&id);
            finds.0.insert((partition, id), found);
        }
    }
    Ok(true)
}
