//! Schemas by their ids, wherever a log keeps them.

mod found;
mod references;
mod registry;
mod store;

pub(crate) use found::{Found, StoredSchema};
pub(crate) use store::{SchemaStore, SchemaUnavailable};
