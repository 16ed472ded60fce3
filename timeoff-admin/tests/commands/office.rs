//! A log, perhaps with a manager who carries out commands, and somebody who asks.

use serde_json::Value;
use timeoff_testkit::{Bench, Ended, Running};

pub(crate) const GRACE: &str = "grace@example.com";
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const BOB: &str = "bob@example.com";

/// A log and whoever holds its departments.
pub(crate) struct Office {
    pub(crate) bench: Bench,
    manager: Option<Running>,
}

impl Office {
    /// Nobody carries out anything.
    pub(crate) fn closed() -> Office {
        Office {
            bench: Bench::sqlite(),
            manager: None,
        }
    }

    /// A manager is there.
    pub(crate) fn open() -> Office {
        let mut office = Office::closed();
        office.serve();
        office
    }

    /// Grace is the first admin.
    pub(crate) fn with_grace() -> Office {
        let office = Office::open();
        office
            .run(&["init", "--admin", GRACE, "--name", "Grace Hopper"])
            .done();
        office
    }

    /// Grace is the first admin, Ada approves in IT, and Bob works there.
    pub(crate) fn with_people() -> Office {
        let office = Office::with_grace();
        office.write(
            "people.csv",
            "email,name,department,role\n\
             ada@example.com,Ada Lovelace,IT,approver\n\
             bob@example.com,Bob,IT,\n",
        );
        office.by(GRACE, &["people", "import", "people.csv"]).done();
        office
    }

    /// From now on a manager is there.
    pub(crate) fn serve(&mut self) {
        let mut manager = self.bench.start("manager-service", &["serve"]);
        manager.wait_until_said("You hold HR, IT and OPS");
        self.manager = Some(manager);
    }

    /// From now on none is.
    pub(crate) fn close(&mut self) {
        if let Some(manager) = self.manager.take() {
            manager.signal("TERM");
            manager.wait().done();
        }
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.bench.folder.path().join(name), content).unwrap();
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.bench.run("timeoff-admin", arguments)
    }

    /// As [`run`](Self::run), on behalf of somebody.
    pub(crate) fn by(&self, email: &str, arguments: &[&str]) -> Ended {
        self.run(&[arguments, &["--as", email]].concat())
    }

    /// What the program prints as JSON, a value for each line.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        json(
            &self
                .run(&[arguments, &["--output", "json"]].concat())
                .done(),
        )
    }

    /// What is entered of a person.
    pub(crate) fn person(&self, email: &str) -> Value {
        self.json(&["people", "show", email]).remove(0)
    }

    /// Queues an application of 8 hours and returns its id.
    pub(crate) fn submit(&self, email: &str, department: &str) -> String {
        self.submit_hours(email, department, "8")
    }

    /// Queues an application of so many hours from Thursday, 2027-07-01, and returns its id.
    pub(crate) fn submit_hours(&self, email: &str, department: &str, hours: &str) -> String {
        let mut arguments = timeoff_testkit::submit(email, department, hours).to_vec();
        arguments.extend(["--output", "json"]);
        let queued = json(&self.bench.run("employee-service", &arguments).done());
        queued[0]["id"].as_str().unwrap().to_owned()
    }
}

/// The lines of a program's output as JSON.
pub(crate) fn json(ended: &Ended) -> Vec<Value> {
    let lines = ended.out.iter();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The id in "The command has the id …".
pub(crate) fn id_said(said: &str) -> String {
    let (_, after) = said.split_once("The command has the id ").unwrap();
    after[..36].to_owned()
}
