//! The types of the records on the commands topic and on the ledger.

use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::schema::{RecordField, RecordSchema};
use serde::Deserialize;
use timeoff_models::generated::*;

use super::kind::Kind;
use super::own_schema::OwnSchema;
use super::plain_schema::PlainSchema;
use super::poison::Poison;
use super::shared_topic::{RecordType, UnknownType};
use super::value_bytes::ToAvro;
use super::writer_schema::{UnusableSchema, WriterSchema, resolve};

/// The types that a topic's enum of records has.
macro_rules! record_types {
    ($of:ident in $any:ident { $($record:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum $of {
            $($record),*
        }

        impl RecordType for $of {
            type Record<'avro> = $any<'avro>;

            const ALL: &'static [$of] = &[$($of::$record),*];

            fn of(record: &$any<'_>) -> $of {
                match record {
                    $($any::$record(_) => $of::$record),*
                }
            }

            fn place(self) -> usize {
                self as usize
            }

            fn schema(self) -> &'static OwnSchema {
                match self {
                    $($of::$record => <$record<'static> as Kind>::schema()),*
                }
            }

            fn subject(self, topic: &str) -> String {
                match self {
                    $($of::$record => <$record<'static> as Kind>::subject(topic)),*
                }
            }

            fn read<'avro>(
                self,
                schema: &WriterSchema,
                avro: &'avro [u8],
            ) -> Result<$any<'avro>, Poison> {
                match self {
                    $($of::$record => schema.read(self.schema(), avro).map($any::$record)),*
                }
            }
        }

        impl ToAvro for $any<'_> {
            fn most_bytes(&self) -> usize {
                match self {
                    $($any::$record(record) => record.most_bytes()),*
                }
            }

            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $($any::$record(record) => record.write(out)),*
                }
            }
        }

        $(
            impl Kind for $record<'static> {
                type Value<'avro> = $record<'avro>;

                fn schema() -> &'static OwnSchema {
                    static SCHEMA: LazyLock<OwnSchema> =
                        LazyLock::new(|| OwnSchema::parse($record::SCHEMA));
                    &SCHEMA
                }

                fn subject(topic: &str) -> String {
                    format!("{topic}-{}", Self::schema().full_name())
                }
            }
        )*
    };
}

record_types!(CommandType in CommandRecord {
    NameFirstAdmin,
    EnterPerson,
    ChangePerson,
    MovePerson,
    AdmitPerson,
    EndEmployment,
    DelegateApproval,
    DecideApplication,
    WithdrawApplication,
    GrantEntitlement,
    SetPolicy,
    AskToCancel,
    DecideCancellation,
    RecalculateLeave,
    AdmitEntitlement,
    AdmitLeave,
});

record_types!(EventType in LedgerRecord {
    PersonEntered,
    PersonChanged,
    PersonMoved,
    PersonLeft,
    ApprovalDelegated,
    LeaveBooked,
    LeaveDeclined,
    LeaveWithdrawn,
    EntitlementGranted,
    PolicySet,
    StageApproved,
    CancellationAsked,
    LeaveReleased,
    CancellationDeclined,
    LeaveRecalculated,
    LeaveAdmitted,
    CommandRefused,
});

/// The fields that every command begins with.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Asked {
    pub(crate) command_id: String,
    pub(crate) asked_by: String,
    pub(crate) asked_at_ticks: i64,
}

static ASKED: LazyLock<OwnSchema> = LazyLock::new(|| {
    OwnSchema::parse(concat!(
        r#"{"type":"record","name":"Asked","fields":[{"name":"CommandId","type":"string"},"#,
        r#"{"name":"AskedBy","type":"string"},{"name":"AskedAtTicks","type":"long"}]}"#
    ))
});

/// Of a command of an unknown type, those fields are understood: that is enough to refuse it.
impl UnknownType for CommandType {
    type Understood = Asked;

    fn check_unknown(schema: &RecordSchema) -> Result<(), UnusableSchema> {
        let Schema::Record(asked) = ASKED.target() else {
            return Err(UnusableSchema::NotARecord);
        };
        let has = |wanted: &RecordField| {
            let is_it = |field: &&RecordField| field.name == wanted.name;
            let field = schema.fields.iter().find(is_it);
            field.is_some_and(|field| field.schema == wanted.schema)
        };
        match asked.fields.iter().all(has) {
            true => Ok(()),
            false => Err(UnusableSchema::NotACommand),
        }
    }

    fn read_unknown(schema: &PlainSchema, avro: &[u8]) -> Result<Asked, Poison> {
        resolve(schema, &ASKED, avro)
    }
}

/// Of an event of an unknown type, nothing is understood. Nor may it be left out, so there is nothing to check.
impl UnknownType for EventType {
    type Understood = ();

    fn check_unknown(_: &RecordSchema) -> Result<(), UnusableSchema> {
        Ok(())
    }

    fn read_unknown(_: &PlainSchema, _: &[u8]) -> Result<(), Poison> {
        Ok(())
    }
}
