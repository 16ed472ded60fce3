//! How long the service takes for each page, with a company's leave of a year: one request at a time, so that none waits
//! for another.

use std::fmt::Write as _;

use timeoff_testkit::{Bench, Running, staffed, start_web};

use crate::constant::Constant;
use crate::office::body_of;
use crate::table::{Table, say};
use crate::wrk::{Load, Request, Server};

/// The people of a department.
const COLLEAGUES: usize = 300;

/// How many applications everybody has, over a year.
const EACH: usize = 20;

/// How many of a department wait.
const WAITING: usize = 20;

/// Somebody of the first department, and an approver there.
const EMPLOYEE: &str = "p1@example.com";
const APPROVER: &str = "p0@example.com";

/// Measures the pages of a company of so many people.
pub(crate) fn measure(load: &Load, people: usize, rounds: usize) -> Table {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
    let mut bench = Bench::on(log, None, folder);
    let departments: Vec<String> = (0..people.div_ceil(COLLEAGUES))
        .map(|number| format!("D{number}"))
        .collect();
    // The first admin is at home in HR.
    let names = format!("{},HR", departments.join(","));
    bench.variables.push(("TIMEOFF_DEPARTMENTS", names));
    let manager = staffed(&bench, &everybody(people));
    manager.signal("TERM");
    manager.wait().done();
    import(&bench, &applications(people, 0..EACH));
    let decide = [
        "auto",
        "--approve-up-to-hours",
        "60",
        "--otherwise",
        "decline",
        "--until-caught-up",
    ];
    bench.run("manager-service", &decide).done();
    import(&bench, &applications(WAITING.min(people), EACH..EACH + 1));
    let options = ["--sign-in", "demo", "--listen", "127.0.0.1:0"];
    let (web, address) = start_web(&bench, &options);
    say(&format!(
        "{people} people in departments of {COLLEAGUES}, {} applications",
        people * EACH
    ));
    let server = Server {
        address,
        pid: web.pid(),
    };
    let mut table = Table::default();
    for (name, path, user) in [
        ("My leave", "/", EMPLOYEE),
        ("Apply", "/new?start=2027-07-01&hours=80", EMPLOYEE),
        ("Inbox", "/inbox", APPROVER),
        ("Wallchart, a month", "/wallchart?from=2027-07", EMPLOYEE),
        (
            "Wallchart, a quarter",
            "/wallchart?from=2027-07&span=quarter",
            APPROVER,
        ),
        ("Log", "/log", APPROVER),
        ("People", "/people", APPROVER),
        ("Stand-ins", "/delegations", APPROVER),
    ] {
        let request = Request {
            name,
            path: path.to_owned(),
            user,
            body: None,
        };
        let constant = Constant::start(&body_of(address, path, user));
        for _ in 0..rounds {
            let floor = load.run(constant.server, &request);
            let ours = load.run(server, &request);
            table.note(name, floor, ours);
        }
    }
    close(web);
    table
}

fn close(web: Running) {
    web.signal("TERM");
    web.wait().done();
}

fn everybody(people: usize) -> String {
    let mut file = "email,name,department,role\n".to_owned();
    for number in 0..people {
        let role = match number % COLLEAGUES {
            0 => "approver",
            _ => "employee",
        };
        let _ = writeln!(
            file,
            "p{number}@example.com,Person Number {number},D{},{role}",
            number / COLLEAGUES
        );
    }
    file
}

/// Applications of the first so many people: spread over 2027, from half a day to three weeks.
fn applications(people: usize, numbers: std::ops::Range<usize>) -> String {
    let mut file = "email,department,hours,start\n".to_owned();
    for person in 0..people {
        for number in numbers.clone() {
            let spread = person * 31 + number * 53;
            let hours = [4, 8, 8, 16, 24, 40, 40, 64][spread % 8];
            let (month, day) = (1 + spread % 12, 1 + spread % 28);
            let _ = writeln!(
                file,
                "p{person}@example.com,D{},{hours},2027-{month:02}-{day:02}",
                person / COLLEAGUES
            );
        }
    }
    file
}

fn import(bench: &Bench, applications: &str) {
    let file = bench.folder.path().join("applications.csv");
    std::fs::write(&file, applications).unwrap();
    bench
        .run("employee-service", &["import", file.to_str().unwrap()])
        .done();
}
