//! One interface to both places that have schemas by their ids: a registry, or a table in the log's own file.

use timeoff_log::{LogError, SchemaHome, SchemaTable};

use super::found::{Found, StoredSchema};
use super::registry::SchemaRegistry;

/// The schemas of one log, by id and by subject.
#[derive(Clone)]
pub(crate) enum SchemaStore {
    Table(SchemaTable),
    Registry(SchemaRegistry),
}

/// The store does not answer: whoever needs a schema waits and tries again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct SchemaUnavailable(#[from] pub(crate) LogError);

impl SchemaStore {
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if no client for the registry can be made, because its CA certificates cannot be read.
    pub(crate) fn at(home: SchemaHome) -> Result<SchemaStore, LogError> {
        Ok(match home {
            SchemaHome::Table(table) => SchemaStore::Table(table),
            SchemaHome::Registry(settings) => {
                SchemaStore::Registry(SchemaRegistry::new(&settings)?)
            }
        })
    }

    /// The id of a schema under a subject; registers it if it is new.
    pub(crate) async fn register(&self, subject: &str, schema: &str) -> Result<u32, LogError> {
        match self {
            SchemaStore::Table(table) => table.register(subject, schema).await,
            SchemaStore::Registry(registry) => registry.register(subject, schema).await,
        }
    }

    /// The Avro schema that has this id, if there is one. Schemas in a file refer to no others.
    pub(crate) async fn by_id(&self, id: u32) -> Result<Found, SchemaUnavailable> {
        let found = match self {
            SchemaStore::Table(table) => match table.by_id(id).await? {
                Some(text) => Found::Schema(StoredSchema {
                    text,
                    referenced: Vec::new(),
                }),
                None => Found::Nothing,
            },
            SchemaStore::Registry(registry) => registry.by_id(id).await?,
        };
        Ok(found)
    }
}
