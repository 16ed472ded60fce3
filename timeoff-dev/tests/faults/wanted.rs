//! What somebody wants, as the records on the commands topic say it. Decoded here a second time by hand.

use std::collections::BTreeMap;

use crate::raw::{Fields, RawRecord};

/// A command, and who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    /// The partition of the department that is asked.
    pub(crate) partition: i32,
    /// The address of whoever asks.
    pub(crate) by: String,
    pub(crate) what: What,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// That somebody is entered: the first admin, where nobody can be asked, or anybody else, by an admin.
    Enter {
        is_first: bool,
        person: Somebody,
    },
    Decide {
        application: String,
        approve: bool,
        comment: Option<String>,
        expected_version: Option<i64>,
    },
    Withdraw {
        application: String,
    },
}

/// What the campaign enters of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
}

/// The role of whoever is entered first.
pub(crate) const ADMIN: &str = "admin";

impl Wanted {
    /// `types` has the schemas' names. `None` if it is a command that nobody here sends.
    pub(crate) fn of(record: &RawRecord, types: &BTreeMap<u32, String>) -> Option<Wanted> {
        let mut fields = Fields(record.avro());
        let (id, by, _at) = (fields.text(), fields.text(), fields.long());
        let what = match types.get(&record.schema())?.as_str() {
            "NameFirstAdmin" => What::Enter {
                is_first: true,
                person: Somebody {
                    id: fields.text(),
                    email: fields.text(),
                    name: fields.text(),
                    role: ADMIN.to_owned(),
                },
            },
            "EnterPerson" => What::Enter {
                is_first: false,
                person: Somebody::of(&mut fields),
            },
            "DecideApplication" => What::Decide {
                application: fields.text(),
                approve: match &*fields.text() {
                    "approve" => true,
                    "decline" => false,
                    _ => return None,
                },
                comment: fields.optional(Fields::text),
                expected_version: fields.optional(Fields::long),
            },
            "WithdrawApplication" => What::Withdraw {
                application: fields.text(),
            },
            _ => return None,
        };
        Some(Wanted {
            id,
            partition: record.partition,
            by,
            what,
        })
    }

    /// The application that it is about, if it is about one.
    pub(crate) fn application(&self) -> Option<&str> {
        match &self.what {
            What::Decide { application, .. } | What::Withdraw { application } => Some(application),
            What::Enter { .. } => None,
        }
    }
}

impl Somebody {
    /// The fields from the id to the role, as every record about a person has them.
    pub(crate) fn of(fields: &mut Fields<'_>) -> Somebody {
        let (id, email, name) = (fields.text(), fields.text(), fields.text());
        let _department = fields.text();
        Somebody {
            id,
            email,
            name,
            role: fields.text(),
        }
    }
}
