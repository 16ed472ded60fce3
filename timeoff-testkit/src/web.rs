//! The web service, and a log with people on it for it.

use std::net::SocketAddr;

use crate::{Bench, Running};

/// Who is an admin of all departments, and at home in HR.
pub const GRACE: &str = "grace@example.com";

/// Has these people entered by [`GRACE`], as a file to import: a header and a line for each. Returns the manager who did
/// it, and serves all departments.
pub fn staffed(bench: &Bench, people: &str) -> Running {
    let manager = bench.start("manager-service", &["serve"]);
    let init = ["init", "--admin", GRACE, "--name", "Grace Hopper"];
    bench.run("timeoff-admin", &init).done();
    let file = bench.folder.path().join("people.csv");
    std::fs::write(&file, people).unwrap();
    let import = ["people", "import", file.to_str().unwrap(), "--as", GRACE];
    bench.run("timeoff-admin", &import).done();
    manager
}

/// Starts a web service, and waits until it answers. Returns where, too.
pub fn start_web(bench: &Bench, arguments: &[&str]) -> (Running, SocketAddr) {
    let mut web = bench.start("web-service", arguments);
    web.wait_until_said("Everything that was on the log can be asked for.");
    let said = web.err.text();
    let (_, rest) = said.split_once("Listening on http://").unwrap();
    let (address, _) = rest.split_once(';').unwrap();
    (web, address.parse().unwrap())
}
