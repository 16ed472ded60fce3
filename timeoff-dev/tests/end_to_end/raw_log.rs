//! The log without a service in between.

use std::collections::BTreeMap;

use timeoff_log::{KafkaSettings, Log, NewRecord, Position, ReadEvent, ReadFrom, Record};
use timeoff_testkit::Bench;
use tokio::runtime::Runtime;

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

    /// Appends records and returns their positions.
    pub(crate) fn append(&self, records: Vec<NewRecord>) -> Vec<Position> {
        self.runtime.block_on(self.log.append(records)).unwrap()
    }

    /// All records on a topic, by partition and offset.
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
