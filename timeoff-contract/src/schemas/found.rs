//! What a schema store has under an id.

use super::references::Unresolvable;

/// A writer's schema, and the schemas that it takes to understand it.
#[derive(Debug)]
pub(crate) struct StoredSchema {
    pub(crate) text: String,
    /// The texts of all schemas that it refers to, each after those that it refers to itself.
    pub(crate) referenced: Vec<String>,
}

/// What a schema store has under an id.
#[derive(Debug)]
pub(crate) enum Found {
    Schema(StoredSchema),
    /// No schema, or one that is not Avro's.
    Nothing,
    /// A schema whose references cannot be resolved.
    Unresolvable(Unresolvable),
}
