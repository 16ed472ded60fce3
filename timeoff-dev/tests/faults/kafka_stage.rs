//! A Kafka cluster of three brokers, each behind a relay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use rdkafka::admin::AdminOptions;
use rdkafka::{Offset, TopicPartitionList};
use timeoff_dev::kafka::{Flavour, KafkaDev};
use timeoff_log::{KafkaSettings, Log, ReadEvent, ReadFrom};
use timeoff_testkit::{Bench, on_runtime};

use crate::company::Company;
use crate::injectors::pause;
use crate::kind::Kind;
use crate::raw::{RawRecord, Scan, name_of};
use crate::relay::{Relays, SETTLING, Trouble};
use crate::stage::Stage;

const BROKERS: usize = 3;

/// Much is to happen in little time, so every wait for a person or a peer lasts only seconds.
const OPTIONS: &[&str] = &[
    "-Xsession.timeout.ms=3000",
    "-Xheartbeat.interval.ms=500",
    "-Xmax.poll.interval.ms=4000",
    "-Xsocket.timeout.ms=2000",
    TRANSACTIONS_END,
];

const TRANSACTIONS_END: &str = "-Xtransaction.timeout.ms=4000";

/// Much longer than any manager sleeps. A killed one's transaction would hold the others up as long.
const TRANSACTIONS_LAST: &str = "-Xtransaction.timeout.ms=30000";

/// Longer than requests, sessions and transactions last with these options.
const LONGER_THAN_ALL: Duration = Duration::from_millis(5_500);

/// How long a cluster may take to be whole again after a fault.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a broker stays away at most if the others do not take over from it. Then nothing has moved, and the fault
/// is tried again.
const MOVE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

pub(crate) struct KafkaStage {
    kafka: KafkaDev,
    relays: Relays,
    pub(crate) bench: Bench,
    options: Vec<&'static str>,
    /// Faults of brokers take turns: with two of three brokers dead, nothing is promised.
    turn: Mutex<()>,
    /// Faults of connections take turns, too, because each waits for its request. Counts those asked for.
    trap: Mutex<usize>,
    /// The deleted records, and where the partitions have begun since.
    deleted: Mutex<Scan>,
}

impl KafkaStage {
    /// A fresh cluster. `None`, after a loud message, where there can be none.
    pub(crate) fn start(flavour: Flavour) -> Option<KafkaStage> {
        let relays = Relays::listen(BROKERS);
        let kafka = KafkaDev::builder()
            .flavour(flavour)
            .brokers(BROKERS)
            .advertised_ports(relays.ports())
            // By default 10 s, in which a transaction that has timed out stays open.
            .broker_property(
                "transaction.abort.timed.out.transaction.cleanup.interval.ms",
                "500",
            )
            .start_or_skip()?;
        relays.connect(kafka.brokers().iter().map(|broker| broker.port()));
        Some(KafkaStage {
            bench: Bench::kafka(&kafka),
            options: OPTIONS.to_vec(),
            kafka,
            relays,
            turn: Mutex::new(()),
            trap: Mutex::new(0),
            deleted: Mutex::default(),
        })
    }

    /// Lets a manager that sleeps longer than its session still commit what it had begun: with a short timeout, the
    /// brokers end nearly all of that by themselves, and nothing else has to refuse it.
    pub(crate) fn let_transactions_last(&mut self) {
        for option in &mut self.options {
            if *option == TRANSACTIONS_END {
                *option = TRANSACTIONS_LAST;
            }
        }
    }

    fn brokers_killed(&self, rng: &mut Rng) -> bool {
        for broker in self.kafka.brokers() {
            broker.kill();
        }
        pause(rng, 2_000);
        self.kafka.start_brokers().unwrap();
        true
    }

    fn brokers_frozen(&self) -> bool {
        for broker in self.kafka.brokers() {
            broker.freeze();
        }
        std::thread::sleep(LONGER_THAN_ALL);
        for broker in self.kafka.brokers() {
            broker.thaw();
        }
        true
    }

