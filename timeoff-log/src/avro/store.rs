//! Where schemas have their ids: a registry, or a table of the SQLite file.

use super::SchemaRegistry;
use super::references::Unresolvable;
use crate::error::LogError;
use crate::sqlite::SqliteLog;

/// A writer's schema, and what it takes to understand it.
#[derive(Debug)]
pub(crate) struct StoredSchema {
    pub(super) text: String,
    /// The texts of all that it refers to, none before what it refers to itself.
    pub(super) referenced: Vec<String>,
}

/// What there is under an id.
#[derive(Debug)]
pub(crate) enum Found {
    Schema(StoredSchema),
    /// No schema, or none of Avro's.
    Nothing,
    /// A schema that refers to what cannot be had.
    Unresolvable(Unresolvable),
}

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

    /// The Avro schema that has this id, if there is one. In a file none refers to others.
    pub(crate) async fn by_id(&self, id: u32) -> Result<Found, SchemaUnavailable> {
        let found = match self {
            SchemaStore::Sqlite(log) => match log.schema_by_id(id).await? {
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
