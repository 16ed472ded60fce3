//! A race for the last days: many ask for leave with little to take, two approvers decide by commands, often both at the
//! same moment and more than once, leave is cancelled, and managers are killed with -9. Nothing may be overdrawn, and
//! every answer must be right, by arithmetic of the test's own over what is on the log.

mod account;
mod checker;
mod people;
mod records;

use std::time::{Duration, Instant};

use fastrand::Rng;
use timeoff_dev::kafka::Flavour;
use timeoff_testkit::tell;

use self::checker::Outcome;
use self::people::People;
use crate::kafka_stage::KafkaStage;
use crate::sabotage::break_promise;
use crate::seat::Seat;
use crate::settings::Settings;
use crate::sqlite_stage::SqliteStage;
use crate::stage::Stage;
use crate::turn;

/// How many managers there are at a time.
const MANAGERS: usize = 3;

/// At most so long they are left alone, in milliseconds.
const ALONE: u64 = 1_500;

/// How long the answers may take once nobody is killed any more. Only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn on_sqlite_nothing_is_overdrawn() {
    let _turn = turn();
    race("SQLite", &SqliteStage::new());
}

#[test]
fn on_kafka_nothing_is_overdrawn() {
    on_kafka(Flavour::ZooKeeper);
}

#[test]
#[ignore = "as on the other Kafka; run it by hand"]
fn on_kafka_4_nothing_is_overdrawn() {
    on_kafka(Flavour::KRaft);
}

fn on_kafka(flavour: Flavour) {
    let _turn = turn();
    if let Some(stage) = KafkaStage::start(flavour) {
        race(&format!("Kafka {}", flavour.kafka_version()), &stage);
    }
}

fn race(name: &str, stage: &dyn Stage) {
    let Settings { seed, seconds, .. } = Settings::from_environment(stage.kinds());
    let outcome = run(name, stage, seed, seconds);
    assert!(
        outcome.violations.is_empty(),
        "{name}, seed {seed}: {:#?}",
        &outcome.violations[..outcome.violations.len().min(10)]
    );
    outcome.check_that_much_happened();
}

fn run(name: &str, stage: &dyn Stage, seed: u64, seconds: u64) -> Outcome {
    tell(&format!(
        "{name}: balances are raced for, for about {seconds} s, seed {seed}"
    ));
    let mut rng = Rng::with_seed(seed);
    let managers: [Seat; MANAGERS] = Default::default();
    let mut people = People::open(stage);
    for seat in &managers {
        start(stage, seat);
    }
    people.set_up();
    let until = Instant::now() + Duration::from_secs(seconds);
    let kills = std::thread::scope(|scope| {
        let mut killer = rng.fork();
        let managers = &managers;
        let killing = scope.spawn(move || {
            let mut kills = 0;
            while Instant::now() < until {
                std::thread::sleep(Duration::from_millis(killer.u64(..ALONE)));
                let seat = &managers[killer.usize(..MANAGERS)];
                seat.wait_for_work();
                kills += usize::from(seat.kill().is_some());
                start(stage, seat);
            }
            kills
        });
        while Instant::now() < until {
            people.ask(&mut rng);
        }
        let kills = killing.join().unwrap();
        // The managers that are left answer the rest.
        people.wait_for_answers(PATIENCE);
        kills
    });
    for seat in &managers {
        seat.dismiss();
    }
    people.close();
    let scan = stage.scan();
    let outcome = checker::check(&scan);
    tell(&format!("{name}, seed {seed}: {kills} kills; {outcome}"));
    outcome
}

fn start(stage: &dyn Stage, seat: &Seat) {
    let mut command = stage.bench().command("manager-service", &["serve"]);
    command.args(stage.options());
    seat.start(command);
}

/// The checker is checked: with a promise broken on purpose, it must find a violation that says so.
macro_rules! is_noticed {
    ($($name:ident: $promise:literal by $symptoms:expr,)+) => {
        $(#[test]
        #[ignore = "takes minutes, and builds the services once more"]
        fn $name() {
            must_be_noticed($promise, &$symptoms);
        })+
    };
}

is_noticed! {
    that_waiting_leave_reserves_nothing_is_noticed: "waiting-leave" by ["was booked although: overdrawn"],
    that_a_fold_has_no_end_is_noticed: "whole-fold" by ["was booked although", "were left after", "was refused ("],
    that_halves_are_ignored_is_noticed: "halves" by ["was booked although: collides"],
}

/// How many races may miss it before the test fails: what is raced for is a matter of chance.
const RACES: u64 = 4;

fn must_be_noticed(promise: &str, symptoms: &[&str]) {
    let _turn = turn();
    let noticed = (0..RACES).find_map(|_| {
        let mut stage = SqliteStage::new();
        break_promise(&mut stage.bench, promise);
        let seed = fastrand::u64(..1_000_000);
        let outcome = run(&format!("SQLite without {promise}"), &stage, seed, 20);
        outcome
            .violations
            .into_iter()
            .find(|one| symptoms.iter().any(|symptom| one.contains(symptom)))
    });
    let Some(noticed) = noticed else {
        panic!("{promise} was broken, and nobody noticed");
    };
    tell(&format!(
        "{promise} was broken, and that was noticed: {noticed}"
    ));
}
