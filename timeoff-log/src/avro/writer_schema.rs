//! Reading values that somebody else may have written, under the schema they were written with.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::ResolvedSchema;
use serde::de::DeserializeOwned;

use super::Poison;
use super::plain_schema::{self, NotASchema};
use super::weight::{self, Unfit};

/// A schema that somebody wrote with, ready to read with.
pub(super) struct WriterSchema {
    schema: Schema,
    /// Whether it is ours, so that values need not be resolved.
    is_ours: bool,
}

/// Why a schema's text is of no use. Completes the sentence that begins with the schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableSchema {
    #[error("is not a schema we can parse: {0}")]
    NotASchema(#[from] NotASchema),
    #[error("is of another record")]
    OtherRecord,
}

impl WriterSchema {
    /// Reads a schema's text.
    pub(super) fn parse(
        text: &str,
        reader_schema: &Schema,
    ) -> Result<WriterSchema, UnusableSchema> {
        // For a length within a value. The library keeps one limit for the process; asking again changes nothing.
        apache_avro::util::max_allocation_bytes(weight::LIMIT_BYTES);
        let schema = plain_schema::parse(text)?;
        if !is_same_record(&schema, reader_schema) {
            return Err(UnusableSchema::OtherRecord);
        }
        let is_ours = schema == *reader_schema;
        Ok(WriterSchema { schema, is_ours })
    }

    /// The value that `avro` is, as `reader_schema` has it.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        reader_schema: &Schema,
        avro: &[u8],
    ) -> Result<T, Poison> {
        // What the library says of an error may quote the value; what is kept of it is where it was found.
        let malformed = || Poison("the bytes do not match the schema they name".to_owned());
        let names = ResolvedSchema::new(&self.schema).map_err(|_| malformed())?;
        // The library would take memory as the bytes say, follow them as deep as they go, and take what is missing at
        // the end for null.
        match weight::check(&self.schema, names.get_names(), avro) {
            Ok([]) => {}
            Ok(rest) => return Err(Poison(format!("{} bytes follow the value", rest.len()))),
            Err(Unfit::Malformed) => return Err(malformed()),
            Err(unfit @ Unfit::TooHeavy) => return Err(Poison(unfit.to_string())),
        }
        let reader = GenericDatumReader::builder(&self.schema)
            .resolved_writer_schemata(names)
            .build()
            .map_err(|_| malformed())?;
        let mut rest = avro;
        if self.is_ours {
            return reader.read_deser(&mut rest).map_err(|_| malformed());
        }
        let value = reader.read_value(&mut rest).map_err(|_| malformed())?;
        debug_assert!(rest.is_empty(), "the library reads what was weighed");
        let unresolved = |_| Poison("the schema it names does not resolve to ours".to_owned());
        let resolved = value.resolve(reader_schema).map_err(unresolved)?;
        apache_avro::from_value(&resolved).map_err(unresolved)
    }
}

/// Records resolve only to records of the same name, by the specification; the library does not look. Programs that are
/// not ours may have another namespace.
fn is_same_record(writer: &Schema, reader: &Schema) -> bool {
    match (writer, reader) {
        (Schema::Record(writer), Schema::Record(reader)) => {
            writer.name.name() == reader.name.name()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use apache_avro::Schema;
    use timeoff_models::wire::{
        KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
    };

    use super::WriterSchema;
    use crate::avro::Poison;

    /// Reads a key as somebody wrote it.
    fn key(text: &str, avro: &[u8]) -> Result<String, Poison> {
        let schema = Schema::String;
        let writer = WriterSchema::parse(text, &schema).expect("a schema");
        writer.read(&schema, avro)
    }

    #[test]
    fn our_own_schemas_need_no_resolving() {
        for text in [
            KEY_SCHEMA,
            LEAVE_APPLICATION_RECEIVED_SCHEMA,
            LEAVE_APPLICATION_PROCESSED_SCHEMA,
        ] {
            let schema = Schema::parse_str(text).expect("a schema");
            let writer = WriterSchema::parse(text, &schema).expect("a schema");
            assert!(writer.is_ours, "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_poison_under_any_schema() {
        // The library would take each of them for null, where it may be.
        for text in [
            r#""string""#,
            r#"["null","string"]"#,
            r#"["string","null"]"#,
        ] {
            let whole: &[u8] = if text.starts_with('[') {
                b"\x00\x06ada"
            } else {
                b"\x06ada"
            };
            for length in 0..whole.len() {
                assert!(key(text, &whole[..length]).is_err(), "{text} {length}");
            }
        }
        let ours =
            r#"{"type":"record","name":"R","fields":[{"name":"A","type":["null","string"]}]}"#;
        let theirs =
            r#"{"type":"record","name":"R","fields":[{"name":"A","type":["null","bytes"]}]}"#;
        let schema = Schema::parse_str(ours).expect("a schema");
        let writer = WriterSchema::parse(theirs, &schema).expect("a schema");
        let read = |avro| writer.read::<HashMap<String, Option<String>>>(&schema, avro);
        assert!(read(b"\x00").is_ok());
        assert!(read(b"").is_err());
    }

    #[test]
    fn bytes_after_the_value_are_counted() {
        for text in [r#""string""#, r#""bytes""#] {
            let error = key(text, b"\x06ada??").expect_err("two too many");
            assert_eq!(error, Poison("2 bytes follow the value".to_owned()));
        }
    }
}
