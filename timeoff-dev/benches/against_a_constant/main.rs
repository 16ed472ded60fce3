//! How much the web service adds to the web server beneath it.
//!
//! `wrk` loads two sides in turn, with the same requests: our release programs on an SQLite file, and the floor, `axum`
//! that answers every request with the very body that ours has answered first, in a process with as many threads. A
//! run in which a request failed has no figure: it is an error.
//!
//! ```text
//! cargo bench-web                                        # needs wrk
//! cargo bench-web --seconds 3 --rounds 1 --connections 16
//! cargo bench-web --pages 10000 --seconds 5 --rounds 3  # the pages of a company
//! ```
//!
//! | file | what it has |
//! |---|---|
//! | `office` | a log with people on it, and the web service |
//! | `constant` | the floor |
//! | `pages` | each page, with a company's leave of a year |
//! | `wrk` | a run of wrk, and its figures |
//! | `log_alone` | what the log takes from as many callers without any HTTP |
//! | `followers` | clients that follow what happens, and the memory that they take |
//! | `table` | medians and ratios |

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has no figure"
)]

mod constant;
mod followers;
mod log_alone;
mod office;
mod pages;
mod table;
mod wrk;

use std::path::PathBuf;

use clap::Parser;

use crate::constant::Constant;
use crate::office::Office;
use crate::table::{Table, say};
use crate::wrk::{Load, Request};

/// Measure the web service against axum answering a constant.
#[derive(Debug, Parser)]
struct Cli {
    /// How many connections wrk keeps busy.
    #[arg(long, default_value_t = 64, value_name = "N")]
    connections: usize,
    /// How many threads wrk has.
    #[arg(long, default_value_t = 1, value_name = "N")]
    threads: usize,
    /// How long a run takes.
    #[arg(long, default_value_t = 10, value_name = "N")]
    seconds: u32,
    /// How often each side runs.
    #[arg(long, default_value_t = 5, value_name = "N")]
    rounds: usize,
    /// How many clients follow what happens when the memory is read; 0 skips that.
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    followers: usize,
    /// How many people the company has whose pages are measured, each with twenty applications; without it, the API is
    /// measured.
    #[arg(long, value_name = "N")]
    pages: Option<usize>,
    /// Is the floor, with the body in this file.
    #[arg(long, hide = true, value_name = "FILE")]
    constant: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let cli = Cli::parse();
    if let Some(body) = cli.constant {
        return constant::serve(&body);
    }
    wrk::must_be_there();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let load = Load {
        connections: cli.connections,
        threads: cli.threads,
        seconds: cli.seconds,
        script: folder.path().join("request.lua"),
    };
    if let Some(people) = cli.pages {
        // One at a time: it is asked how long the service takes, not how long its clients wait for each other.
        let load = Load {
            connections: 1,
            ..load
        };
        let table = pages::measure(&load, people, cli.rounds);
        return say(&format!("\n{table}"));
    }
    let office = Office::open();
    if cli.followers > 0 {
        followers::measure(&office, cli.followers);
    }
    let works: Vec<(Request, Constant)> = requests(&office)
        .into_iter()
        .map(|request| {
            let constant = Constant::start(&office.answer_to(&request));
            (request, constant)
        })
        .collect();
    let mut table = Table::default();
    for round in 0..=cli.rounds {
        // The first warms both sides up.
        let (load, is_counted) = match round {
            0 => (&load.for_seconds(1), false),
            _ => (&load, true),
        };
        say(&format!("round {round}: load average {}", load_average()));
        for (request, constant) in &works {
            let floor = load.run(constant.server, request);
            let ours = load.run(office.server(), request);
            office.catch_up();
            if is_counted {
                table.note(request.name, floor, ours);
            }
        }
        let alone = log_alone::measure(folder.path(), load);
        if is_counted {
            table.note_log_alone(alone);
        }
    }
    say(&format!("\n{table}"));
    say(&office.close());
}

fn requests(office: &Office) -> Vec<Request> {
    let get = |name, path| Request {
        name,
        path,
        user: office::ADA,
        body: None,
    };
    vec![
        get("GET /livez", "/livez".to_owned()),
        get("GET an application", office.decided_application()),
        Request {
            body: Some(office::APPLICATION),
            ..get("POST an application", "/api/v1/applications".to_owned())
        },
    ]
}

/// What else the machine does shows in every figure.
fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split(' ').take(3).collect();
    averages.join(" ")
}
