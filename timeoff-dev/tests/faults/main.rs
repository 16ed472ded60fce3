//! The fault campaign: TimeOff must keep its promises while everything that can fail does.
//!
//! Real processes work on a real log: employees who apply one by one and from files, managers who decide by a policy,
//! one who leaves much undecided, one who sits at a terminal and decides out of order, a reader. Others decide and
//! withdraw by commands, with and without a right to it. Faults are injected, each kind alone and then all together.
//! After each phase everything left is decided, and the whole history is checked.
//!
//! ```text
//! cargo test --package timeoff-dev --test faults                 # about a minute for each log
//! TIMEOFF_FAULTS_SECONDS=600 TIMEOFF_FAULTS_SEED=7 cargo test --package timeoff-dev --test faults sqlite
//! TIMEOFF_FAULTS_ONLY=kill,zombie cargo test --package timeoff-dev --test faults kafka_4
//! cargo test --package timeoff-dev --test faults -- --ignored    # the checker is checked: some minutes more
//! ```
//!
//! | file | what it has |
//! |---|---|
//! | `campaign` | the phases |
//! | `kind`, `settings` | the kinds of faults; a campaign's settings |
//! | `company`, `employees`, `hand`, `askers` | the people at work |
//! | `wanted`, `happened` | what is asked for by commands; what ledgers say has happened |
//! | `words` | texts in the services' output |
//! | `seat`, `still` | a place for one process after another; a process that stands still |
//! | `injectors` | faults of processes |
//! | `stage`, `sqlite_stage`, `kafka_stage` | a log that can be made to fail |
//! | `disk`, `clock`, `relay` | a small separate disk; a clock that can be set; connections that can be cut |
//! | `history`, `heard`, `raw` | what is known of a campaign; what processes said; what is on the log |
//! | `balances` | a race for the last days: nothing is overdrawn, and every answer is right |
//! | `late_mark` | a mark as read that reaches the broker after later ones |
//! | `lost_brokers` | answers that name no brokers, after which clients have to be replaced |
//! | `one_broker` | a log on one broker, for these |
//! | `sabotage` | whether the campaign notices a promise that is broken on purpose |
//! | `checker`, `evidence` | whether a history keeps the promises; what to read when it does not |

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a campaign that cannot go on has failed"
)]

mod askers;
mod balances;
mod campaign;
mod checker;
mod clock;
mod company;
mod disk;
mod employees;
mod evidence;
mod hand;
mod happened;
mod heard;
mod history;
mod injectors;
mod kafka_stage;
mod kind;
mod late_mark;
mod lost_brokers;
mod one_broker;
mod raw;
mod relay;
mod sabotage;
mod seat;
mod settings;
mod sqlite_stage;
mod stage;
mod still;
mod wanted;
mod words;

use timeoff_dev::avro_bytes;

use std::sync::{Mutex, MutexGuard, PoisonError};

use timeoff_dev::kafka::Flavour;

use crate::campaign::Violations;
use crate::kafka_stage::KafkaStage;
use crate::sqlite_stage::SqliteStage;

/// One campaign at a time: each has the machine to itself.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn on_sqlite_nothing_is_lost_and_nothing_is_decided_twice() {
    let _turn = turn();
    must_hold(campaign::run("SQLite", &SqliteStage::new()));
}

#[test]
fn on_kafka_nothing_is_lost_and_nothing_is_decided_twice() {
    on_kafka(Flavour::ZooKeeper);
}

#[test]
fn on_kafka_4_nothing_is_lost_and_nothing_is_decided_twice() {
    on_kafka(Flavour::KRaft);
}

fn on_kafka(flavour: Flavour) {
    let _turn = turn();
    if let Some(stage) = KafkaStage::start(flavour) {
        let name = format!("Kafka {}", flavour.kafka_version());
        must_hold(campaign::run(&name, &stage));
    }
}

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn must_hold(outcome: Result<(), Violations>) {
    if let Err(Violations(text)) = outcome {
        panic!("{text}");
    }
}
