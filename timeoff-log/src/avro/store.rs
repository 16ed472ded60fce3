//! Where schemas have their ids: a registry, or a table of the SQLite file.

use super::SchemaRegistry;
use crate::error::LogError;
use crate::sqlite::SqliteLog;

/// The schemas of one log, by id and by subject.
#[derive(Clone)]
pub(crate) enum SchemaStore {
    Sqlite(SqliteLog),
    Registry(SchemaRegistry),
}

/// The store does not answer: what needs a schema waits and tries again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct SchemaUnavailable(#[from] pub(crate) LogError);

impl SchemaStore {
    /// The id of a schema under a subject; registers it if it is new.
    pub(crate) async fn register(&self, subject: &str, schema: &str) -> Result<u32, LogError> {
        match self {
            SchemaStore::Sqlite(log) => log.register_schema(subject, schema).await,
            SchemaStore::Registry(registry) => registry.register(subject, schema).await,
        }
    }

    /// The text of the Avro schema that has this id, if there is one.
    pub(crate) async fn by_id(&self, id: u32) -> Result<Option<String>, SchemaUnavailable> {
        let found = match self {
            SchemaStore::Sqlite(log) => log.schema_by_id(id).await?,
            SchemaStore::Registry(registry) => registry.by_id(id).await?,
        };
        Ok(found)
    }
}
