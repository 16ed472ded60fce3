//! Our own schemas.

/// One of the schemas that we write with.
pub(crate) struct OwnSchema {
    text: &'static str,
    /// What other programs' values resolve to.
    target: apache_avro::Schema,
    full_name: String,
}

impl OwnSchema {
    /// Compiles a schema.
    ///
    /// # Panics
    ///
    /// If the text is not a schema. It is a part of this program, so that would be a bug.
    pub(crate) fn parse(text: &'static str) -> OwnSchema {
        let target = apache_avro::Schema::parse_str(text).expect("our own schema parses");
        let full_name = target.name().map(|name| name.fullname(None));
        OwnSchema {
            text,
            full_name: full_name.unwrap_or_default(),
            target,
        }
    }

    /// Its text as it is registered.
    pub(super) fn text(&self) -> &'static str {
        self.text
    }

    /// The full name of the record that it describes; empty if it describes something else.
    pub(super) fn full_name(&self) -> &str {
        &self.full_name
    }

    /// What values of other schemas resolve to.
    pub(super) fn target(&self) -> &apache_avro::Schema {
        &self.target
    }
}
