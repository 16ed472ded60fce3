//! Avro on the log: framing, schema ids, and values in and out of bytes.

mod codec;
mod framing;
mod registry;
mod store;

pub(crate) use codec::{Decoder, Encoder, Poison};
pub(crate) use registry::SchemaRegistry;
pub(crate) use store::{SchemaStore, SchemaUnavailable};
