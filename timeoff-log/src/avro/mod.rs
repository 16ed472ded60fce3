//! Avro on the log: framing, schema ids, and values in and out of bytes.

mod binary;
mod codec;
mod flat;
mod framing;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod kind;
mod own_schema;
mod plain_schema;
mod references;
mod registry;
mod registry_url;
mod store;
mod weight;
mod writer_schema;

pub(crate) use codec::{Decoder, Encoder, NotDecoded, NotLearned, Poison};
pub(crate) use kind::{Key, Kind, Processed, Received};
pub(crate) use registry::{Authorities, SchemaRegistry};
pub(crate) use registry_url::RegistryUser;
pub use registry_url::{InvalidRegistryUrl, RegistryUrl};
pub(crate) use store::{SchemaStore, SchemaUnavailable};
