//! How much TimeOff adds to the log beneath it.
//!
//! Two sides run in turn: TimeOff's own release binaries, and the floor, the least code that does the same work with
//! the log's client library. Both use the same broker or disk, with the same bytes, partitions and settings. TimeOff is
//! timed as whole processes, the floor as its bare loop: starting and ending count on TimeOff's side only, connecting
//! to Kafka on both. A run that lost or duplicated a record has no figure: it is an error.
//!
//! What the ledger adds is TimeOff beside TimeOff: the floor is then the same work without it.
//!
//! ```text
//! cargo bench-timeoff                                   # Kafka and SQLite, five rounds of a million
//! cargo bench-timeoff --rows 100000 --rounds 3 --only sqlite --json figures.json
//! ```
//!
//! | file | what it has |
//! |---|---|
//! | `bulk` | submit, decide and read a whole backlog |
//! | `ground` | a log: where it is, and the floor's way to use it |
//! | `kafka_floor`, `sqlite_floor` | the floors |
//! | `batch_calls` | a lower floor for Kafka |
//! | `ours` | TimeOff's processes, timed and checked |
//! | `single` | one application at a time, starting, doing nothing |
//! | `rows` | what is submitted |
//! | `waiting` | the first of ten thousand and of ten million |
//! | `with_people` | a backlog decided where people have been entered, beside one where nobody has been |
//! | `take_over` | folding a ledger before the first answer |
//! | `commands` | a backlog decided by commands, beside one decided by a policy |
//! | `asker` | enters people, asks by commands, reads |
//! | `table` | medians, ratios, spread |

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has no figure"
)]

mod asker;
mod batch_calls;
mod bulk;
mod commands;
mod ground;
mod kafka_floor;
mod ours;
mod rows;
mod single;
mod sqlite_floor;
mod table;
mod take_over;
mod waiting;
mod with_people;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use timeoff_dev::kafka::{Flavour, KafkaDev};

use crate::ground::Ground;
use crate::kafka_floor::KafkaGround;
use crate::ours::Ours;
use crate::sqlite_floor::SqliteGround;
use crate::table::Table;

/// Measure TimeOff against the log beneath it.
#[derive(Debug, Parser)]
struct Cli {
    /// How many applications are submitted, decided and read.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    rows: usize,
    /// How many applications are submitted one at a time.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    singles: usize,
    /// How many applications wait when the first of many is timed; 0 skips that.
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    waiting: usize,
    /// How many events the ledger has that is taken over; 0 skips that.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    events: usize,
    /// How many applications are decided by commands; 0 skips that.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    commands: usize,
    /// How often each side runs.
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// One log instead of both.
    #[arg(long)]
    only: Option<Log>,
    /// Also writes the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Log {
    Kafka,
    Sqlite,
}

fn main() {
    let cli = Cli::parse();
    let ours = Ours::build();
    let mut table = Table::default();
    let wanted = |log| cli.only.is_none_or(|only| only == log);
    if wanted(Log::Sqlite) {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let ground = SqliteGround::new(folder.path());
        measure(&cli, &ours, &ground, &mut table);
    }
    if wanted(Log::Kafka)
        && let Some(kafka) = KafkaDev::builder()
            .flavour(Flavour::ZooKeeper)
            .start_or_skip()
    {
        let ground = KafkaGround::new(&kafka);
        measure(&cli, &ours, &ground, &mut table);
    }
    table::say(&format!("\n{table}"));
    if let Some(path) = &cli.json {
        std::fs::write(path, table.json()).unwrap();
    }
}

fn measure(cli: &Cli, ours: &Ours, ground: &dyn Ground, table: &mut Table) {
    if cli.singles > 0 {
        single::measure(ours, ground, cli.singles, table);
    }
    if cli.waiting > 0 {
        waiting::measure(ours, ground, cli.waiting, table);
    }
    if cli.events > 0 {
        take_over::measure(ours, ground, cli.events, table);
    }
    for round in 0..cli.rounds {
        bulk::measure(ours, ground, round, cli.rows, table);
        with_people::measure(ours, ground, round, cli.rows, table);
        if cli.commands > 0 {
            commands::measure(ours, ground, round, cli.commands, table);
        }
    }
}
