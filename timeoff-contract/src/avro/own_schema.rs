//! Our own schemas.

/// One of the schemas that we write with.
pub(crate) struct OwnSchema {
    text: &'static str,
    /// What other programs' values resolve to.
    target: apache_avro::Schema,
}

impl OwnSchema {
    /// Compiles a schema.
    ///
    /// # Panics
    ///
    /// If the text is not a schema. It is a part of this program, so that would be a bug.
    pub(crate) fn parse(text: &'static str) -> OwnSchema {
        OwnSchema {
            text,
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
}
