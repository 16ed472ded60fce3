//! How TimeOff does with a large company: two thousand people, ten years, four hundred thousand leaves, on a SQLite file.
//!
//! The company is made by `timeoff-dev company`, and carried out by a manager. Then, with our own release programs:
//!
//! | what | from | to | floor |
//! |---|---|---|---|
//! | taking over | a manager holds the departments | its first answer in the largest | the same ledger, read and not understood |
//! | a decision | a command is on the disk | its answer is, and is printed | one record is on the disk |
//! | a balance page | it is asked for | it has come | the health page |
//! | what-if | the start of the program | its end | what it reads, read once and not understood |
//!
//! ```text
//! cargo bench-company
//! cargo bench-company --people 200 --years 2
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has no figure"
)]

mod log;

use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Parser;
use timeoff_dev::company::{POLICY, Size, employee};
use timeoff_testkit::wording::HOLDS_ALL;
use timeoff_testkit::{Bench, Running, on_runtime, start_web};

use log::Client;

/// Measure TimeOff with a large company.
#[derive(Debug, Parser)]
struct Cli {
    /// How many people there are.
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    people: usize,
    /// How many years, the last of them 2026.
    #[arg(long, default_value_t = 10, value_name = "N")]
    years: u16,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The largest department.
const PARTITION: i32 = 0;

/// How often a manager takes over.
const TAKE_OVERS: usize = 5;

/// How many decisions and pages are measured.
const SINGLES: usize = 500;

/// The interval between checks for a line.
const POLL: Duration = Duration::from_micros(100);

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let cli = Cli::parse();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
    let bench = Bench::on(log, None, folder);
    let size = Size {
        people: cli.people,
        first_year: 2027 - i32::from(cli.years),
        years: cli.years,
    };
    let client = make(&bench, size);
    take_over(&bench, &client);
    decide(&bench, &client);
    balance_pages(&bench);
    what_if(&bench, &client);
}

fn make(bench: &Bench, size: Size) -> Client {
    let began = Instant::now();
    let (client, company) = Client::fill(bench, size);
    say(&format!(
        "{} people, {} applications, {} commands: made in {:.1} s",
        size.people,
        company.applications,
        company.commands,
        began.elapsed().as_secs_f64()
    ));
    let began = Instant::now();
    let mut manager = serve(bench);
    // The testkit's patience is for much less than all of it.
    for printed in (0..company.commands).step_by(20_000) {
        manager.wait_until_printed(printed);
    }
    manager.wait_until_printed(company.commands);
    say(&format!(
        "carried out in {:.1} s",
        began.elapsed().as_secs_f64()
    ));
    let lines = stop(manager);
    let refused = lines
        .iter()
        .filter(|line| line.contains(r#""answer":"refused""#));
    assert_eq!(
        (lines.len(), refused.count()),
        (company.commands, company.refused)
    );
    client
}

fn serve(bench: &Bench) -> Running {
    let mut manager = bench.start("manager-service", &["serve", "--output", "json"]);
    manager.wait_until_said(HOLDS_ALL);
    manager
}

fn stop(manager: Running) -> Vec<String> {
    manager.signal("TERM");
    manager.wait().done().out
}

fn take_over(bench: &Bench, client: &Client) {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for number in 0..TAKE_OVERS {
        client.ask_to_grant(number);
        let manager = serve(bench);
        ours.push(until_printed(&manager, 1));
        let lines = stop(manager);
        assert!(lines[0].contains(r#""answer":"accepted""#), "{}", lines[0]);
        floor.push(client.read_ledger());
    }
    tell("taking over", ours, floor);
}

/// From now until so many lines have been printed.
fn until_printed(manager: &Running, lines: usize) -> Duration {
    let began = Instant::now();
    while manager.out.count() < lines {
        assert!(began.elapsed() < PATIENCE, "no answer comes");
        std::thread::sleep(POLL);
    }
    began.elapsed()
}

fn decide(bench: &Bench, client: &Client) {
    let manager = serve(bench);
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for number in 0..SINGLES {
        let decision = client.apply(number);
        let began = Instant::now();
        client.append(decision);
        floor.push(began.elapsed());
        ours.push(until_printed(&manager, number + 1));
    }
    stop(manager);
    tell("a decision", ours, floor);
}

fn balance_pages(bench: &Bench) {
    let began = Instant::now();
    let options = ["--sign-in", "demo", "--listen", "127.0.0.1:0"];
    let (web, address) = start_web(bench, &options);
    say(&format!(
        "the web service has folded everything in {:.1} s",
        began.elapsed().as_secs_f64()
    ));
    let (ours, floor) = on_runtime(async {
        let client = reqwest::Client::new();
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for number in 1..=SINGLES {
            // Each from another hundred of the people.
            let who = employee(PARTITION, 1 + number * 37 % 100);
            let (took, page) = ask(&client, address, "/balance?at=2026-10-01", &who).await;
            assert!(page.contains("Annual leave"), "{page}");
            ours.push(took);
            floor.push(ask(&client, address, "/livez", &who).await.0);
        }
        (ours, floor)
    });
    web.signal("TERM");
    web.wait().done();
    tell("a balance page", ours, floor);
}

async fn ask(
    client: &reqwest::Client,
    address: SocketAddr,
    path: &str,
    who: &str,
) -> (Duration, String) {
    let began = Instant::now();
    let request = client.get(format!("http://{address}{path}"));
    let response = request.basic_auth(who, Some("")).send().await.unwrap();
    let page = response.error_for_status().unwrap().text().await.unwrap();
    (began.elapsed(), page)
}

fn what_if(bench: &Bench, client: &Client) {
    let file = bench.folder.path().join("stricter.toml");
    let stricter = POLICY.replace("absent_percent = 50", "absent_percent = 20");
    assert_ne!(stricter, POLICY);
    std::fs::write(&file, stricter).unwrap();
    let began = Instant::now();
    let what_if = ["what-if", "--policy", file.to_str().unwrap()];
    let ended = bench.run("timeoff-admin", &what_if).done();
    let ours = began.elapsed();
    assert!(ended.out.len() > 100, "hardly anything is otherwise");
    say(&ended.out[ended.out.len() - 3..].join("\n"));
    tell("what-if", vec![ours], vec![client.read_what_was_asked()]);
}

/// Prints the times of both sides.
fn tell(what: &str, ours: Vec<Duration>, floor: Vec<Duration>) {
    let words = |mut times: Vec<Duration>| {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        match times.len() {
            1 => format!("{:.0} ms", at(50)),
            _ => format!("p50 {:.2} ms, p99 {:.2} ms", at(50), at(99)),
        }
    };
    say(&format!(
        "{what}: ours {}; floor {}",
        words(ours),
        words(floor)
    ));
}

fn say(text: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "{text}").unwrap();
}
