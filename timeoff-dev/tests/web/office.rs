//! A log with people on it, a manager who serves, and web services.

use std::net::SocketAddr;

use timeoff_testkit::{Bench, Running};

use crate::client::Client;

/// An employee of IT, another one, an approver of IT, an admin of all departments who is at home in HR, and an employee
/// of OPS.
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const LINUS: &str = "linus@example.com";
pub(crate) const GRACE: &str = "grace@example.com";
pub(crate) const OLE: &str = "ole@example.com";

const PEOPLE: &str = "email,name,department,role\n\
    ada@example.com,Ada Lovelace,IT,employee\n\
    bob@example.com,Bob Builder,IT,employee\n\
    linus@example.com,Linus Approver,IT,approver\n\
    ole@example.com,Ole Operator,OPS,employee\n";

/// Has the people entered. Returns the manager who did it, and serves all departments.
pub(crate) fn staffed(bench: &Bench) -> Running {
    let manager = bench.start("manager-service", &["serve"]);
    let init = ["init", "--admin", GRACE, "--name", "Grace Hopper"];
    bench.run("timeoff-admin", &init).done();
    let file = bench.folder.path().join("people.csv");
    std::fs::write(&file, PEOPLE).unwrap();
    let import = ["people", "import", file.to_str().unwrap(), "--as", GRACE];
    bench.run("timeoff-admin", &import).done();
    manager
}

/// A web service, and where it listens.
pub(crate) struct Web {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Web {
    /// Starts one that believes everybody, with a view of its own, and waits until it answers.
    pub(crate) fn start(bench: &Bench, view: &str) -> Web {
        Web::start_at(bench, view, "127.0.0.1:0", &["--sign-in", "demo"])
    }

    /// Starts one that listens at this address.
    pub(crate) fn start_at(bench: &Bench, view: &str, listen: &str, options: &[&str]) -> Web {
        let folder = bench.folder.path().join(view);
        let views = folder.to_str().unwrap();
        let mut arguments = vec!["--listen", listen, "--views", views];
        arguments.extend(options);
        // What was made for one way to sign in does not count for another.
        let way = options
            .iter()
            .skip_while(|option| **option != "--sign-in")
            .nth(1);
        let accounts = bench
            .folder
            .path()
            .join(format!("{}.accounts", way.unwrap()));
        arguments.extend(["--accounts", accounts.to_str().unwrap()]);
        if !options.contains(&"--writes-per-minute") {
            // A test writes as often as it wants to.
            arguments.extend(["--writes-per-minute", "1000000"]);
        }
        let mut running = bench.start("web-service", &arguments);
        running.wait_until_said("Everything that was on the log can be asked for.");
        let said = running.err.text();
        let (_, rest) = said.split_once("Listening on http://").unwrap();
        let (address, _) = rest.split_once(';').unwrap();
        Web {
            address: address.parse().unwrap(),
            running,
        }
    }

    /// A program that asks it in this person's name.
    pub(crate) fn client(&self, email: &str) -> Client {
        Client::of(self.address, email)
    }

    /// Stops it as an operator would.
    pub(crate) fn stop(self) {
        self.running.signal("TERM");
        self.running.wait().done();
    }
}

/// Ends a manager.
pub(crate) fn dismiss(manager: Running) {
    manager.signal("TERM");
    manager.wait().done();
}
