//! Topics whose records are of several types. Which type a record has follows from the full name of the schema that it
//! was written with.

use std::marker::PhantomData;

use apache_avro::Schema;
use apache_avro::schema::RecordSchema;
use timeoff_log::LogError;

use super::codec::Content;
use super::framing;
use super::own_schema::OwnSchema;
use super::plain_schema::PlainSchema;
use super::poison::Poison;
use super::value_bytes::ToAvro;
use super::writer_schema::{UnusableSchema, WriterSchema, parse_plain};
use crate::schemas::SchemaStore;

/// One of the types of the records on a topic.
pub(crate) trait RecordType: UnknownType + Copy + 'static {
    /// A record of any of the types.
    type Record<'avro>: ToAvro;

    /// All types, each at its place.
    const ALL: &'static [Self];

    /// The type of a record.
    fn of(record: &Self::Record<'_>) -> Self;

    /// Where it stands in the list of all.
    fn place(self) -> usize;

    /// The schema that we write it with, and that other programs' records resolve to.
    fn schema(self) -> &'static OwnSchema;

    /// The subject that its schema is registered under.
    fn subject(self, topic: &str) -> String;

    /// Reads a record of this type.
    fn read<'avro>(
        self,
        schema: &WriterSchema,
        avro: &'avro [u8],
    ) -> Result<Self::Record<'avro>, Poison>;
}

/// What a topic does with records of types that this version does not know.
pub(crate) trait UnknownType {
    /// What is understood of one.
    type Understood;

    /// Checks that something is understood of records with this schema.
    fn check_unknown(schema: &RecordSchema) -> Result<(), UnusableSchema>;

    /// Reads one.
    fn read_unknown(schema: &PlainSchema, avro: &[u8]) -> Result<Self::Understood, Poison>;
}

/// The records on a topic.
pub(crate) struct Shared<T>(PhantomData<fn(T)>);

/// One of them.
pub(crate) enum Typed<Record, Unknown> {
    Known(Record),
    Unknown {
        /// The full name of its type.
        type_name: String,
        understood: Unknown,
    },
}

/// A writer's schema, ready to read with.
pub(crate) enum TypedSchema<T> {
    Known(T, WriterSchema),
    Unknown {
        type_name: String,
        schema: PlainSchema,
    },
}

impl<T: RecordType> Content for Shared<T> {
    type Value<'avro> = Typed<T::Record<'avro>, T::Understood>;
    type Schema = TypedSchema<T>;

    fn writer_schema(text: &str, referenced: &[String]) -> Result<TypedSchema<T>, UnusableSchema> {
        let schema = parse_plain(text, referenced)?;
        let Schema::Record(record) = &schema.schema else {
            return Err(UnusableSchema::NotARecord);
        };
        let type_name = record.name.fullname(None);
        if let Some(&known) = T::ALL
            .iter()
            .find(|of| of.schema().full_name() == type_name)
        {
            let schema = WriterSchema::of(schema, known.schema())?;
            return Ok(TypedSchema::Known(known, schema));
        }
        T::check_unknown(record)?;
        Ok(TypedSchema::Unknown { type_name, schema })
    }

    fn read<'avro>(
        schema: &TypedSchema<T>,
        avro: &'avro [u8],
    ) -> Result<Self::Value<'avro>, Poison> {
        Ok(match schema {
            TypedSchema::Known(known, schema) => Typed::Known(known.read(schema, avro)?),
            TypedSchema::Unknown { type_name, schema } => Typed::Unknown {
                type_name: type_name.clone(),
                understood: T::read_unknown(schema, avro)?,
            },
        })
    }
}

/// Writes the records on a topic.
pub(crate) struct SharedEncoder<T> {
    /// The schemas' ids, each at the place of its type.
    schema_ids: Vec<u32>,
    of: PhantomData<fn(T)>,
}

impl<T: RecordType> SharedEncoder<T> {
    /// Registers the schemas of all types, each under its subject for this topic.
    pub(crate) async fn register(
        store: &SchemaStore,
        topic: &str,
    ) -> Result<SharedEncoder<T>, LogError> {
        let mut schema_ids = Vec::with_capacity(T::ALL.len());
        for of in T::ALL {
            let (subject, text) = (of.subject(topic), of.schema().text());
            schema_ids.push(store.register(&subject, text).await?);
        }
        Ok(SharedEncoder {
            schema_ids,
            of: PhantomData,
        })
    }

    /// The framed bytes of a record.
    pub(crate) fn encode(&self, record: &T::Record<'_>) -> Vec<u8> {
        let schema_id = self.schema_ids[T::of(record).place()];
        let mut bytes = framing::start(schema_id, record.most_bytes());
        record.write(&mut bytes);
        bytes
    }
}
