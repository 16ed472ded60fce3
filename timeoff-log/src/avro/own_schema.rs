//! Our own schemas, and values written with them.

use std::io::BufRead;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_avro_fast::de::DeserializerState;
use serde_avro_fast::ser::SerializerConfig;

use super::codec::Poison;

/// One of the schemas that we write with.
pub(crate) struct OwnSchema {
    text: &'static str,
    /// To write and read with.
    compiled: serde_avro_fast::Schema,
    /// To resolve to what others have written with theirs.
    target: apache_avro::Schema,
}

impl OwnSchema {
    /// Compiles a schema.
    ///
    /// # Panics
    ///
    /// If the text is no schema: it is a part of this program.
    pub(crate) fn parse(text: &'static str) -> OwnSchema {
        OwnSchema {
            text,
            compiled: text.parse().expect("our own schema compiles"),
            target: apache_avro::Schema::parse_str(text).expect("our own schema parses"),
        }
    }

    /// Its text as it is registered.
    pub(super) fn text(&self) -> &'static str {
        self.text
    }

    /// What values of other schemas resolve to.
    pub(super) fn target(&self) -> &apache_avro::Schema {
        &self.target
    }

    /// Writes a value behind `bytes`.
    pub(super) fn write(&self, value: &impl Serialize, bytes: Vec<u8>) -> Vec<u8> {
        serde_avro_fast::to_datum(value, bytes, &mut SerializerConfig::new(&self.compiled))
            .expect("a value of a generated type fits the schema it was generated from")
    }

    /// Reads the value that `avro` is. It takes no more memory than its bytes do: ours have nothing that repeats.
    pub(super) fn read<T: DeserializeOwned>(&self, avro: &[u8]) -> Result<T, Poison> {
        let mut state = DeserializerState::from_slice(avro, &self.compiled);
        let value = T::deserialize(state.deserializer()).map_err(|_| Poison::malformed())?;
        match state.into_reader().fill_buf() {
            Ok([]) => Ok(value),
            Ok(rest) => Err(Poison::followed_by(rest.len())),
            Err(_) => Err(Poison::malformed()),
        }
    }
}
