//! What would have been decided under another policy.

mod report;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use timeoff_cli::{LogArgs, Notices, OutputFormat, Shutdown, UsageError, chain, escaped};
use timeoff_contract::{AnyCommand, Contract, ReceivedCommand};
use timeoff_ledger::{Command, CommandId, Comparison, Date, Event, Fact, Policy, WhatIf};
use timeoff_models::{ApplicationId, Department, LeaveApplication};

use crate::books::{Books, understand};
use crate::office::now;
use crate::options::{date, department};
use crate::topic::read_through;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    timeoff-admin what-if --policy stricter.toml\n  \
    timeoff-admin what-if --policy stricter.toml --from 2027-01-01 --department IT --output json\n\n\
    Each approval is judged again on the day on which it was given: days, balance, collisions, cover, windows and stages. \
    It is booked if it can be, and refused if not; so are approvals that a rule refused then. What the policy warns of \
    counts as accepted by a person. Entitlements stay as they were granted, whatever the other policy grants. Declined \
    leave stays declined, unless the other policy approves it automatically. Whoever was refused asks for nothing else.\n\n\
    THEN and NOW: approved, declined, withdrawn, refused (an approval that a rule refused), or waits (for another stage, \
    or for a person).\n\n\
    JSON, a line for each application that ends otherwise (kind: difference: application_id, person_id, person_name, at, \
    then, then_minutes, then_why, now, now_minutes, now_why), for each of which it is not known what it asked for (kind: \
    not_known), and for each department (kind: total: unchanged, decided_differently, other_minutes, newly_warned, \
    not_known, commands_not_known).")]
pub(crate) struct WhatIfArgs {
    /// The other policy, a TOML file; docs/policy.example.toml has every key.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// The day from which the other policy would have held [default: the beginning].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    from: Option<Date>,
    /// Only this department [default: all].
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// How the differences are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// A department, and what would be otherwise there.
struct Compared {
    department: Department,
    has_policy: bool,
    comparison: Comparison,
}

/// What a department's past is judged by, beside its ledger.
#[derive(Default)]
struct Asked {
    queued: Vec<(ApplicationId<'static>, LeaveApplication)>,
    commands: Vec<Command>,
}

/// Replays what was decided. Writes nothing.
///
/// # Errors
///
/// If the policy cannot be read, or the log cannot, or there is no such department.
pub(crate) async fn run(
    args: WhatIfArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let today = Date::of(now());
    if let Some(from) = args.from.filter(|&from| today < from) {
        return Err(UsageError(format!(
            "--from {from} is in the future, and nothing has been decided there; today is {today}"
        ))
        .into());
    }
    let notices = log.notices();
    let path = args.policy.clone();
    let reading = async {
        let policy = tokio::task::spawn_blocking(move || read_policy(&path)).await??;
        for warning in policy.warnings(log.departments()) {
            notices.say(&format!("{}: {warning}", args.policy.display()));
        }
        let contract = log.open_to_read(true).await?;
        let only = match &args.department {
            Some(text) => Some(department(&Books::empty(contract.departments()), text)?),
            None => None,
        };
        compare(&contract, &policy, args.from, only.as_ref(), &notices).await
    };
    let (books, compared) = tokio::select! {
        compared = reading => compared?,
        () = shutdown.requested() => bail!("stopped before everything was read"),
    };
    report::print(args.output, &compared, &books)
}

fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    let name = escaped(&path.display().to_string()).into_owned();
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("{name}: it could not be read: {}", chain(&error))))?;
    let policy = Policy::read_to_set(&text);
    Ok(policy.map_err(|error| UsageError(format!("{name} is not a policy: {error}")))?)
}

