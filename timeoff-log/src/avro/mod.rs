//! Avro on the log: framing, schema ids, and values in and out of bytes.

mod codec;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod own_schema;
mod plain_schema;
mod registry;
mod store;
mod weight;
mod writer_schema;

pub(crate) use codec::{Decoder, Encoder, Poison};
pub(crate) use own_schema::OwnSchema;
pub(crate) use registry::SchemaRegistry;
pub(crate) use store::{SchemaStore, SchemaUnavailable};
