//! Reading what a group has not settled, from outside the group.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::progress::Progress;
use crate::reader::{READ_AHEAD, ReadEvent, ReadFrom, ReadSender, Reader};

/// Where reading has to begin so that nothing unsettled is passed by.
pub(super) fn start(progress: &BTreeMap<i32, Progress>) -> ReadFrom {
    let starts = progress
        .iter()
        .map(|(&partition, progress)| (partition, progress.prefix()))
        .collect();
    ReadFrom::Offsets(starts)
}

/// A reader of what `whole` reads, without the records that are settled according to `progress`.
pub(super) fn only_unsettled(whole: Reader, progress: BTreeMap<i32, Progress>) -> Reader {
    let (reader, sender) = Reader::new();
    tokio::spawn(pass_on(whole, progress, sender));
    reader
}

/// Goes on until nobody reads any more, or the log has ended.
async fn pass_on(mut whole: Reader, progress: BTreeMap<i32, Progress>, sender: ReadSender) {
    let ahead = Arc::new(Semaphore::new(READ_AHEAD));
    loop {
        let event = tokio::select! {
            event = whole.next() => event,
            () = sender.closed() => return,
        };
        let is_last = event.is_err();
        let permit = match &event {
            Ok(ReadEvent::Record(record)) => {
                let position = &record.position;
                let is_settled = progress
                    .get(&position.partition)
                    .is_some_and(|progress| progress.is_decided(position.offset));
                if is_settled {
                    continue;
                }
                tokio::select! {
                    permit = ahead.clone().acquire_owned() => permit.ok(),
                    () = sender.closed() => return,
                }
            }
            _ => None,
        };
        let is_heard = sender.send(event.map(|event| (event, permit))).is_ok();
        if is_last || !is_heard {
            return;
        }
    }
}
