//! Values in and out of framed Avro.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use apache_avro::Schema;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::framing;
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
    writer: GenericDatumWriter<'static>,
}

impl Encoder {
    /// Registers `schema` under `<topic>-<part>`; `part` is `key` or `value`.
    pub(crate) async fn register(
        store: &SchemaStore,
        topic: &str,
        part: &str,
        schema: &'static Schema,
        text: &str,
    ) -> Result<Encoder, LogError> {
        let schema_id = store.register(&format!("{topic}-{part}"), text).await?;
        let writer = GenericDatumWriter::builder(schema)
            .build()
            .expect("our own schema resolves");
        Ok(Encoder { schema_id, writer })
    }

    /// The framed bytes of a value.
    pub(crate) fn encode(&self, value: &impl Serialize) -> Vec<u8> {
        let mut bytes = framing::start(self.schema_id, USUAL_BYTES);
        self.writer
            .write_ser(&mut bytes, value)
            .expect("a value of a generated type fits the schema it was generated from");
        bytes
    }
}

/// Why bytes cannot be understood, now or ever. Says nothing of what they hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Poison(pub(crate) String);

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
    reader_schema: &'static Schema,
    kept: RwLock<HashMap<u32, Arc<WriterSchema>>>,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Decoder<T> {
    pub(crate) fn new(store: SchemaStore, reader_schema: &'static Schema) -> Decoder<T> {
        Decoder {
            store,
            reader_schema,
            kept: RwLock::new(HashMap::new()),
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
        let schema = match self.kept(id) {
            Some(schema) => schema,
            None => self.look_up(id).await?,
        };
        Ok(schema.read(self.reader_schema, avro)?)
    }

    fn kept(&self, id: u32) -> Option<Arc<WriterSchema>> {
        self.kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    async fn look_up(&self, id: u32) -> Result<Arc<WriterSchema>, NotDecoded> {
        // Registries give ids of 31 bits; asked for others, some answer as if they were none.
        let known = if i32::try_from(id).is_ok() {
            self.store.by_id(id).await?
        } else {
            None
        };
        let Some(text) = known else {
            return Err(Poison(format!("there is no Avro schema with id {id}")).into());
        };
        let schema = WriterSchema::parse(&text, self.reader_schema)
            .map_err(|defect| Poison(format!("schema id {id} {defect}")))?;
        let schema = Arc::new(schema);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_SCHEMAS {
            kept.insert(id, schema.clone());
        }
        Ok(schema)
    }
}
