//! The pages as people meet them: in a real browser, one window a person. What they do there is in the folder `browser/`,
//! a file a story; here are the services, and what happens to them meanwhile.

mod script;

use std::time::Duration;

use rusqlite::Connection;
use timeoff_dev::kafka::{KafkaDev, require_or_skip};
use timeoff_dev::services::workspace;
use timeoff_testkit::{Bench, tell};

use crate::needed::browser;
use crate::office::{Web, dismiss, staffed, wait_until};
use script::Script;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whose names are long, or written from right to left.
const CROWD: &str = "email,name,department,role\n\
    ada@example.com,Ada Lovelace,IT,employee\n\
    bob@example.com,\"Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine the Younger\",IT,employee\n\
    margaret.hamilton.of.the.apollo.guidance.computer@software-engineering.example.com,Margaret Hamilton,IT,employee\n\
    linus@example.com,Linus Approver,IT,approver\n\
    ole@example.com,محمد بن موسى الخوارزمي,OPS,employee\n\
    edsger@example.com,Edsger Dijkstra,OPS,approver\n";

pub(crate) fn what_one_does_is_seen_by_the_other_where_they_are_and_takes_nothing_away(
    bench: &Bench,
) {
    play_in_an_office(bench, "live");
}

pub(crate) fn of_two_approvers_at_once_one_is_told_why_theirs_does_not_count(bench: &Bench) {
    play_in_an_office(bench, "at_once");
}

pub(crate) fn everything_can_be_done_without_javascript(bench: &Bench) {
    play_in_an_office(bench, "without_javascript");
}

pub(crate) fn everything_can_be_done_with_the_keyboard(bench: &Bench) {
    play_in_an_office(bench, "keyboard");
}

fn play_in_an_office(bench: &Bench, story: &str) {
    let Some(browser) = browser() else {
        return;
    };
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    Script::of(&browser, story, &web).play(|wish| panic!("nobody can {wish}"));
    web.stop();
    dismiss(manager);
}

pub(crate) fn what_is_sent_while_no_manager_runs_is_shown_once_one_does(bench: &Bench) {
    let Some(browser) = browser() else {
        return;
    };
    let mut manager = Some(staffed(bench));
    let web = Web::start(bench, "view");
    Script::of(&browser, "manager_away", &web).play(|wish| match wish {
        "stop the manager" => dismiss(manager.take().unwrap()),
        "start the manager" => manager = Some(bench.start("manager-service", &["serve"])),
        other => panic!("nobody can {other}"),
    });
    web.stop();
    dismiss(manager.unwrap());
}

#[test]
fn while_kafka_is_away_a_form_keeps_what_was_typed() {
    if browser().is_none() || require_or_skip().is_none() {
        return;
    }
    // A cluster of its own: it is stopped.
    let Some(kafka) = KafkaDev::builder().start_or_skip() else {
        return;
    };
    play_without_the_log(&Bench::kafka(&kafka), |wish| match wish {
        "take the log away" => kafka.brokers()[0].stop(),
        "bring the log back" => kafka.start_brokers().unwrap(),
        other => panic!("nobody can {other}"),
    });
}

#[test]
fn while_the_file_is_locked_a_form_keeps_what_was_typed() {
    let bench = Bench::sqlite();
    let file = bench.log.strip_prefix("sqlite:").unwrap().to_owned();
    let mut locking = None;
    play_without_the_log(&bench, |wish| match wish {
        // As a backup of another program would.
        "take the log away" => {
            let connection = Connection::open(&file).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            locking = Some(connection);
        }
        "bring the log back" => drop(locking.take().unwrap()),
        other => panic!("nobody can {other}"),
    });
}

fn play_without_the_log(bench: &Bench, grant: impl FnMut(&str)) {
    let Some(browser) = browser() else {
        return;
    };
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    Script::of(&browser, "log_away", &web).play(grant);
    web.stop();
    dismiss(manager);
}

pub(crate) fn no_page_has_a_barrier_or_asks_for_more_than_it_needs(bench: &Bench) {
    let Some(browser) = browser() else {
        return;
    };
    play_before_a_crowd(bench, |web| Script::of(&browser, "every_page", web));
}

/// Fills `target/pictures`. With TIMEOFF_PICTURES_OF=http://127.0.0.1:8080 they are of a demo that runs, and whatever is on
/// its log.
#[test]
#[ignore = "makes pictures for people: cargo pictures"]
fn pictures_of_every_page() {
    let Some(browser) = browser() else {
        return;
    };
    let folder = workspace().join("target/pictures");
    let pictures = |origin: String, makes_data: bool| Script {
        browser: &browser,
        story: "pictures",
        origin,
        folder: folder.clone(),
        makes_data,
    };
    match std::env::var("TIMEOFF_PICTURES_OF") {
        Ok(origin) => pictures(origin, false).play(|wish| panic!("nobody can {wish}")),
        Err(_) => play_before_a_crowd(&Bench::sqlite(), |web| {
            pictures(format!("http://{}", web.address), true)
        }),
    }
    tell(&format!("The pictures are in {}.", folder.display()));
}

/// Plays a script that begins on a log without anybody, and has the people entered when it has seen that.
fn play_before_a_crowd<'a>(bench: &Bench, script: impl FnOnce(&Web) -> Script<'a>) {
    let web = Web::start(bench, "view");
    let mut manager = None;
    script(&web).play(|wish| match wish {
        "enter the people" => {
            manager = Some(timeoff_testkit::staffed(bench, CROWD));
            // The last of them.
            let edsger = web.client("edsger@example.com");
            wait_until(PATIENCE, "everybody is entered", || {
                edsger.get("/api/v1/me").status == 200
            });
        }
        other => panic!("nobody can {other}"),
    });
    web.stop();
    dismiss(manager.unwrap());
}
