//! Schemas by their ids, wherever a log has them.

mod references;
mod registry;
mod store;

pub(crate) use store::{Found, SchemaStore, SchemaUnavailable, StoredSchema};
