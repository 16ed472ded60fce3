//! Avro: framing, and values in and out of bytes.

mod binary;
mod codec;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod kind;
mod own_schema;
mod plain_schema;
mod poison;
mod value_bytes;
mod weight;
mod writer_schema;

pub(crate) use codec::{Decoder, Encoder, NotDecoded, NotLearned};
pub(crate) use kind::{Key, Kind, Processed, Received};
pub(crate) use plain_schema::MAX_TEXT_BYTES;
pub(crate) use poison::Poison;
