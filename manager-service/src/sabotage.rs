//! A promise that can be broken on purpose, to check that the fault campaign notices. Works as in `timeoff-log`: only a
//! build with the feature `sabotage` can break it, and only if `TIMEOFF_SABOTAGE` names it.
//!
//! `command-memory`: a repeated command is carried out again.

use timeoff_ledger::{Answer, Command};

/// What becomes of a command that `carry_out` carries out.
#[cfg(not(feature = "sabotage"))]
pub(crate) fn answer(command: &Command, carry_out: impl FnOnce(&Command) -> Answer) -> Answer {
    carry_out(command)
}

/// What becomes of a command that `carry_out` carries out. To break the promise, it is carried out under an id that no
/// command has, and the answer is to the id that it has.
#[cfg(feature = "sabotage")]
pub(crate) fn answer(command: &Command, carry_out: impl FnOnce(&Command) -> Answer) -> Answer {
    let is_broken =
        std::env::var("TIMEOFF_SABOTAGE").is_ok_and(|broken| broken == "command-memory");
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
