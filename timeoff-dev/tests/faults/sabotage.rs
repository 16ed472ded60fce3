//! The checker is checked: when a promise is broken on purpose, the same campaign must find a violation.
//!
//! The services are built once more, with the feature that lets a promise be broken (`timeoff-log/src/sabotage.rs`,
//! `manager-service/src/sabotage.rs`).

use std::sync::OnceLock;

use tempfile::TempDir;
use timeoff_dev::kafka::{Flavour, require_or_skip};
use timeoff_dev::services::Services;
use timeoff_testkit::{Bench, services, tell};

use crate::campaign::{self, Violations};
use crate::kafka_stage::KafkaStage;
use crate::kind::Kind;
use crate::settings::Settings;
use crate::sqlite_stage::SqliteStage;
use crate::stage::Stage;
use crate::turn;

macro_rules! is_noticed {
    (
        on both { $($name:ident: $promise:literal under $kind:ident,)+ }
        on the file { $($on_file:ident: $of_file:literal under $there:ident,)+ }
    ) => {
        mod sqlite {
            use crate::kind::Kind;

            $(#[test]
            #[ignore = "takes minutes, and builds the services once more"]
            fn $name() {
                super::on_sqlite($promise, Kind::$kind);
            })+

            $(#[test]
            #[ignore = "takes minutes, and builds the services once more"]
            fn $on_file() {
                super::on_sqlite($of_file, Kind::$there);
            })+
        }

        mod kafka {
            use crate::kind::Kind;

            $(#[test]
            #[ignore = "takes minutes, and builds the services once more"]
            fn $name() {
                super::on_kafka($promise, Kind::$kind);
            })+
        }
    };
}

is_noticed! {
    on both {
        that_outputs_and_progress_are_apart_is_noticed: "atomicity" under Kill,
        that_the_generation_is_not_checked_is_noticed: "generation" under Zombie,
        that_the_decided_set_is_not_recorded_is_noticed: "decided-set" under JoinLeave,
    }
    on the file {
        that_commands_are_answered_without_the_partition_is_noticed: "co-holding" under JoinLeave,
        that_the_generation_is_not_checked_for_commands_is_noticed: "command-generation" under Zombie,
        that_a_repeated_command_is_carried_out_again_is_noticed: "command-memory" under JoinLeave,
    }
}

#[test]
#[ignore = "takes minutes, and builds the services once more"]
fn that_sqlite_does_not_wait_for_the_disk_is_noticed() {
    on_sqlite("durability", Kind::PowerCut);
}

/// This needs no fault: a scan copies the file alone. It must not be a campaign, in which later processes would merge
/// what was left.
#[test]
#[ignore = "takes minutes, and builds the services once more"]
fn that_closing_does_not_wait_is_noticed() {
    let _turn = turn();
    let mut stage = SqliteStage::new();
    let scanned_after_one_more = |stage: &SqliteStage| {
        stage.bench.submit("ada@example.com", "IT", 8).done();
        stage.scan().applications.len()
    };
    assert_eq!(scanned_after_one_more(&stage), 1);
    break_promise(&mut stage.bench, "close-waits");
    let scanned = scanned_after_one_more(&stage);
    assert_eq!(scanned, 1, "close-waits was broken, and nobody noticed");
}

/// How many campaigns may miss a broken promise before the test fails: where a fault hits is a matter of chance. Each
/// has only the fault under which the promise is needed.
const CAMPAIGNS: u32 = 8;

/// How long each is, in seconds.
const SECONDS: u64 = 25;

/// How a broken promise shows: something is lost, decided twice, answered twice, or offered again.
const SYMPTOMS: [&str; 9] = [
    "was acknowledged and is not there",
    "has no result",
    "has 2 results",
    "was answered ",
    "was said twice",
    "was settled before it started",
    // Offered again, where the ledger knows that it is decided.
    "dead letters, and nothing was wrong with any record",
    "lost in a power cut",
    "after a power cut",
];

fn on_sqlite(promise: &'static str, kind: Kind) {
    let _turn = turn();
    must_be_noticed(promise, || {
        let mut stage = SqliteStage::new();
        break_promise(&mut stage.bench, promise);
        run(&format!("SQLite without {promise}"), &stage, kind)
    });
}

fn on_kafka(promise: &'static str, kind: Kind) {
    let _turn = turn();
    if require_or_skip().is_none() {
        return;
    }
    must_be_noticed(promise, || {
        let mut stage = KafkaStage::start(Flavour::ZooKeeper).unwrap();
        break_promise(&mut stage.bench, promise);
        if kind == Kind::Zombie {
            stage.let_transactions_last();
        }
        run(&format!("Kafka without {promise}"), &stage, kind)
    });
}

fn run(name: &str, stage: &dyn Stage, kind: Kind) -> Result<(), Violations> {
    let settings = Settings {
        seconds: SECONDS,
        kinds: vec![kind],
        ..Settings::from_environment(stage.kinds())
    };
    campaign::run_with(name, stage, &settings)
}

pub(crate) fn break_promise(bench: &mut Bench, promise: &str) {
    bench.services = sabotaged().clone();
    bench
        .variables
        .push(("TIMEOFF_SABOTAGE", promise.to_owned()));
}

fn must_be_noticed(promise: &str, campaign: impl Fn() -> Result<(), Violations>) {
    let is_of_it = |Violations(text): &Violations| SYMPTOMS.iter().any(|part| text.contains(part));
    let noticed = (0..CAMPAIGNS).find_map(|_| campaign().err().filter(is_of_it));
    let Some(Violations(text)) = noticed else {
        panic!("{promise} was broken, and nobody noticed");
    };
    tell(&format!(
        "{promise} was broken, and that was noticed: {text}"
    ));
}

/// The services that can be told to break a promise, built by the first call.
fn sabotaged() -> &'static Services {
    static SABOTAGED: OnceLock<(Services, TempDir)> = OnceLock::new();
    let (services, _) = SABOTAGED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let built = services().build_with("manager-service/sabotage", folder.path());
        (built.unwrap(), folder)
    });
    services
}
