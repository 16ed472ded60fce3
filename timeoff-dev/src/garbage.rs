//! Every kind of record that cannot be understood as an application.
//!
//! Encoded by apache-avro, so that a mistake in our own encoding cannot hide behind itself.

use crate::avro_bytes::{number, string};

/// A zero byte and four bytes of schema id.
const FRAME_BYTES: usize = 5;

/// Neither a registry nor a file gives out an id this high.
const UNKNOWN_SCHEMA: [u8; FRAME_BYTES] = [0, 0x7f, 0xff, 0xff, 0xff];

/// 2024-01-01T00:00:00.
pub const START_TICKS: i64 = 638_396_640_000_000_000;

/// How many optional fields come after those of version 1. Each is null here: the first branch of its union.
const OPTIONAL_FIELDS: usize = 9;

/// The frames of an application that a service has written: the first bytes of its key and value, which name their
/// schemas.
pub struct Frames {
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Frames {
    /// The frames of a record that a service has written. `None` if the key or the value is too short to have one.
    pub fn of(key: &[u8], value: &[u8]) -> Option<Frames> {
        Some(Frames {
            key: key.get(..FRAME_BYTES)?.to_vec(),
            value: value.get(..FRAME_BYTES)?.to_vec(),
        })
    }

    /// The key of an application.
    pub fn key(&self, id: &str) -> Vec<u8> {
        [self.key.clone(), string(id)].concat()
    }

    /// The value of an application.
    pub fn value(&self, fields: &Fields<'_>) -> Vec<u8> {
        [self.value.clone(), fields.avro()].concat()
    }
}

/// The fields of an application, valid or not.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// `EmpEmail`.
    pub email: &'a str,
    /// `EmpDepartment`.
    pub department: &'a str,
    /// `LeaveDurationInHours`.
    pub hours: i64,
    /// `LeaveStartDateTicks`.
    pub start_ticks: i64,
}

/// Valid as they are, if there is a department IT.
pub const FIELDS: Fields<'static> = Fields {
    email: "ada@example.com",
    department: "IT",
    hours: 8,
    start_ticks: START_TICKS,
};

impl Fields<'_> {
    fn avro(&self) -> Vec<u8> {
        [
            string(self.email),
            string(self.department),
            number(self.hours),
            number(self.start_ticks),
            number(0).repeat(OPTIONAL_FIELDS),
        ]
        .concat()
    }
}

/// A kind of record that cannot be understood.
pub struct Kind {
    /// What is wrong with it, for a person.
    pub what: &'static str,
    /// A part of the reason that its dead letter gives.
    pub reason: &'static str,
    wrong: Wrong,
}

/// What is wrong; the rest of such a record is good.
enum Wrong {
    Key(Option<&'static [u8]>),
    Value(fn(&Frames) -> Option<Vec<u8>>),
    Fields(Fields<'static>),
}

impl Kind {
    /// The key and the value of a record of this kind. Its key holds `id`, unless the key is what is wrong.
    pub fn record(&self, frames: &Frames, id: &str) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        match &self.wrong {
            Wrong::Key(key) => (key.map(<[u8]>::to_vec), Some(frames.value(&FIELDS))),
            Wrong::Value(value) => (Some(frames.key(id)), value(frames)),
            Wrong::Fields(fields) => (Some(frames.key(id)), Some(frames.value(fields))),
        }
    }

    /// Whether the key can be read, and has the id.
    pub fn has_id(&self) -> bool {
        !matches!(self.wrong, Wrong::Key(_))
    }
}

/// All kinds.
pub const KINDS: &[Kind] = &[
    Kind {
        what: "a value that is not in our framing",
        reason: "framed",
        wrong: Wrong::Value(|_| Some(b"no frame".to_vec())),
    },
    Kind {
        what: "an empty value",
        reason: "framed",
        wrong: Wrong::Value(|_| Some(Vec::new())),
    },
    Kind {
        what: "no value",
        reason: "no value",
        wrong: Wrong::Value(|_| None),
    },
    Kind {
        what: "no key",
        reason: "no key",
        wrong: Wrong::Key(None),
    },
    Kind {
        what: "an empty key",
        reason: "key: ",
        wrong: Wrong::Key(Some(b"")),
    },
    Kind {
        what: "a key that is not in our framing",
        reason: "key: ",
        wrong: Wrong::Key(Some(b"ada@example.com-1")),
    },
    Kind {
        what: "a value that ends too early",
        reason: "do not match",
        wrong: Wrong::Value(|frames| {
            let mut value = frames.value(&FIELDS);
            value.truncate(value.len() - 3);
            Some(value)
        }),
    },
    Kind {
        what: "bytes after the value",
        reason: "4 bytes follow",
        wrong: Wrong::Value(|frames| Some([frames.value(&FIELDS), b"more".to_vec()].concat())),
    },
    Kind {
        what: "a schema id that nobody knows",
        reason: "2147483647",
        wrong: Wrong::Value(|_| Some([UNKNOWN_SCHEMA.to_vec(), FIELDS.avro()].concat())),
    },
    Kind {
        what: "a schema that is not an application's",
        reason: "schema",
        wrong: Wrong::Value(|frames| Some(frames.key("ada"))),
    },
    Kind {
        what: "0 hours",
        reason: "LeaveDurationInHours",
        wrong: Wrong::Fields(Fields { hours: 0, ..FIELDS }),
    },
    Kind {
        what: "more hours than a year has",
        reason: "LeaveDurationInHours",
        wrong: Wrong::Fields(Fields {
            hours: 8785,
            ..FIELDS
        }),
    },
    Kind {
        what: "less than 0 hours",
        reason: "LeaveDurationInHours",
        wrong: Wrong::Fields(Fields {
            hours: -8,
            ..FIELDS
        }),
    },
    Kind {
        what: "a department that is in nobody's list",
        reason: "EmpDepartment",
        wrong: Wrong::Fields(Fields {
            department: "ASTROLOGY",
            ..FIELDS
        }),
    },
    Kind {
        what: "an empty department",
        reason: "EmpDepartment",
        wrong: Wrong::Fields(Fields {
            department: "",
            ..FIELDS
        }),
    },
    Kind {
        what: "an e-mail address that is none",
        reason: "EmpEmail",
        wrong: Wrong::Fields(Fields {
            email: "ada",
            ..FIELDS
        }),
    },
    Kind {
        what: "a start before the year 1",
        reason: "LeaveStartDateTicks",
        wrong: Wrong::Fields(Fields {
            start_ticks: -1,
            ..FIELDS
        }),
    },
    Kind {
        what: "a start after the year 9999",
        reason: "LeaveStartDateTicks",
        wrong: Wrong::Fields(Fields {
            start_ticks: i64::MAX,
            ..FIELDS
        }),
    },
];
