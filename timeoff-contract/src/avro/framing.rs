//! Confluent framing: byte 0x00, the schema's id as four bytes big-endian, then Avro binary.

use timeoff_models::counted;

const MAGIC: u8 = 0;
const HEADER_BYTES: usize = 5;

/// Starts a framed value; the caller writes Avro binary after it.
pub(super) fn start(schema_id: u32, capacity: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + capacity);
    bytes.push(MAGIC);
    bytes.extend(schema_id.to_be_bytes());
    bytes
}

/// The bytes do not begin with a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotFramed {
    #[error("it has {}, fewer than the {HEADER_BYTES} of a frame", counted(*.bytes as u64, "byte", "bytes"))]
    TooShort { bytes: usize },
    #[error("it begins with byte 0x{first:02x} instead of 0x00")]
    OtherMagic { first: u8 },
}

/// Splits a framed value into the schema's id and the Avro binary.
pub(super) fn split(bytes: &[u8]) -> Result<(u32, &[u8]), NotFramed> {
    let Some((header, avro)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(NotFramed::TooShort { bytes: bytes.len() });
    };
    let [first, id @ ..] = *header;
    if first != MAGIC {
        return Err(NotFramed::OtherMagic { first });
    }
    Ok((u32::from_be_bytes(id), avro))
}

#[cfg(test)]
mod tests {
    use super::{NotFramed, split, start};
    use proptest::prelude::*;

    #[test]
    fn what_is_no_frame_says_why() {
        assert_eq!(split(b""), Err(NotFramed::TooShort { bytes: 0 }));
        assert_eq!(split(b"{}"), Err(NotFramed::TooShort { bytes: 2 }));
        assert_eq!(
            split(b"{\"a\":1}"),
            Err(NotFramed::OtherMagic { first: b'{' })
        );
    }

    proptest! {
        #[test]
        fn a_frame_splits_into_what_it_was_made_of(id: u32, avro: Vec<u8>) {
            let mut bytes = start(id, avro.len());
            bytes.extend(&avro);
            prop_assert_eq!(split(&bytes), Ok((id, avro.as_slice())));
        }
    }
}
