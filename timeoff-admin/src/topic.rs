//! Reading what is on a topic, from its beginning to its end.

use std::ops::ControlFlow;
use std::slice;
use std::sync::Arc;

use anyhow::Context;
use timeoff_cli::{Notices, hidden, no_answer};
use timeoff_contract::Contract;
use timeoff_log::{ReadEvent, ReadFrom, Record};

/// Gives `each` every record that is on the topic now, until it breaks. Waits while the log does not answer. A topic that
/// does not exist has no records: whoever only reads makes none.
///
/// # Errors
///
/// If the log fails for good, or `each` does.
pub(crate) async fn read_through(
    contract: &Contract,
    topic: &Arc<str>,
    notices: &Notices,
    mut each: impl AsyncFnMut(&Record) -> anyhow::Result<ControlFlow<()>>,
) -> anyhow::Result<()> {
    let log = contract.log();
    if log.partitions_of(slice::from_ref(topic)).await?.is_empty() {
        return Ok(());
    }
    let reader = log.read(topic, ReadFrom::Beginning).await;
    let mut reader = reader.with_context(|| format!("could not read {topic}"))?;
    loop {
        match reader.next().await? {
            ReadEvent::Record(record) => {
                if each(&record).await?.is_break() {
                    return Ok(());
                }
            }
            ReadEvent::CaughtUp => return Ok(()),
            other => tell(topic, &other, notices),
        }
    }
}

/// Reports trouble with reading, and the end of it.
pub(crate) fn tell(topic: &str, event: &ReadEvent, notices: &Notices) {
    match event {
        ReadEvent::Unreachable { reason } => notices.say(&no_answer(reason)),
        ReadEvent::Reachable => notices.say("The log answers again."),
        ReadEvent::Hidden { partition, offset } => {
            notices.say(&hidden(topic, *partition, *offset));
        }
        ReadEvent::Record(_) | ReadEvent::CaughtUp => {}
    }
}
