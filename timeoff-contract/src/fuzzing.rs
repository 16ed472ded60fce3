//! What fuzzers call. Each function takes bytes as they may come from outside, and panics if a promise about them is
//! broken. The promises are stated beside the code they are about.
//!
//! The fuzzers are in `fuzz/`; `cargo test` calls the same functions with the inputs that are kept there.

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

/// Any bytes of a key or a value, of which only the frame is read.
pub fn framing(bytes: &[u8]) {
    crate::avro::fuzzing::framing(bytes);
}

/// Any bytes of a key.
pub fn key(bytes: &[u8]) {
    crate::avro::fuzzing::key(bytes);
}

/// Any bytes of an application or a result that name our own schema.
pub fn avro(bytes: &[u8]) {
    crate::avro::fuzzing::value(bytes);
}

/// Any bytes of a value or a key that name any schema.
pub fn avro_foreign(bytes: &[u8]) {
    crate::avro::fuzzing::foreign(bytes);
}

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn what_was_found_in_frames_stays_mended() {
        replay("framing", super::framing);
    }

    #[test]
    fn what_was_found_in_keys_stays_mended() {
        replay("key", super::key);
    }

    #[test]
    fn what_was_found_in_values_stays_mended() {
        replay("avro", super::avro);
    }

    #[test]
    fn what_was_found_in_values_of_other_schemas_stays_mended() {
        replay("avro_foreign", super::avro_foreign);
    }
}