    fn leader_lost(&self, rng: &mut Rng) -> bool {
        let bench = &self.bench;
        let topics = [
            &bench.applications,
            &bench.results,
            &bench.commands,
            &bench.ledger,
        ];
        let (topic, partition) = (topics[rng.usize(..4)], rng.i32(0..3));
        let leader = || self.kafka.leader(topic, partition);
        let Some(old) = leader() else { return false };
        self.kafka.brokers()[old].kill();
        let has_moved = wait_until(MOVE, || leader().is_some_and(|new| new != old));
        pause(rng, 1_000);
        self.kafka.brokers()[old].start().unwrap();
        has_moved
    }

    fn coordinator_moved(&self, rng: &mut Rng) -> bool {
        let is_of_group = rng.bool();
        let transactional_id = self.transactional_id();
        let coordinator = || match (is_of_group, &transactional_id) {
            (false, Some(id)) => self.kafka.transaction_coordinator(id),
            _ => self.kafka.group_coordinator(&self.bench.managers),
        };
        let Some(old) = coordinator() else {
            return false;
        };
        self.kafka.brokers()[old].stop();
        let has_moved = wait_until(MOVE, || coordinator().is_some_and(|new| new != old));
        pause(rng, 1_000);
        self.kafka.brokers()[old].start().unwrap();
        has_moved
    }

    /// The first manager's transactional id. It has the machine's id, from the folder that the services keep their
    /// state in.
    fn transactional_id(&self) -> Option<String> {
        let state = self.bench.folder.path().join("timeoff/machine-id");
        let machine = std::fs::read_to_string(state).ok()?;
        Some(format!("timeoff-{}-{machine}-0", self.bench.managers))
    }

    fn registry_gone(&self, rng: &mut Rng) -> bool {
        self.kafka.stop_registry();
        pause(rng, 2_000);
        self.kafka.start_registry().unwrap();
        true
    }

    /// Reads all that can be read of a partition, and then deletes that or half of it.
    fn records_deleted(&self, rng: &mut Rng) -> bool {
        let (is_of_applications, partition) = (rng.u8(..3) > 0, rng.i32(0..3));
        let topic = match is_of_applications {
            true => &*self.bench.applications,
            false => &*self.bench.results,
        };
        let mut records = self.read(topic);
        records.retain(|record| record.partition == partition);
        if rng.bool() {
            records.truncate(records.len() / 2);
        }
        let Some(begin) = records.last().map(|last| last.offset + 1) else {
            return false;
        };
        self.delete_below(topic, partition, begin);
        let mut deleted = self.deleted();
        let Scan {
            applications,
            results,
            applications_begin,
            results_begin,
            ..
        } = &mut *deleted;
        let (of_topic, begins) = match is_of_applications {
            true => (applications, applications_begin),
            false => (results, results_begin),
        };
        of_topic.extend(records);
        begins.insert(partition, begin);
        true
    }

    /// Deletes a partition's records below the offset, and checks that the partition begins there.
    fn delete_below(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset))
            .unwrap();
        let begins = self.bench.administer(async |admin| {
            let deleting = admin.delete_records(&list, &AdminOptions::new());
            deleting.await.unwrap()
        });
        assert_eq!(begins.elements()[0].offset(), Offset::Offset(offset));
    }

    fn deleted(&self) -> MutexGuard<'_, Scan> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes trouble for the next settling request. The kinds of requests take turns.
    fn connection(&self, trouble: Trouble) -> bool {
        let mut asked = self.trap.lock().unwrap_or_else(PoisonError::into_inner);
        *asked += 1;
        let api_key = SETTLING[*asked % SETTLING.len()];
        self.relays
            .trouble_next(api_key, trouble, Duration::from_secs(5))
    }

    /// All that can be read of a topic.
    fn read(&self, topic: &str) -> Vec<RawRecord> {
        on_runtime(async {
            let url = self.bench.log.parse().unwrap();
            let log = Log::open(&url, &KafkaSettings::new()).await.unwrap();
            let records = read(&log, topic).await;
            log.close().await;
            records
        })
    }
}

impl Stage for KafkaStage {
    fn bench(&self) -> &Bench {
        &self.bench
    }

    fn kinds(&self) -> &[Kind] {
        Kind::OF_KAFKA
    }

