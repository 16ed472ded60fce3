//! Values in and out of framed Avro.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::{PoisonError, RwLock};

use timeoff_log::LogError;

use super::framing;
use super::kind::Kind;
use super::poison::Poison;
use super::value_bytes::ToAvro as _;
use super::writer_schema::{UnusableSchema, WriterSchema};
use crate::schemas::{Found, SchemaStore, SchemaUnavailable, StoredSchema};

/// How many writers' schemas are kept ready. Producers have written with a handful. If somebody writes to a topic with
/// ever new ones, reading gets slower but takes no more memory: all that are kept are dropped then, and asked for
/// again.
const KEPT_SCHEMAS: usize = 64;

/// Writes values of one kind.
pub(crate) struct Encoder<K> {
    schema_id: u32,
    kind: PhantomData<fn(K)>,
}

impl<K: Kind> Encoder<K> {
    /// Registers the kind's schema, under its subject for this topic.
    pub(crate) async fn register(store: &SchemaStore, topic: &str) -> Result<Encoder<K>, LogError> {
        let subject = K::subject(topic);
        let schema_id = store.register(&subject, K::schema().text()).await?;
        Ok(Encoder {
            schema_id,
            kind: PhantomData,
        })
    }

    /// The framed bytes of a value.
    pub(crate) fn encode(&self, value: &<K as Kind>::Value<'_>) -> Vec<u8> {
        let mut bytes = framing::start(self.schema_id, value.most_bytes());
        value.write(&mut bytes);
        bytes
    }
}

/// Why bytes are not decoded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDecoded {
    #[error(transparent)]
    Poison(#[from] Poison),
    #[error("schema id {0} has to be learned first")]
    UnknownSchema(u32),
}

/// Why a schema is not known even after it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotLearned {
    #[error(transparent)]
    Poison(#[from] Poison),
    #[error(transparent)]
    Unavailable(#[from] SchemaUnavailable),
}

/// What can be read: values of one kind, or the records of a topic that has several types.
pub(crate) trait Content {
    /// Its type in memory.
    type Value<'avro>;
    /// A writer's schema, ready to read with.
    type Schema;

    /// Reads a schema's text. `referenced` has the texts of what it refers to, each after what it refers to itself.
    fn writer_schema(text: &str, referenced: &[String]) -> Result<Self::Schema, UnusableSchema>;

    /// Decodes a value that was written under this schema.
    fn read<'avro>(schema: &Self::Schema, avro: &'avro [u8]) -> Result<Self::Value<'avro>, Poison>;
}

impl<K: Kind> Content for K {
    type Value<'avro> = <K as Kind>::Value<'avro>;
    type Schema = WriterSchema;

    fn writer_schema(text: &str, referenced: &[String]) -> Result<WriterSchema, UnusableSchema> {
        WriterSchema::parse_with(text, referenced, K::schema())
    }

    fn read<'avro>(
        schema: &WriterSchema,
        avro: &'avro [u8],
    ) -> Result<<K as Kind>::Value<'avro>, Poison> {
        schema.read(K::schema(), avro)
    }
}

/// Reads what is on a topic, whichever schema it was written with.
pub(crate) struct Decoder<C: Content> {
    store: SchemaStore,
    known: RwLock<BTreeMap<u32, C::Schema>>,
}

impl<C: Content> Decoder<C> {
    pub(crate) fn new(store: SchemaStore) -> Decoder<C> {
        Decoder {
            store,
            known: RwLock::default(),
        }
    }

    /// The value of framed bytes.
    pub(crate) fn decode<'bytes>(
        &self,
        bytes: &'bytes [u8],
    ) -> Result<C::Value<'bytes>, NotDecoded> {
        let (id, avro) =
            framing::split(bytes).map_err(|error| Poison(format!("not framed: {error}")))?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let schema = known.get(&id).ok_or(NotDecoded::UnknownSchema(id))?;
        Ok(C::read(schema, avro)?)
    }

    /// Asks the store for a schema. After that, bytes that name it can be decoded.
    pub(crate) async fn learn(&self, id: u32) -> Result<(), NotLearned> {
        // Registries give ids of 31 bits. Asked for a larger one, some answer as if it were not an id at all.
        let found = if i32::try_from(id).is_ok() {
            self.store.by_id(id).await?
        } else {
            Found::Nothing
        };
        let of_no_use = |defect: &dyn Display| Poison(format!("schema id {id} {defect}"));
        let StoredSchema { text, referenced } = match found {
            Found::Schema(schema) => schema,
            Found::Nothing => Err(Poison(format!("there is no Avro schema with id {id}")))?,
            Found::Unresolvable(defect) => Err(of_no_use(&defect))?,
        };
        let schema = C::writer_schema(&text, &referenced).map_err(|defect| of_no_use(&defect))?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT_SCHEMAS {
            known.clear();
        }
        known.insert(id, schema);
        Ok(())
    }
}
