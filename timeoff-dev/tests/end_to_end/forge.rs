//! Records that programs which are not ours might have written, put onto the log as they are.
//!
//! Written out by hand, so that a mistake in our own encoding cannot hide behind itself.

use std::collections::BTreeMap;

use timeoff_log::{KafkaSettings, Log, NewRecord, Position, ReadEvent, ReadFrom, Record};
use tokio::runtime::Runtime;

use crate::avro_bytes::{number, string};
use crate::bench::Bench;

/// A zero byte and four bytes of schema id.
const FRAME: usize = 5;

/// No registry and no file gives so high an id.
const UNKNOWN_SCHEMA: [u8; FRAME] = [0, 0x7f, 0xff, 0xff, 0xff];

/// 2024-01-01T00:00:00.
pub(crate) const START_TICKS: i64 = 638_396_640_000_000_000;

/// The log of a bench, without a service in between.
pub(crate) struct RawLog {
    log: Log,
    runtime: Runtime,
}

impl RawLog {
    /// Opens the log, whose topics must exist.
    pub(crate) fn open(bench: &Bench) -> RawLog {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut settings = KafkaSettings::new();
        if let Some(registry) = &bench.registry {
            settings.set_schema_registry(registry.parse().unwrap());
        }
        let url = bench.log.parse().unwrap();
        let log = runtime.block_on(Log::open(&url, &settings)).unwrap();
        RawLog { log, runtime }
    }

    /// Appends records and says where they are.
    pub(crate) fn append(&self, records: Vec<NewRecord>) -> Vec<Position> {
        self.runtime.block_on(self.log.append(records)).unwrap()
    }

    /// All that is on a topic, by partition and offset.
    pub(crate) fn read_all(&self, topic: &str) -> BTreeMap<(i32, i64), Record> {
        self.runtime.block_on(async {
            let mut reader = self.log.read(topic, ReadFrom::Beginning).await.unwrap();
            let mut records = BTreeMap::new();
            loop {
                match reader.next().await.unwrap() {
                    ReadEvent::Record(record) => {
                        let Position {
                            partition, offset, ..
                        } = record.position;
                        records.insert((partition, offset), record);
                    }
                    ReadEvent::CaughtUp => return records,
                    other => panic!("the reader says {other:?}"),
                }
            }
        })
    }
}

/// The schemas that a service has written an application with, as the first bytes of what is written with them.
pub(crate) struct Frames {
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Frames {
    /// Those of a record that a service has queued.
    pub(crate) fn of(record: &Record) -> Frames {
        let frame = |bytes: &Option<Vec<u8>>| bytes.as_ref().unwrap()[..FRAME].to_vec();
        Frames {
            key: frame(&record.key),
            value: frame(&record.value),
        }
    }

    /// The key of an application.
    pub(crate) fn key(&self, id: &str) -> Option<Vec<u8>> {
        Some([self.key.clone(), string(id)].concat())
    }

    /// The value of an application.
    pub(crate) fn value(&self, fields: &Fields<'_>) -> Option<Vec<u8>> {
        Some([self.value.clone(), fields.avro()].concat())
    }

    /// A text where an application should be.
    pub(crate) fn value_of_another_schema(&self, text: &str) -> Option<Vec<u8>> {
        Some([self.key.clone(), string(text)].concat())
    }

    /// An application with a schema that nobody knows.
    pub(crate) fn value_of_an_unknown_schema(&self, fields: &Fields<'_>) -> Option<Vec<u8>> {
        Some([UNKNOWN_SCHEMA.to_vec(), fields.avro()].concat())
    }
}

/// The fields of an application, possible or not.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    pub(crate) email: &'a str,
    pub(crate) department: &'a str,
    pub(crate) hours: i64,
    pub(crate) start_ticks: i64,
}

impl Fields<'_> {
    fn avro(&self) -> Vec<u8> {
        [
            string(self.email),
            string(self.department),
            number(self.hours),
            number(self.start_ticks),
        ]
        .concat()
    }
}
