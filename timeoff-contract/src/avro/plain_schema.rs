//! Schemas of other programs, parsed in bounded time and memory.
//!
//! While parsing, the library resolves a schema's defaults, and repeats a type wherever one has the name of a kind of
//! types (`"record"`): a page of text can keep it busy for years. Reading values needs neither, so before that defaults
//! are removed and such names are refused.

use apache_avro::Schema;
use apache_avro::schema::ResolvedSchema;
use serde_json::{Map, Value};

/// The longest text of a schema. Ours have about a thousand bytes. In the worst case, the library turns a text into
/// some hundred times its length.
pub(crate) const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Members that say nothing about how a value is written.
const IDLE: [&str; 3] = ["default", "doc", "aliases"];

/// Names of kinds of types. Where a type's own definition is incomplete, the library takes them for a reference to a
/// type of that name.
const KINDS: [&str; 3] = ["record", "enum", "fixed"];

/// Why a text cannot be used as a schema to read with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotASchema {
    #[error("it has {bytes} bytes, more than {MAX_TEXT_BYTES}")]
    TooLong { bytes: usize },
    #[error("it is not JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("a type is named like a kind of types: record, enum or fixed")]
    NamedAsAKind,
    #[error("it is not Avro's")]
    NotAvro(#[source] Box<apache_avro::Error>),
}

/// A writer's schema and all schemas that it refers to, without defaults, aliases and descriptions.
pub(crate) struct PlainSchema {
    pub(super) schema: Schema,
    /// Each after those that it refers to itself.
    referenced: Vec<Schema>,
}

impl PlainSchema {
    /// Finds the types that it names.
    pub(super) fn resolved(&self) -> Result<ResolvedSchema<'_>, Box<apache_avro::Error>> {
        let schemata = self.referenced.iter().chain([&self.schema]).collect();
        ResolvedSchema::new_with_schemata(schemata).map_err(Box::new)
    }
}

/// A schema that refers to no other.
#[cfg(any(test, fuzzing))]
impl From<Schema> for PlainSchema {
    fn from(schema: Schema) -> PlainSchema {
        PlainSchema {
            schema,
            referenced: Vec::new(),
        }
    }
}

/// Parses a schema and those that it refers to. `referenced` has each of them after those that it refers to itself.
pub(super) fn parse(text: &str, referenced: &[String]) -> Result<PlainSchema, NotASchema> {
    let bytes = text.len() + referenced.iter().map(String::len).sum::<usize>();
    if bytes > MAX_TEXT_BYTES {
        return Err(NotASchema::TooLong { bytes });
    }
    let plain = plain(text)?;
    let referenced: Vec<String> = referenced
        .iter()
        .map(|text| plain_text(text))
        .collect::<Result<_, _>>()?;
    let not_avro = |error| NotASchema::NotAvro(Box::new(error));
    let (schema, referenced) = match referenced.is_empty() {
        true => (Schema::parse(&plain).map_err(not_avro)?, Vec::new()),
        false => Schema::parse_str_with_list(&plain.to_string(), &referenced).map_err(not_avro)?,
    };
    let schema = PlainSchema { schema, referenced };
    // Checks that each name is defined once, and before it is used.
    schema.resolved().map_err(NotASchema::NotAvro)?;
    Ok(schema)
}

fn plain(text: &str) -> Result<Value, NotASchema> {
    // serde_json limits the nesting.
    let mut plain = serde_json::from_str(text).map_err(NotASchema::NotJson)?;
    reduce(&mut plain)?;
    Ok(plain)
}

fn plain_text(text: &str) -> Result<String, NotASchema> {
    plain(text).map(|plain| plain.to_string())
}

fn reduce(json: &mut Value) -> Result<(), NotASchema> {
    match json {
        Value::Array(elements) => elements.iter_mut().try_for_each(reduce),
        Value::Object(members) => {
            if is_named_as_a_kind(members) {
                return Err(NotASchema::NamedAsAKind);
            }
            for idle in IDLE {
                members.remove(idle);
            }
            members.values_mut().try_for_each(reduce)
        }
        _ => Ok(()),
    }
}

/// Whether a type has the name of a kind of types. Not a field: that may have any name.
fn is_named_as_a_kind(members: &Map<String, Value>) -> bool {
    let has_a_kind = |key| {
        let name = members.get(key).and_then(Value::as_str).unwrap_or_default();
        let without_namespace = name.rsplit('.').next().unwrap_or_default();
        KINDS.contains(&without_namespace)
    };
    has_a_kind("type") && has_a_kind("name")
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT_BYTES, NotASchema, parse};

    #[test]
    fn a_field_may_have_any_name_and_a_type_may_not() {
        let field = concat!(
            r#"{"type":"record","name":"R","fields":["#,
            r#"{"name":"record","type":"string"},{"name":"fixed","type":["null","enum"]}]}"#
        );
        assert!(parse(&field.replace("\"enum\"", "\"int\""), &[]).is_ok());
        for name in ["record", "org.enum", "fixed"] {
            let text = format!(r#"{{"type":"record","name":"{name}","fields":[]}}"#);
            let refused = parse(&text, &[]).map(|_| ());
            assert!(
                matches!(refused, Err(NotASchema::NamedAsAKind)),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_parsed_says_why() {
        let long = format!(
            r#"{{"type":"string","x":"{}"}}"#,
            "x".repeat(MAX_TEXT_BYTES)
        );
        let deep = "[".repeat(1_000);
        let twice = concat!(
            r#"[{"type":"fixed","name":"F","size":1},"#,
            r#"{"type":"array","items":{"type":"fixed","name":"F","size":2}}]"#
        );
        for (text, reason) in [
            (long.as_str(), "more than 65536"),
            (&deep, "not JSON"),
            ("", "not JSON"),
            ("7", "not Avro's"),
            (r#""Unknown""#, "not Avro's"),
            (twice, "not Avro's"),
        ] {
            let refused = parse(text, &[]).err().expect(reason).to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn defaults_are_not_looked_at() {
        let text = concat!(
            r#"{"type":"record","name":"R","aliases":["Q"],"fields":["#,
            r#"{"name":"A","type":"string","default":7}]}"#
        );
        assert!(parse(text, &[]).is_ok());
    }
}
