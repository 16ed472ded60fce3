//! Values in and out of framed Avro.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::framing;
use super::own_schema::OwnSchema;
use super::store::{SchemaStore, SchemaUnavailable};
use super::writer_schema::WriterSchema;
use crate::error::LogError;

/// How many writers' schemas are kept ready. Producers have written with a handful; a topic on which somebody writes
/// with ever new ones is read slower, not with more memory.
const KEPT_SCHEMAS: usize = 64;

/// How long an average record is, to allocate its bytes at once.
const USUAL_BYTES: usize = 64;

/// Writes values under one schema.
pub(crate) struct Encoder {
    schema_id: u32,
    schema: &'static OwnSchema,
}

impl Encoder {
    /// Registers `schema` under `<topic>-<part>`; `part` is `key` or `value`.
    pub(crate) async fn register(
        store: &SchemaStore,
        topic: &str,
        part: &str,
        schema: &'static OwnSchema,
    ) -> Result<Encoder, LogError> {
        let subject = format!("{topic}-{part}");
        let schema_id = store.register(&subject, schema.text()).await?;
        Ok(Encoder { schema_id, schema })
    }

    /// The framed bytes of a value.
    pub(crate) fn encode(&self, value: &impl Serialize) -> Vec<u8> {
        let frame = framing::start(self.schema_id, USUAL_BYTES);
        self.schema.write(value, frame)
    }
}

/// Why bytes cannot be understood, now or ever. Says nothing of what they hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Poison(pub(crate) String);

impl Poison {
    /// What a library says of an error may quote the value; what is kept of it is where it was found.
    pub(super) fn malformed() -> Poison {
        Poison("the bytes do not match the schema they name".to_owned())
    }

    /// A value that ends before its bytes do.
    pub(super) fn followed_by(count: usize) -> Poison {
        Poison(format!("{count} bytes follow the value"))
    }
}

/// What became of one try to decode.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDecoded {
    #[error(transparent)]
    Poison(#[from] Poison),
    #[error(transparent)]
    Unavailable(#[from] SchemaUnavailable),
}

/// Reads values of one type, whichever schema they were written with.
pub(crate) struct Decoder<T> {
    store: SchemaStore,
    ours: &'static OwnSchema,
    kept: RwLock<HashMap<u32, WriterSchema>>,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Decoder<T> {
    pub(crate) fn new(store: SchemaStore, ours: &'static OwnSchema) -> Decoder<T> {
        Decoder {
            store,
            ours,
            kept: RwLock::default(),
            value: PhantomData,
        }
    }

    /// The value of framed bytes. Asks the store for a schema it has not seen.
    pub(crate) async fn decode(
        &self,
        bytes: &[u8],
    ) -> Result<Result<T, Poison>, SchemaUnavailable> {
        match self.try_decode(bytes).await {
            Ok(value) => Ok(Ok(value)),
            Err(NotDecoded::Poison(poison)) => Ok(Err(poison)),
            Err(NotDecoded::Unavailable(error)) => Err(error),
        }
    }

    async fn try_decode(&self, bytes: &[u8]) -> Result<T, NotDecoded> {
        let (id, avro) =
            framing::split(bytes).map_err(|error| Poison(format!("not framed: {error}")))?;
        if let Some(value) = self.read_kept(id, avro) {
            return Ok(value?);
        }
        let schema = self.look_up(id).await?;
        let value = schema.read(self.ours, avro);
        self.keep(id, schema);
        Ok(value?)
    }

    /// The value, if its schema is kept.
    fn read_kept(&self, id: u32, avro: &[u8]) -> Option<Result<T, Poison>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&id).map(|schema| schema.read(self.ours, avro))
    }

    fn keep(&self, id: u32, schema: WriterSchema) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_SCHEMAS {
            kept.insert(id, schema);
        }
    }

    async fn look_up(&self, id: u32) -> Result<WriterSchema, NotDecoded> {
        // Registries give ids of 31 bits; asked for others, some answer as if they were none.
        let known = if i32::try_from(id).is_ok() {
            self.store.by_id(id).await?
        } else {
            None
        };
        let Some(text) = known else {
            return Err(Poison(format!("there is no Avro schema with id {id}")).into());
        };
        let schema = WriterSchema::parse(&text, self.ours)
            .map_err(|defect| Poison(format!("schema id {id} {defect}")))?;
        Ok(schema)
    }
}
