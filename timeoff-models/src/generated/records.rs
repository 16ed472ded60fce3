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
