//! Promises that can be broken on purpose, to check that the fault campaign notices. Works as in `timeoff-log`: only a
//! build with the feature `sabotage` can break one, and only if `TIMEOFF_SABOTAGE` names it.
//!
//! - `command-memory`: a repeated command is carried out again.
//! - `waiting-leave`: applications that wait reserve nothing.
//! - `whole-fold`: a ledger is folded without its last events.

use std::collections::BTreeMap;
use std::ops::Range;

use timeoff_contract::Contract;
use timeoff_ledger::{Answer, Command};
use timeoff_log::{LogError, Position};

/// What becomes of a command that `carry_out` carries out.
#[cfg(not(feature = "sabotage"))]
pub(crate) fn answer(command: &Command, carry_out: impl FnOnce(&Command) -> Answer) -> Answer {
    carry_out(command)
}

/// What becomes of a command that `carry_out` carries out. To break the promise, it is carried out under an id that no
/// command has, and the answer is to the id that it has.
#[cfg(feature = "sabotage")]
pub(crate) fn answer(command: &Command, carry_out: impl FnOnce(&Command) -> Answer) -> Answer {
    let is_broken = breaks("command-memory");
    let Ok(unused) = "ffffffff-ffff-ffff-ffff-ffffffffffff".parse() else {
        return carry_out(command);
    };
    if !is_broken {
        return carry_out(command);
    }
    let mut disguised = command.clone();
    disguised.asked.command_id = unused;
    let mut answer = carry_out(&disguised);
    let id = Some(command.asked.command_id);
    match &mut answer {
        Answer::Done { events, .. } => {
            for event in events {
                event.cause.command_id = id;
            }
        }
        Answer::Refused { event, .. } => event.cause.command_id = id,
        Answer::Repeated | Answer::NeedsApplication => {}
    }
    answer
}

/// Whether to break that promise in this build and run.
#[cfg(feature = "sabotage")]
pub(crate) fn breaks(promise: &str) -> bool {
    std::env::var("TIMEOFF_SABOTAGE").is_ok_and(|broken| broken == promise)
}

/// Whether to break that promise in this build and run: never.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn breaks(_: &str) -> bool {
    false
}

/// The events that a fold leaves out: none, unless it is broken; then those behind these ends, less a few.
pub(crate) struct LeftOut(BTreeMap<i32, Range<i64>>);

/// How many offsets are left out: in so many there is leave that was booked. On Kafka, each transaction has one for itself.
const LAST: i64 = 30;

impl LeftOut {
    pub(crate) async fn of(contract: &Contract) -> Result<LeftOut, LogError> {
        Ok(LeftOut(match breaks("whole-fold") {
            true => contract.log().ends(&contract.topics().ledger).await?,
            false => BTreeMap::new(),
        }))
    }

    pub(crate) fn has(&self, position: &Position) -> bool {
        let ends = self.0.get(&position.partition);
        ends.is_some_and(|ends| position.offset >= ends.end - LAST)
    }
}