    fn session(&self) -> Duration {
        Duration::from_millis(3_000)
    }

    /// Only a little longer than a session: the client library stands still for as long, see docs/guarantees.md.
    fn step_back(&self) -> Duration {
        Duration::from_secs(4)
    }

    /// A reader whose mark may have been sent twice rejoins its group. Until it hears of that, it goes on printing what
    /// it was handed, which is all that it has in hand (`IN_HAND` of `result-reader`).
    fn unmarked(&self) -> usize {
        4 * 1_000
    }

    fn options(&self) -> &[&'static str] {
        &self.options
    }

    fn inject(&self, kind: Kind, _: &Company<'_>, rng: &mut Rng) -> bool {
        match kind {
            Kind::ConnectionCut => {
                let cut = match rng.bool() {
                    true => Trouble::CutBefore,
                    false => Trouble::CutAfter,
                };
                return self.connection(cut);
            }
            Kind::ConnectionDelayed => {
                return self.connection(Trouble::Delay(LONGER_THAN_ALL));
            }
            Kind::RegistryGone => return self.registry_gone(rng),
            _ => {}
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let has_happened = match kind {
            Kind::LeaderLost => self.leader_lost(rng),
            Kind::CoordinatorMoved => self.coordinator_moved(rng),
            Kind::BrokersFrozen => self.brokers_frozen(),
            Kind::BrokersKilled => self.brokers_killed(rng),
            Kind::RecordsDeleted => self.records_deleted(rng),
            _ => unreachable!("{kind} is not a fault of a cluster"),
        };
        assert!(
            wait_until(PATIENCE, || self.kafka.is_in_sync()),
            "the cluster does not come back after {kind}"
        );
        has_happened
    }

    fn scan(&self) -> Scan {
        let bench = &self.bench;
        let mut scan = self.deleted().clone();
        scan.applications.extend(self.read(&bench.applications));
        scan.results.extend(self.read(&bench.results));
        scan.dead_letters = self.read(&bench.dead_letters).len();
        scan.commands = self.read(&bench.commands);
        scan.ledger = self.read(&bench.ledger);
        let answered = scan.commands.iter().chain(&scan.ledger);
        let schemas: BTreeSet<u32> = answered.map(RawRecord::schema).collect();
        scan.types = on_runtime(types(&self.kafka.registry_url(), schemas));
        let Scan {
            applications,
            results,
            commands,
            ledger,
            ..
        } = &mut scan;
        for records in [applications, results, commands, ledger] {
            let place = |record: &RawRecord| (record.partition, record.offset);
            records.sort_by_key(place);
            // A broker saves where its partitions begin only once a minute. If it is killed before that, it has the
            // deleted records again.
            records.dedup_by_key(|record| place(record));
        }
        scan
    }
}

/// The names of schemas, from the registry.
async fn types(registry: &str, ids: BTreeSet<u32>) -> BTreeMap<u32, String> {
    let mut types = BTreeMap::new();
    for id in ids {
        let answer = reqwest::get(format!("{registry}/schemas/ids/{id}")).await;
        let body = answer.unwrap().text().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        let name = name_of(answer["schema"].as_str().unwrap());
        types.extend(name.map(|name| (id, name)));
    }
    types
}

async fn read(log: &Log, topic: &str) -> Vec<RawRecord> {
    let mut reader = log.read(topic, ReadFrom::Beginning).await.unwrap();
    let mut records = Vec::new();
    loop {
        match reader.next().await.unwrap() {
            ReadEvent::Record(record) => records.push(RawRecord {
                partition: record.position.partition,
                offset: record.position.offset,
                key: record.key.unwrap_or_default(),
                value: record.value.unwrap_or_default(),
            }),
            ReadEvent::CaughtUp => return records,
            ReadEvent::Unreachable { .. } | ReadEvent::Reachable | ReadEvent::Hidden { .. } => {}
        }
    }
}

fn wait_until(patience: Duration, condition: impl Fn() -> bool) -> bool {
    let waiting = Instant::now();
    while waiting.elapsed() < patience {
        if condition() {
            return true;
        }
        std::thread::sleep(POLL);
    }
    false
}
