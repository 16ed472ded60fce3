//! Records progress without outputs.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::plan::Plan;
use super::{PATIENCE, Positions, Setback};
use crate::kafka::member::Member;

const STEP: &str = "record what was read";

/// The outcome of a plain commit.
pub(super) struct Committed {
    pub(super) result: Result<Positions, Setback>,
    /// Whether the library may have sent the commit twice, so that it can arrive a second time, after later ones.
    pub(super) may_come_late: bool,
}

impl Committed {
    fn retry(error: KafkaError) -> Committed {
        Committed {
            result: Err(Setback::Retry { step: STEP, error }),
            may_come_late: false,
        }
    }
}

/// Commits a plan's progress. The consumer is not served meanwhile: partitions are revoked only in a callback, so no
/// other member is given them.
pub(super) async fn commit(member: &mut Member, plan: &Plan<'_>) -> Committed {
    let mut commit = member.share().commit(plan.offsets().clone());
    loop {
        tokio::select! {
            biased;
            answer = commit.answer() => {
                let result = match answer.result {
                    Ok(()) => Ok(plan.outputs().map(|_| Vec::new()).collect()),
                    Err(error) => Err(Setback::Retry { step: STEP, error }),
                };
                let may_come_late = answer.may_come_late;
                return Committed { result, may_come_late };
            }
            heard = member.hear_command() => if heard.is_err() || member.is_asked_to_close() {
                return Committed::retry(KafkaError::Canceled);
            },
            () = tokio::time::sleep(PATIENCE) => {
                let error = KafkaError::ConsumerCommit(RDKafkaErrorCode::OperationTimedOut);
                if member.lose_touch(STEP, error.clone()).is_err() {
                    return Committed::retry(error);
                }
            }
        }
    }
}
