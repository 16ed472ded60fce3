//! What the records of one topic have in common.

/// An enum of the records that a topic has, a variant for each, and their schemas' texts.
macro_rules! records {
    ($(#[$doc:meta])* $any:ident { $($record:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $any<'a> {
            $(
                #[doc = concat!("See [`", stringify!($record), "`].")]
                $record($record<'a>),
            )*
        }

        impl $any<'static> {
            /// The record of that name, from its fields under their names; `None` if there is no such record.
            ///
            /// # Errors
            ///
            /// Those of `fields`, where a field is missing or has another type.
            pub fn from_fields<'de, D: serde::Deserializer<'de>>(
                name: &str,
                fields: D,
            ) -> Option<Result<$any<'static>, D::Error>> {
                use serde::Deserialize as _;
                match name {
                    $(stringify!($record) => {
                        Some($record::deserialize(fields).map($any::$record))
                    })*
                    _ => None,
                }
            }
        }

        impl $any<'_> {
            /// The same record, able to outlive the bytes that it was read from.
            #[must_use]
            pub fn into_owned(self) -> $any<'static> {
                match self {
                    $($any::$record(record) => $any::$record(record.into_owned()),)*
                }
            }
        }

        $(
            impl $record<'_> {
                /// Its Avro schema (JSON).
                pub const SCHEMA: &'static str =
                    include_str!(concat!("../../../schemas/", stringify!($record), ".avsc"));
            }

            impl<'a> From<$record<'a>> for $any<'a> {
                fn from(record: $record<'a>) -> $any<'a> {
                    $any::$record(record)
                }
            }
        )*
    };
}

pub(super) use records;
