//! Our own schemas.

/// One of the schemas that we write with.
pub(crate) struct OwnSchema {
    text: &'static str,
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