/// Reads the ledger twice: what stands on it says which commands are wanted, and who everybody is.
async fn compare(
    contract: &Contract,
    policy: &Policy,
    from: Option<Date>,
    only: Option<&Department>,
    notices: &Notices,
) -> anyhow::Result<(Books, Vec<Compared>)> {
    let mut refused = HashSet::new();
    let books = Books::read(contract, notices, [], |noted| {
        if let Fact::CommandRefused {
            application: Some(_),
            policy_version: Some(_),
            ..
        } = noted.event.fact
        {
            refused.extend(noted.event.cause.command_id);
        }
    })
    .await?;
    let mut asked = read_asked(contract, &refused, notices).await?;
    let mut replayed: Vec<Option<Replay>> = (0..)
        .zip(books.departments().iter())
        .map(|(partition, department)| {
            let is_wanted = only.is_none_or(|only| only == department);
            is_wanted.then(|| {
                let Asked { queued, commands } = take_out(&mut asked, partition);
                let policy = policy.clone();
                Replay::start(WhatIf::of(
                    department.clone(),
                    policy,
                    from,
                    queued,
                    commands,
                ))
            })
        })
        .collect();
    let mut with_policy = HashSet::new();
    let ledger = &contract.topics().ledger;
    read_through(contract, ledger, notices, async |record| {
        let partition = record.position.partition;
        // What has come meanwhile may be about applications that were not read.
        if record.position.offset < books.next_offset(partition)
            && let Some(Some(replay)) = usize::try_from(partition)
                .ok()
                .and_then(|index| replayed.get_mut(index))
        {
            let noted = understand(contract, record, notices).await?;
            if let Fact::PolicySet { .. } = noted.event.fact {
                with_policy.insert(partition);
            }
            replay.take(noted.event)?;
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    let mut compared = Vec::new();
    for ((partition, department), replay) in (0..).zip(books.departments().iter()).zip(replayed) {
        if let Some(replay) = replay {
            compared.push(Compared {
                department: department.clone(),
                has_policy: with_policy.contains(&partition),
                comparison: replay.finish()?,
            });
        }
    }
    Ok((books, compared))
}

/// How many events wait for a thread before reading waits too.
const WAITING: usize = 10_000;

/// A department whose past is judged on a thread of its own: departments have nothing to do with each other.
struct Replay {
    events: SyncSender<Event<'static>>,
    thread: JoinHandle<Comparison>,
}

impl Replay {
    fn start(mut what_if: WhatIf) -> Replay {
        let (events, arriving) = std::sync::mpsc::sync_channel::<Event<'static>>(WAITING);
        let thread = std::thread::spawn(move || {
            for event in arriving {
                what_if.take(&event);
            }
            what_if.finish()
        });
        Replay { events, thread }
    }

    /// # Errors
    ///
    /// If the thread has ended, which is a bug.
    fn take(&self, event: Event<'static>) -> anyhow::Result<()> {
        self.events.send(event).context("the replay broke off")
    }

    fn finish(self) -> anyhow::Result<Comparison> {
        drop(self.events);
        let ended = self.thread.join();
        ended.map_err(|_| anyhow!("the replay broke off"))
    }
}

fn take_out(asked: &mut [Asked], partition: usize) -> Asked {
    asked
        .get_mut(partition)
        .map(std::mem::take)
        .unwrap_or_default()
}

/// The applications, and the approvals that were refused, of each partition.
async fn read_asked(
    contract: &Contract,
    refused: &HashSet<CommandId>,
    notices: &Notices,
) -> anyhow::Result<Vec<Asked>> {
    let mut asked: Vec<Asked> = contract
        .departments()
        .iter()
        .map(|_| Asked::default())
        .collect();
    let place = |partition: i32| usize::try_from(partition).unwrap_or(usize::MAX);
    let topics = contract.topics();
    read_through(contract, &topics.applications, notices, async |record| {
        let read = || contract.read_application(record);
        // A record that cannot be understood is no application: nobody could decide on it.
        if let Ok(received) = timeoff_cli::understand(read, notices).await?
            && let Some(asked) = asked.get_mut(place(record.position.partition))
        {
            let id = received.id.into_owned();
            asked.queued.push((id, received.application));
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    if refused.is_empty() {
        return Ok(asked);
    }
    read_through(contract, &topics.commands, notices, async |record| {
        let read = || contract.read_command(record);
        if let Ok(ReceivedCommand {
            command: AnyCommand::Known(command),
            ..
        }) = timeoff_cli::understand(read, notices).await?
            && let Ok(command) = Command::from_record(command, contract.departments())
            && refused.contains(&command.asked.command_id)
            && command.request.application().is_some()
            && let Some(asked) = asked.get_mut(place(record.position.partition))
        {
            asked.commands.push(command);
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(asked)
}
