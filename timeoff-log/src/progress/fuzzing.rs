//! What must hold when any offset and any text are read as progress.

use super::{KAFKA_CAPACITY_BYTES, Progress, SQLITE_CAPACITY_BYTES};

/// How many ranges are checked.
const LOOKED_AT: usize = 4_096;

/// The first eight bytes are the offset, the rest is the text.
///
/// If progress can be restored from them, it restores to the same after being recorded, and can go on from there.
pub(crate) fn progress(bytes: &[u8]) {
    let Some((offset, text)) = bytes.split_first_chunk() else {
        return;
    };
    let offset = i64::from_le_bytes(*offset);
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    for capacity_bytes in [KAFKA_CAPACITY_BYTES, SQLITE_CAPACITY_BYTES] {
        if let Ok(progress) = Progress::restore(offset, text, capacity_bytes) {
            check_shape(offset, &progress);
            check_record(&progress);
            go_on(progress);
        }
    }
}

/// Everything below the prefix is decided, the prefix is not, and above it exactly the ranges are decided.
fn check_shape(offset: i64, progress: &Progress) {
    assert!(progress.prefix() >= offset);
    assert_eq!(progress.next(), progress.prefix());
    assert_eq!(progress.undecided(), 0);
    assert!(progress.prefix() == i64::MIN || progress.is_decided(progress.prefix() - 1));
    assert!(!progress.is_decided(progress.prefix()));
    let mut after = progress.prefix();
    for (&start, &end) in progress.decided.iter().take(LOOKED_AT) {
        assert!(after < start && start < end, "{after} {start} {end}");
        assert!(!progress.is_decided(start - 1) && progress.is_decided(start));
        assert!(progress.is_decided(end - 1) && !progress.is_decided(end));
        after = end;
    }
}

fn check_record(progress: &Progress) {
    let (offset, text) = progress.record();
    let again = Progress::restore(offset, &text, progress.capacity_bytes).expect("our own text");
    assert_eq!(again, *progress);
    assert_eq!(again.record(), (offset, text));
}

/// Hands out and decides some records, as a member does that takes the partition up.
fn go_on(mut progress: Progress) {
    let mut handed_out = Vec::new();
    for step in 0..64 {
        if !progress.has_room() {
            break;
        }
        let offset = progress.next() + step % 3;
        assert!(!progress.is_decided(progress.next()));
        progress.hand_out(offset);
        assert!(progress.next() > offset);
        handed_out.push(offset);
    }
    for offset in handed_out.into_iter().step_by(2) {
        progress.decide(offset);
        assert!(progress.is_decided(offset));
    }
    let (offset, text) = progress.record();
    assert_eq!(offset, progress.prefix());
    let restored = Progress::restore(offset, &text, progress.capacity_bytes).expect("our own text");
    assert_eq!(restored.decided, progress.decided);
}
