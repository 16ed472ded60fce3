//! Applications that can be understood, and every kind of record that cannot.

use timeoff_dev::garbage::{FIELDS, Fields, Frames, KINDS, Kind};
use timeoff_log::NewRecord;
use timeoff_testkit::Bench;

/// The departments at first, a partition for each.
pub(crate) const BEFORE: &str = "HR,IT,OPS,LEGAL";

/// The departments after the fix: the fourth has another name.
pub(crate) const AFTER: &str = "HR,IT,OPS,SALES";

/// The partition of the department that only [`AFTER`] knows.
const NEW_PARTITION: i32 = 3;

/// A record that a test writes onto the applications topic, and what must become of it.
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
            // The last kind can be understood after the fix.
            let kinds = KINDS.iter().map(Some).chain([None]);
            for (index, kind) in kinds.enumerate() {
                let number = round * (KINDS.len() + 1) + index;
                written.push(self.good(number));
                written.push(match kind {
                    Some(kind) => self.bad(number, kind),
                    None => self.of_the_new_department(number),
                });
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
            Some(self.frames.key(&id)),
            Some(self.frames.value(&fields)),
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
            record: self.record(
                partition,
                Some(self.frames.key(&id)),
                Some(self.frames.value(&fields)),
            ),
            fate: Fate::Decided(id),
        }
    }

    fn bad(&self, number: usize, kind: &Kind) -> Written {
        let id = id("bad", number);
        let (key, value) = kind.record(&self.frames, &id);
        Written {
            record: self.record(partition(number), key, value),
            fate: Fate::Poison {
                reason: kind.reason,
                id: kind.has_id().then_some(id),
            },
        }
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

/// A round's number of kinds and the number of partitions have no common divisor, so every kind comes to every
/// partition.
fn partition(number: usize) -> i32 {
    (number % 4) as i32
}

fn id(what: &str, number: usize) -> String {
    format!("{what}{number:06}@example.com-638000000000000000")
}
