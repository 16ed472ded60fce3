//! Applications that can be understood, and every kind of record that cannot.

use timeoff_log::NewRecord;

use crate::bench::Bench;
use crate::forge::{Fields, Frames, START_TICKS};

/// The departments at first, a partition for each.
pub(crate) const BEFORE: &str = "HR,IT,OPS,LEGAL";

/// The departments after the fix: the fourth has another name.
pub(crate) const AFTER: &str = "HR,IT,OPS,SALES";

/// The partition of the department that only [`AFTER`] knows.
const NEW_PARTITION: i32 = 3;

/// What a test writes onto the applications topic, and what must become of it.
pub(crate) struct Written {
    pub(crate) record: NewRecord,
    pub(crate) fate: Fate,
}

/// What must become of a record.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is decided; its id.
    Decided(String),
    /// It becomes a dead letter for this reason. Its id, where the key can be read.
    Poison {
        reason: &'static str,
        id: Option<String>,
    },
    /// It becomes a dead letter, and can be understood after the fix; its id.
    UnderstoodLater(String),
}

/// Writes records for the applications topic of a bench.
pub(crate) struct Writer<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) frames: Frames,
}

impl Writer<'_> {
    /// Good applications and garbage in turn: each kind of garbage comes several times, in every partition.
    pub(crate) fn interleaved(&self, rounds: usize) -> Vec<Written> {
        let mut written = Vec::new();
        for round in 0..rounds {
            for (kind, make) in KINDS.iter().enumerate() {
                let number = round * KINDS.len() + kind;
                written.push(self.good(number));
                written.push(make(self, number));
            }
        }
        written
    }

    /// An application of the department that is not known yet.
    pub(crate) fn of_the_new_department(&self, number: usize) -> Written {
        let id = id("later", number);
        let fields = Fields {
            department: "SALES",
            ..FIELDS
        };
        let record = self.record(
            NEW_PARTITION,
            self.frames.key(&id),
            self.frames.value(&fields),
        );
        Written {
            record: NewRecord {
                headers: vec![("trace".to_owned(), number.to_string().into_bytes())],
                ..record
            },
            fate: Fate::UnderstoodLater(id),
        }
    }

    fn good(&self, number: usize) -> Written {
        let id = id("good", number);
        let partition = partition(number);
        let department = BEFORE.split(',').nth(partition as usize).unwrap();
        let fields = Fields {
            department,
            ..FIELDS
        };
        Written {
            record: self.record(partition, self.frames.key(&id), self.frames.value(&fields)),
            fate: Fate::Decided(id),
        }
    }

    /// A good key, and a value that is not good.
    fn bad_value(&self, number: usize, value: Option<Vec<u8>>, reason: &'static str) -> Written {
        let id = id("bad", number);
        Written {
            record: self.record(partition(number), self.frames.key(&id), value),
            fate: Fate::Poison {
                reason,
                id: Some(id),
            },
        }
    }

    fn bad_key(&self, number: usize, key: Option<Vec<u8>>, reason: &'static str) -> Written {
        Written {
            record: self.record(partition(number), key, self.frames.value(&FIELDS)),
            fate: Fate::Poison { reason, id: None },
        }
    }

    fn impossible(&self, number: usize, fields: Fields<'_>, reason: &'static str) -> Written {
        self.bad_value(number, self.frames.value(&fields), reason)
    }

    fn record(&self, partition: i32, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> NewRecord {
        NewRecord {
            topic: self.bench.applications.as_str().into(),
            partition,
            key,
            value,
            headers: Vec::new(),
        }
    }
}

/// Possible as they are.
const FIELDS: Fields<'static> = Fields {
    email: "ada@example.com",
    department: "IT",
    hours: 8,
    start_ticks: START_TICKS,
};

type Make = for<'a, 'b> fn(&'a Writer<'b>, usize) -> Written;

/// Every kind of record that cannot be understood.
const KINDS: &[Make] = &[
    |w, n| w.bad_value(n, Some(b"no frame".to_vec()), "framed"),
    |w, n| w.bad_value(n, Some(Vec::new()), "framed"),
    |w, n| w.bad_value(n, None, "no value"),
    |w, n| w.bad_key(n, None, "no key"),
    |w, n| w.bad_key(n, Some(Vec::new()), "key: "),
    |w, n| w.bad_key(n, Some(b"ada@example.com-1".to_vec()), "key: "),
    |w, n| w.bad_value(n, truncated(w), "do not match"),
    |w, n| w.bad_value(n, trailing(w), "4 bytes follow"),
    |w, n| {
        w.bad_value(
            n,
            w.frames.value_of_an_unknown_schema(&FIELDS),
            "2147483647",
        )
    },
    |w, n| w.bad_value(n, w.frames.value_of_another_schema("ada"), "schema"),
    |w, n| w.impossible(n, Fields { hours: 0, ..FIELDS }, "LeaveDurationInHours"),
    |w, n| {
        w.impossible(
            n,
            Fields {
                hours: 8785,
                ..FIELDS
            },
            "LeaveDurationInHours",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                hours: -8,
                ..FIELDS
            },
            "LeaveDurationInHours",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                department: "ASTROLOGY",
                ..FIELDS
            },
            "EmpDepartment",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                department: "",
                ..FIELDS
            },
            "EmpDepartment",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                email: "ada",
                ..FIELDS
            },
            "EmpEmail",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                start_ticks: -1,
                ..FIELDS
            },
            "LeaveStartDateTicks",
        )
    },
    |w, n| {
        w.impossible(
            n,
            Fields {
                start_ticks: i64::MAX,
                ..FIELDS
            },
            "LeaveStartDateTicks",
        )
    },
    |w, n| w.of_the_new_department(n),
];

fn truncated(writer: &Writer<'_>) -> Option<Vec<u8>> {
    let mut value = writer.frames.value(&FIELDS)?;
    value.truncate(value.len() - 3);
    Some(value)
}

fn trailing(writer: &Writer<'_>) -> Option<Vec<u8>> {
    let mut value = writer.frames.value(&FIELDS)?;
    value.extend(b"more");
    Some(value)
}

/// The number of kinds and the number of partitions have no common divisor, so that every kind comes to all of them.
fn partition(number: usize) -> i32 {
    (number % 4) as i32
}

fn id(what: &str, number: usize) -> String {
    format!("{what}{number:06}@example.com-638000000000000000")
}
