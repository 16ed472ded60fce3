//! A log with people on it, a manager who serves, and web services.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use timeoff_contract::{Contract, TopicNames};
use timeoff_ledger::{Asked, Command, CommandId, Request};
use timeoff_log::{KafkaSettings, Log};
use timeoff_models::{Departments, Ticks};
pub(crate) use timeoff_testkit::GRACE;
use timeoff_testkit::{Bench, Running, on_runtime, start_web};
use uuid::Uuid;

use crate::client::Client;

/// An employee of IT, another one, an approver of IT, and an employee of OPS.
pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const LINUS: &str = "linus@example.com";
pub(crate) const OLE: &str = "ole@example.com";

const PEOPLE: &str = "email,name,department,role\n\
    ada@example.com,Ada Lovelace,IT,employee\n\
    bob@example.com,Bob Builder,IT,employee\n\
    linus@example.com,Linus Approver,IT,approver\n\
    ole@example.com,Ole Operator,OPS,employee\n";

/// Has the people entered. Returns the manager who did it, and serves all departments.
pub(crate) fn staffed(bench: &Bench) -> Running {
    timeoff_testkit::staffed(bench, PEOPLE)
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
        let (running, address) = start_web(bench, &arguments);
        Web { running, address }
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

/// The browser of somebody who has chosen who they are.
pub(crate) fn browser(address: SocketAddr, email: &str) -> Client {
    let nobody = Client::nobody(address);
    let chosen = nobody.send_form("/sign-in", &[("email", email), ("return_to", "/new")]);
    assert_eq!(
        (chosen.status.as_u16(), chosen.header("location")),
        (303, "/new")
    );
    let (cookie, attributes) = chosen.header("set-cookie").split_once("; ").unwrap();
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"));
    nobody.with("cookie", cookie)
}

/// Ends a manager.
pub(crate) fn dismiss(manager: Running) {
    manager.signal("TERM");
    manager.wait().done();
}

/// Waits until something is true. Only a failing test waits so long.
pub(crate) fn wait_until(patience: Duration, what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < until, "not true in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Has a command carried out by the owner of a partition, in somebody's name, and waits until the service knows that.
pub(crate) fn command(bench: &Bench, web: &Web, (partition, by): (i32, &str), request: Request) {
    let id = CommandId::try_from(Uuid::now_v7()).unwrap();
    let command = Command {
        asked: Asked {
            command_id: id,
            by: by.parse().unwrap(),
            at: Ticks::of(SystemTime::now().into()),
        },
        request,
    };
    on_runtime(async {
        let url = bench.log.parse().unwrap();
        let log = Log::open(&url, &KafkaSettings::new()).await.unwrap();
        let topics = TopicNames {
            applications: bench.applications.as_str().into(),
            results: bench.results.as_str().into(),
            dead_letters: bench.dead_letters.as_str().into(),
            commands: bench.commands.as_str().into(),
            ledger: bench.ledger.as_str().into(),
        };
        let contract = Contract::open_with_ledger(&log, topics, Departments::default());
        let contract = contract.await.unwrap();
        let writer = contract.command_writer().await.unwrap();
        let record = writer.record(partition, &command.to_record());
        contract.log().append(vec![record]).await.unwrap();
    });
    let asker = web.client(by);
    wait_until(Duration::from_secs(60), "the command is answered", || {
        let found = asker.get(&format!("/api/v1/commands/{id}"));
        found.status == 200 && found.text("/state") != "waiting"
    });
    let answered = asker.get(&format!("/api/v1/commands/{id}")).is(200);
    assert_eq!(answered.text("/state"), "accepted", "{answered:?}");
}
