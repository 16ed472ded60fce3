//! One face for both places that schemas have their ids in: a registry, or a table of the log's own file.

use timeoff_log::{LogError, SchemaHome, SchemaTable};

use super::references::Unresolvable;
use super::registry::SchemaRegistry;

/// A writer's schema, and what it takes to understand it.
#[derive(Debug)]
pub(crate) struct StoredSchema {
    pub(crate) text: String,
    /// The texts of all that it refers to, none before what it refers to itself.
    pub(crate) referenced: Vec<String>,
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
    Table(SchemaTable),
    Registry(SchemaRegistry),
}

/// The store does not answer: what needs a schema waits and tries again.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct SchemaUnavailable(#[from] pub(crate) LogError);

impl SchemaStore {
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if there can be no client for the registry: its CA certificates cannot be read.
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

    /// The Avro schema that has this id, if there is one. In a file none refers to others.
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
