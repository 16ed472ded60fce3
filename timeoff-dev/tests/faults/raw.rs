//! Records as bytes, decoded here a second time by hand: the code under test must not check itself.

use std::collections::BTreeMap;

/// A record that is on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawRecord {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Everything that is on the log, and everything that was on it before it was deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scan {
    pub(crate) applications: Vec<RawRecord>,
    pub(crate) results: Vec<RawRecord>,
    pub(crate) dead_letters: usize,
    pub(crate) commands: Vec<RawRecord>,
    pub(crate) ledger: Vec<RawRecord>,
    /// The name of each schema of commands and events, by its id.
    pub(crate) types: BTreeMap<u32, String>,
    /// Where each partition of the applications, and of the results, has begun since records were deleted from it.
    pub(crate) applications_begin: BTreeMap<i32, i64>,
    pub(crate) results_begin: BTreeMap<i32, i64>,
}

/// Magic byte and schema id.
const FRAME_BYTES: usize = 5;

impl RawRecord {
    /// The value's Avro bytes.
    pub(crate) fn avro(&self) -> &[u8] {
        &self.value[FRAME_BYTES..]
    }

    /// The value's first field, a text: of a command, its id.
    pub(crate) fn first_text(&self) -> String {
        text(self.avro()).0
    }

    /// Whether it has been deleted, given where the partitions begin.
    pub(crate) fn is_deleted(&self, begin: &BTreeMap<i32, i64>) -> bool {
        begin
            .get(&self.partition)
            .is_some_and(|&begin| self.offset < begin)
    }

    /// The id of the schema that the value was written with.
    pub(crate) fn schema(&self) -> u32 {
        let id = self.value[1..FRAME_BYTES].try_into().unwrap();
        u32::from_be_bytes(id)
    }

    /// The key as text.
    pub(crate) fn id(&self) -> String {
        text(&self.key[FRAME_BYTES..]).0
    }
}

/// What an application asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) email: String,
    pub(crate) department: String,
    pub(crate) hours: i64,
    /// In ticks.
    pub(crate) start: i64,
}

/// The fields of an application, in the order of its schema.
pub(crate) fn request(avro: &[u8]) -> Request {
    split(avro).0
}

/// The fields of an application, and what a result adds to them.
pub(crate) fn split(avro: &[u8]) -> (Request, &[u8]) {
    let (email, rest) = text(avro);
    let (department, rest) = text(rest);
    let (hours, rest) = long(rest);
    let (start, rest) = long(rest);
    let request = Request {
        email,
        department,
        hours,
        start,
    };
    (request, rest)
}

/// What a result adds to its application: who decided, the sentence, and the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) by: String,
    pub(crate) sentence: String,
    pub(crate) comment: Option<String>,
}

/// `avro` begins after the four fields of the application.
pub(crate) fn verdict(avro: &[u8]) -> Verdict {
    let (by, rest) = text(avro);
    let (sentence, rest) = text(rest);
    let (branch, rest) = long(rest);
    Verdict {
        by,
        sentence,
        comment: (branch == 1).then(|| text(rest).0),
    }
}

/// The fields of a record that are still to be read.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl Fields<'_> {
    pub(crate) fn text(&mut self) -> String {
        let (text, rest) = text(self.0);
        self.0 = rest;
        text
    }

    pub(crate) fn long(&mut self) -> i64 {
        let (number, rest) = long(self.0);
        self.0 = rest;
        number
    }

    /// A field that is null or what `read` reads.
    pub(crate) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.long() == 1).then(|| read(self))
    }
}

fn text(avro: &[u8]) -> (String, &[u8]) {
    let (length, rest) = long(avro);
    let (text, rest) = rest.split_at(usize::try_from(length).unwrap());
    (String::from_utf8(text.to_vec()).unwrap(), rest)
}

/// A zigzag varint.
fn long(avro: &[u8]) -> (i64, &[u8]) {
    let end = avro.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let raw = avro[..end]
        .iter()
        .rev()
        .fold(0_u64, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    ((raw >> 1) as i64 ^ -((raw & 1) as i64), &avro[end..])
}

/// The name of a record's schema; `None` if it is no record's.
pub(crate) fn name_of(schema: &str) -> Option<String> {
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    Some(schema.get("name")?.as_str()?.to_owned())
}

/// The records by id. Records that share an id keep their order.
pub(crate) fn by_id(records: &[RawRecord]) -> BTreeMap<String, Vec<&RawRecord>> {
    let mut found: BTreeMap<String, Vec<&RawRecord>> = BTreeMap::new();
    for record in records {
        found.entry(record.id()).or_default().push(record);
    }
    found
}
