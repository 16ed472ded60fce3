//! What has happened, as the records on a department's ledger say it. Decoded here a second time by hand.

use std::collections::BTreeMap;

use crate::raw::{Fields, RawRecord};
use crate::wanted::Somebody;

/// An event, and why it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happened {
    /// The id of the command that it answers.
    pub(crate) command_id: Option<String>,
    /// The id of the person who asked or decided.
    pub(crate) by: Option<String>,
    pub(crate) what: Event,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Entered(Somebody),
    Decided {
        application: String,
        fate: Fate,
        /// The rule that decided.
        policy: Option<String>,
    },
    Refused,
    /// Something that nobody here has asked for.
    Strange(String),
}

/// What can become of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Booked,
    Declined,
    Withdrawn,
}

impl Happened {
    /// `types` has the schemas' names.
    pub(crate) fn of(record: &RawRecord, types: &BTreeMap<u32, String>) -> Happened {
        let mut fields = Fields(record.avro());
        let command_id = fields.optional(Fields::text);
        let by = fields.optional(Fields::text);
        let _at = fields.long();
        let name = types.get(&record.schema()).map_or("", String::as_str);
        let what = match name {
            "PersonEntered" => Event::Entered(Somebody::of(&mut fields)),
            "LeaveBooked" => Event::decided(Fate::Booked, &mut fields),
            "LeaveDeclined" => Event::decided(Fate::Declined, &mut fields),
            "LeaveWithdrawn" => Event::Decided {
                application: fields.text(),
                fate: Fate::Withdrawn,
                policy: None,
            },
            "CommandRefused" => Event::Refused,
            other => Event::Strange(other.to_owned()),
        };
        Happened {
            command_id,
            by,
            what,
        }
    }
}

impl Event {
    fn decided(fate: Fate, fields: &mut Fields<'_>) -> Event {
        let application = fields.text();
        let (_person, _on_behalf_of) =
            (fields.optional(Fields::text), fields.optional(Fields::text));
        Event::Decided {
            application,
            fate,
            policy: fields.optional(Fields::text),
        }
    }
}

impl Fate {
    /// How a result begins that says so.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Fate::Booked => "Approved:",
            Fate::Declined => "Declined:",
            Fate::Withdrawn => WITHDRAWN,
        }
    }
}

/// The result of an application that was withdrawn.
pub(crate) const WITHDRAWN: &str = "Declined: Withdrawn by the employee.";
