//! Avro: framing, and values in and out of bytes.

mod binary;
mod codec;
mod commands_and_ledger;
mod flat_records;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod kind;
mod own_schema;
mod plain_schema;
mod poison;
mod shared_topic;
mod value_bytes;
mod weight;
mod writer_schema;

pub(crate) use codec::{Content, Decoder, Encoder, NotDecoded, NotLearned};
pub(crate) use commands_and_ledger::{CommandType, EventType};
pub(crate) use kind::{Key, Processed, Received};
pub(crate) use plain_schema::MAX_TEXT_BYTES;
pub(crate) use poison::Poison;
pub(crate) use shared_topic::{Shared, SharedEncoder, Typed};
