//! A record's print, by which it is recognised when it is read again.

use timeoff_log::Record;

/// A hash of a record's key and value (FNV-1a). The same in every version: it is stored. Nobody is to be kept from
/// forging it, so it need not be a strong one.
pub(crate) fn print_of(record: &Record) -> i64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = START;
    for part in [&record.key, &record.value] {
        let bytes = part.as_deref().unwrap_or_default();
        let length = (bytes.len() as u64).to_le_bytes();
        for &byte in length.iter().chain(bytes) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    i64::from_le_bytes(hash.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::print_of;
    use timeoff_log::{Position, Record};

    fn record(key: &str, value: &str) -> Record {
        Record {
            position: Position {
                topic: "a".into(),
                partition: 0,
                offset: 0,
            },
            timestamp_ms: 0,
            key: Some(key.into()),
            value: Some(value.into()),
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_record_has_one_print_whatever_the_version_and_others_have_others() {
        assert_eq!(print_of(&record("ab", "c")), 9_106_356_563_233_852_118);
        assert_ne!(print_of(&record("ab", "c")), print_of(&record("a", "bc")));
    }
}
