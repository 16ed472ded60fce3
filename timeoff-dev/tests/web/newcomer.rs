//! What a newcomer meets: `timeoff-dev web`, the people it suggests, and how it ends.

use std::process::Command;
use std::time::Duration;

use timeoff_testkit::{Running, signal};

use crate::client::Client;
use crate::office::{browser, wait_until};

/// Only a failing test waits this long: it may build the services.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program, ready.
struct Tried {
    running: Running,
    /// What it has printed.
    said: String,
    address: String,
    /// Where the log is.
    folder: String,
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

fn start_at(listen: &str) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timeoff-dev"));
    command.args(["web", "--listen", listen]);
    // Settings for another log change nothing.
    command.env("TIMEOFF_DEPARTMENTS", "NORTH,SOUTH");
    // Away from the workspace, so that it prints whole paths.
    command.current_dir(std::env::temp_dir());
    Running::start(command)
}

fn start() -> Tried {
    let running = start_at("127.0.0.1:0");
    wait_until(PATIENCE, "the pages are ready", || {
        let (is_over, said) = (running.out.is_closed(), running.out.text());
        let is_ready = said.contains("Ctrl-C ends everything.");
        assert!(is_ready || !is_over, "{said}{}", running.err.text());
        is_ready
    });
    let said = running.out.text();
    Tried {
        address: between(&said, "http://", " ").to_owned(),
        folder: between(&said, "sqlite:", "/timeoff.db").to_owned(),
        running,
        said,
    }
}

impl Tried {
    /// The ids of the processes that have to do with its folder, and their command lines.
    fn processes(&self) -> Vec<(u32, String)> {
        processes(&self.folder)
    }

    /// The process of a service.
    fn pid_of(&self, service: &str) -> u32 {
        let is_it = |line: &str| line.split(' ').next().unwrap().ends_with(service);
        let found = self.processes().into_iter().find(|(_, line)| is_it(line));
        found.unwrap().0
    }
}

fn processes(folder: &str) -> Vec<(u32, String)> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,args="]).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let lines = text.lines().filter(|line| line.contains(folder));
    lines
        .filter_map(|line| line.trim().split_once(' '))
        .map(|(pid, line)| (pid.parse().unwrap(), line.trim().to_owned()))
        .collect()
}

/// Nothing of it may be left, and nothing listen there.
fn nothing_is_left(folder: &str, address: &str) {
    wait_until(PATIENCE, "all processes have ended", || {
        processes(folder).is_empty()
    });
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn what_is_started_has_people_leave_and_an_inbox_and_ends_with_all_it_has_started() {
    let tried = start();
    let address = tried.address.parse().unwrap();
    let page = Client::nobody(address).get("/sign-in");
    let page = page.shows(
        200,
        &[
            "To try it",
            "applies for leave",
            "decides in HR, IT and OPS",
        ],
    );
    assert_eq!(page.matches("<button name=\"email\"").count(), 24);

    let [employee, approver] = ["applies for leave", "decides in HR<"].map(|does| {
        let (before, _) = page.split_once(does).unwrap();
        let (_, person) = before.rsplit_once("value=\"").unwrap();
        person.split_once('"').unwrap().0
    });
    let own = browser(address, employee).get("/");
    let own = own.shows(200, &["approved", "waiting", "Withdraw"]);
    assert!(own.matches("<tr role=\"row\">").count() > 4, "{own}");
    let inbox = browser(address, approver).get("/inbox");
    let inbox = inbox.shows(200, &["Approve", "Decline"]);
    assert!(
        inbox.contains(&format!("/applications/{employee}-")),
        "{inbox}"
    );

    // What it says can be typed. Each application that does not wait has a result.
    let number = |before, after| {
        between(&tried.said, before, after)
            .parse::<usize>()
            .unwrap()
    };
    let (applied, waiting) = (
        number("year: ", " applications"),
        number("of which ", " wait"),
    );
    let read = tried
        .said
        .lines()
        .find(|line| line.contains("result-reader"));
    let read = format!("{} --until-caught-up", read.unwrap());
    let output = Command::new("sh").args(["-c", &read]).output().unwrap();
    let results = String::from_utf8(output.stdout).unwrap().lines().count();
    assert_eq!(results, applied - waiting);

    // A second one is told what to do.
    let second = start_at(&tried.address).wait().exited_with(1);
    second.said(&["is taken: stop what listens there", "--listen 127.0.0.1:"]);

    tried.running.signal("INT");
    let ended = tried.running.wait().done();
    assert!(!ended.err.contains("timeoff-dev:"), "{}", ended.err);
    nothing_is_left(&tried.folder, &tried.address);
}

#[test]
fn when_one_of_its_processes_is_killed_it_ends_the_other_and_says_so() {
    for service in ["manager-service", "web-service"] {
        let tried = start();
        signal("KILL", tried.pid_of(service));
        let ended = tried.running.wait().exited_with(1);
        ended.said(&[
            &format!("{service} ended by itself (signal: 9"),
            "its log is",
        ]);
        nothing_is_left(&tried.folder, &tried.address);
    }
}

#[test]
fn what_it_has_started_does_not_outlive_it_when_it_is_killed() {
    let tried = start();
    assert!(tried.processes().len() >= 2);
    tried.running.kill();
    nothing_is_left(&tried.folder, &tried.address);
}
