//! A log to run services on.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use tempfile::TempDir;
use timeoff_dev::kafka::{Flavour, KafkaDev, shared};
use timeoff_dev::services::Services;

use crate::process::{Ended, Running};

/// The caller's settings that would make the tests use another log or other names.
const SETTINGS: [&str; 13] = [
    "TIMEOFF_LOG",
    "TIMEOFF_SCHEMA_REGISTRY",
    "TIMEOFF_DEPARTMENTS",
    "TIMEOFF_APPLICATIONS_TOPIC",
    "TIMEOFF_RESULTS_TOPIC",
    "TIMEOFF_DEAD_LETTERS_TOPIC",
    "TIMEOFF_COMMANDS_TOPIC",
    "TIMEOFF_LEDGER_TOPIC",
    "TIMEOFF_KAFKA_CONFIG",
    "TIMEOFF_EMAIL",
    "TIMEOFF_AS",
    "RUST_LOG",
    "NO_COLOR",
];

/// A log with its own topics and groups, and a folder that the services run in.
pub struct Bench {
    /// The programs that are run.
    pub services: Services,
    /// Further environment variables for them.
    pub variables: Vec<(&'static str, String)>,
    /// The log's URL.
    pub log: String,
    /// The schema registry's URL; `None` where the log is a file.
    pub registry: Option<String>,
    /// The topic of applications.
    pub applications: String,
    /// The topic of results.
    pub results: String,
    /// The topic of dead letters.
    pub dead_letters: String,
    /// The topic of commands.
    pub commands: String,
    /// The topic of the ledger.
    pub ledger: String,
    /// The group of managers, which every `manager-service` is given.
    pub managers: String,
    /// A group for readers; the test passes it when it starts one.
    pub readers: String,
    /// The folder that the services run in, and that a file's log is in.
    pub folder: TempDir,
}

impl Bench {
    /// A SQLite file that does not exist yet.
    pub fn sqlite() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
        Bench::on(log, None, folder)
    }

    /// The cluster that all tests share. `None`, after a loud message, if there can be none.
    pub fn shared_kafka() -> Option<Bench> {
        shared(Flavour::ZooKeeper).map(Bench::kafka)
    }

    /// A cluster.
    pub fn kafka(kafka: &KafkaDev) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        Bench::on(kafka.log_url(), Some(kafka.registry_url()), folder)
    }

    /// Any log, whether it exists or not.
    pub fn on(log: String, registry: Option<String>, folder: TempDir) -> Bench {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = |what: &str| format!("end-to-end-{}-{number}-{what}", std::process::id());
        Bench {
            services: services().clone(),
            variables: Vec::new(),
            log,
            registry,
            applications: name("applications"),
            results: name("results"),
            dead_letters: name("dead-letters"),
            commands: name("commands"),
            ledger: name("ledger"),
            managers: name("managers"),
            readers: name("readers"),
            folder,
        }
    }

    /// A service on this log, with these arguments after those that name the log.
    pub fn command(&self, service: &str, arguments: &[&str]) -> Command {
        let mut command = self.services.command(service);
        for name in SETTINGS {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("XDG_STATE_HOME", self.folder.path())
            // Some tests use other departments.
            .env("TIMEOFF_CREATE", "true")
            .env("TIMEOFF_APPLICATIONS_TOPIC", &self.applications)
            .env("TIMEOFF_RESULTS_TOPIC", &self.results)
            .env("TIMEOFF_DEAD_LETTERS_TOPIC", &self.dead_letters)
            .env("TIMEOFF_COMMANDS_TOPIC", &self.commands)
            .env("TIMEOFF_LEDGER_TOPIC", &self.ledger)
            .envs(self.variables.iter().cloned())
            .args(["--log", &self.log]);
        if let Some(registry) = &self.registry {
            command.args(["--schema-registry", registry]);
        }
        if service == "manager-service" {
            command.args(["--group", &self.managers]);
        }
        command.args(arguments);
        command
    }

    /// Starts a service.
    pub fn start(&self, service: &str, arguments: &[&str]) -> Running {
        Running::start(self.command(service, arguments))
    }

    /// Runs a service to its end.
    pub fn run(&self, service: &str, arguments: &[&str]) -> Ended {
        self.start(service, arguments).wait()
    }

    /// Runs `work` with an admin client, for what only an operator asks of a cluster.
    pub fn administer<T>(
        &self,
        work: impl AsyncFnOnce(AdminClient<DefaultClientContext>) -> T,
    ) -> T {
        let admin = ClientConfig::new()
            .set("bootstrap.servers", self.log.trim_start_matches("kafka://"))
            .set("broker.address.family", "v4")
            .create()
            .unwrap();
        on_runtime(work(admin))
    }

    /// Queues one application.
    pub fn submit(&self, email: &str, department: &str, hours: u32) -> Ended {
        let hours = hours.to_string();
        self.run("employee-service", &submit(email, department, &hours))
    }

    /// Makes the topics, as any service does when it starts.
    pub fn make_topics(&self) {
        self.run("result-reader", &["--from-beginning", "--until-caught-up"])
            .done();
    }
}

/// The policy of all these tests: up to 16 hours are approved, more are declined.
pub const AUTO: [&str; 7] = policy("decline");

/// A policy that leaves long applications to others: they stay undecided among decided ones.
pub const LEAVING: [&str; 7] = policy("leave");

/// No policy: nothing is decided but what commands ask for.
pub const SERVING: [&str; 3] = ["serve", "--output", "json"];

/// The arguments that queue one application.
pub const fn submit<'a>(email: &'a str, department: &'a str, hours: &'a str) -> [&'a str; 9] {
    [
        "submit",
        "--email",
        email,
        "--department",
        department,
        "--hours",
        hours,
        "--start",
        "2027-07-01",
    ]
}

const fn policy(otherwise: &str) -> [&str; 7] {
    [
        "auto",
        "--approve-up-to-hours",
        "16",
        "--otherwise",
        otherwise,
        "--output",
        "json",
    ]
}

/// Runs a future to its end.
pub fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The number in a variable that makes a test longer than it is in CI.
pub fn asked_for(variable: &str) -> Option<usize> {
    let number = std::env::var(variable).ok()?;
    Some(
        number
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not '{number}'")),
    )
}

/// The services, built on the first call.
pub fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| Services::build().unwrap())
}
