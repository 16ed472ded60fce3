//! `timeoff-dev web`: the pages with sample people, on a fresh embedded log, which is kept.
//!
//! A manager and a web service run as processes until Ctrl-C. Each is guarded: it cannot outlive this program, whatever
//! ends that.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, bail};
use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{KafkaSettings, Log};
use timeoff_models::{Departments, Ticks};

use crate::demo::{make_folder, say, typed};
use crate::kafka::probe::http_ok;
use crate::kafka::process::Process;
use crate::sample::Sample;
use crate::services::Services;

/// Start the pages with sample people and a year of their leave, until Ctrl-C.
///
/// Everything is on a fresh embedded log. It has 24 people in three departments, and some leave that waits for a decision.
#[derive(Debug, clap::Args)]
pub struct WebArgs {
    /// The address of the pages; with port 0, a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// How long everything may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a process may take to end.
const ENDING: Duration = Duration::from_secs(5);

/// How often to ask whether the pages are ready.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// How often to check that the processes run.
const CHECK_AGAIN: Duration = Duration::from_millis(100);

const MANAGER: &str = "manager-service";
const WEB: &str = "web-service";

/// Builds the services, and runs the pages until `shutdown`.
///
/// # Errors
///
/// If the address is taken, a service cannot be built or ends by itself, or the sample cannot be put onto the log.
pub async fn run(args: WebArgs, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let mut shutdown = std::pin::pin!(shutdown);
    // Said now, and not after a build of ten minutes.
    check_it_is_free(args.listen)?;
    let services = tokio::select! {
        built = tokio::task::spawn_blocking(Services::build) => built.context("the build broke off")??,
        () = &mut shutdown => return say("Stopped before anything was started."),
    };
    let began = Instant::now();
    let mut company = Company {
        folder: make_folder(&services.target().join("web"))?,
        services,
        processes: Vec::new(),
    };
    let outcome = tokio::select! {
        outcome = company.open(args.listen, began) => outcome,
        () = &mut shutdown => Ok(()),
    };
    company.close();
    outcome
}

/// Fails if nobody can listen there.
fn check_it_is_free(address: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "{address} is taken: stop what listens there, or choose another address, as with --listen {}:{}",
            address.ip(),
            address.port().checked_add(1).unwrap_or_default()
        ),
        Err(error) => Err(error).with_context(|| format!("could not listen on {address}")),
    }
}

/// The processes, and the folder that they and their log are in.
struct Company {
    services: Services,
    folder: PathBuf,
    processes: Vec<Process>,
}

impl Company {
    /// Has everything ready, says where it is, and then waits. Never returns but with an error.
    async fn open(&mut self, listen: SocketAddr, began: Instant) -> anyhow::Result<()> {
        let opening = tokio::time::timeout(PATIENCE, self.get_ready(listen));
        let late = || format!("not ready after {} s", PATIENCE.as_secs());
        let (sample, address) = opening.await.with_context(late)??;
        say(&format!(
            "\nTimeOff is ready at http://{address} after {} ms.\n\n{}",
            began.elapsed().as_millis(),
            self.what_to_do(&sample)?
        ))?;
        loop {
            tokio::time::sleep(CHECK_AGAIN).await;
            self.check_they_run()?;
        }
    }

    /// Queues the sample, has a manager carry it out, and starts the pages.
    async fn get_ready(&mut self, listen: SocketAddr) -> anyhow::Result<(Sample, SocketAddr)> {
        let url = self.log().parse()?;
        let log = Log::open(&url, &KafkaSettings::new()).await?;
        let filled = self.fill(&log).await;
        log.close().await;
        let sample = filled?;
        // Only now: what it finds on the log when it starts, it has read before it is ready.
        let (views, accounts) = (self.folder.join("views"), self.folder.join("accounts.db"));
        self.start(
            WEB,
            &[
                "--sign-in",
                "demo",
                "--listen",
                &listen.to_string(),
                "--views",
                &views.to_string_lossy(),
                "--accounts",
                &accounts.to_string_lossy(),
            ],
        )?;
        let address = loop {
            self.check_they_run()?;
            if let Some(address) = self.address()
                && http_ok(address, "/readyz")
            {
                break address;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        };
        Ok((sample, address))
    }

    async fn fill(&mut self, log: &Log) -> anyhow::Result<Sample> {
        let departments = Departments::default();
        let sample = Sample::of(Ticks::of(SystemTime::now().into()), &departments)?;
        let contract = Contract::open_with_ledger(log, TopicNames::default(), departments).await?;
        sample.queue(&contract).await?;
        self.start(MANAGER, &["serve"])?;
        tokio::select! {
            carried_out = sample.carried_out(&contract) => carried_out?,
            ended = self.ended() => ended?,
        }
        Ok(sample)
    }

    fn start(&mut self, service: &'static str, arguments: &[&str]) -> anyhow::Result<()> {
        let log = self.log();
        let arguments = ["--log", &*log]
            .into_iter()
            .chain(arguments.iter().copied());
        // Settings that the caller has made for other logs. An empty one counts as not set.
        let settings = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let settings: Vec<(String, String)> = settings
            .filter(|name| name.starts_with("TIMEOFF_"))
            .map(|name| (name, String::new()))
            .collect();
        let said = self.folder.join(format!("{service}.log"));
        let program = self.services.path(service);
        let process = Process::spawn(service, &program, arguments, &settings, &said)?;
        self.processes.push(process);
        Ok(())
    }

    /// Where the pages listen, once they do.
    fn address(&self) -> Option<SocketAddr> {
        let said = self.processes.last()?.output();
        let (_, rest) = said.split_once("Listening on http://")?;
        let (address, _) = rest.split_once(';')?;
        address.parse().ok()
    }

    /// Waits until a process has ended.
    async fn ended(&mut self) -> anyhow::Result<()> {
        loop {
            self.check_they_run()?;
            tokio::time::sleep(CHECK_AGAIN).await;
        }
    }

    /// Fails if a process has ended.
    fn check_they_run(&mut self) -> anyhow::Result<()> {
        for process in &mut self.processes {
            if let Some(status) = process.ended() {
                bail!(process.died(status));
            }
        }
        Ok(())
    }

    /// Ends the processes, the pages first.
    fn close(self) {
        for process in self.processes.into_iter().rev() {
            process.stop(ENDING);
        }
    }

    fn log(&self) -> String {
        format!("sqlite:{}", self.folder.join("timeoff.db").display())
    }

    /// What a person can do now.
    fn what_to_do(&self, sample: &Sample) -> anyhow::Result<String> {
        let [employee, approver, admin] = sample.to_try()?;
        let lines = [
            (employee, "applies for leave"),
            (approver, "decides on it"),
            (admin, "decides in every department"),
        ];
        let lines = lines.map(|(one, does)| {
            let (name, role) = (one.person.name.as_str(), one.person.role.as_str());
            format!("    {name:<16}  {role} of {}, {does}", one.department)
        });
        let log = format!("sqlite:{}", typed(&self.folder.join("timeoff.db")));
        Ok(format!(
            "\
It has {} people in three departments and their leave of a year: {} applications, of which {} wait. Sign in as any of
them, without a password. To try it:

{}

A private window of the browser can be somebody else at the same time. The log is kept, and so is what the services say:

    {} --log {log} --from-beginning
    tail -f {}

Ctrl-C ends everything.",
            sample.people.len(),
            sample.applied(),
            sample.waiting(),
            lines.join("\n"),
            typed(&self.services.path("result-reader")),
            typed(&self.folder) + "/*.log",
        ))
    }
}
