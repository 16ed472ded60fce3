//! Every event about a person or an application.

mod text;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io::Write;
use std::ops::ControlFlow;

use anyhow::bail;
use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, Notices, OutputFormat, Shutdown, escaped};
use timeoff_contract::Contract;
use timeoff_ledger::{Fact, PersonId};
use timeoff_models::{ApplicationId, Email, Ticks, UtcTime};

use crate::books::{Books, understand};
use crate::noted::Noted;
use crate::options::time;
use crate::topic::read_through;

#[derive(Debug, Args)]
pub(crate) struct LedgerArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every event about a person or an application: when, what, by whom, and what was known then.
    #[command(after_help = "Examples:\n  \
        timeoff-admin ledger show ada@example.com\n  \
        timeoff-admin ledger show ada@example.com-638000000000000000 --at 2027-03-01T12:00:00Z --output json\n\n\
        Times are in UTC. HR 12 is the event at offset 12 of the partition of HR; \"knew HR up to 11\" says that the \
        events up to offset 11 were on the ledger when this was decided. The policy and the calendar of public holidays \
        are those by which it was decided: policy 3 is the third that was set in that department.")]
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// A person's e-mail address or id, or an application's id.
    #[arg(value_name = "PERSON|APPLICATION")]
    subject: String,
    /// Only events up to this time, in UTC: YYYY-MM-DD (the end of that day) or YYYY-MM-DDTHH:MM:SS.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Ticks>,
    /// How each event is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// What the events are to be about.
enum Subject<'a> {
    /// A person: everybody who has ever had an address, or whoever has an id.
    People(HashSet<PersonId>),
    /// An application.
    Application(ApplicationId<'a>),
}

/// Carries out a command line.
///
/// # Errors
///
/// If there is no such event, or the ledger cannot be read.
pub(crate) async fn run(
    args: LedgerArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let Command::Show(args) = args.command;
    let text = args.subject.trim();
    let reading = async {
        let contract = log.open_to_read(true).await?;
        read(&contract, text, args.at, &log.notices()).await
    };
    let (books, events) = tokio::select! {
        read = reading => read?,
        () = shutdown.requested() => bail!("stopped before everything was read"),
    };
    if events.is_empty() {
        let until = match args.at {
            Some(at) => format!(" up to {}", UtcTime::from(at).as_str()),
            None => String::new(),
        };
        bail!("the ledger has no event about {}{until}", escaped(text));
    }
    let mut out = timeoff_cli::stdout();
    match args.output {
        OutputFormat::Text => text::write(&mut out, &events, &books)?,
        OutputFormat::Json => {
            for noted in &events {
                noted.write_json(&mut out, &books, None)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Reads the ledger twice: a person may have had the address that is asked for after, or before, what is to be shown.
async fn read(
    contract: &Contract,
    text: &str,
    until: Option<Ticks>,
    notices: &Notices,
) -> anyhow::Result<(Books, Vec<Noted>)> {
    let email: Option<Email> = text.parse().ok();
    let mut people: HashSet<PersonId> = text.parse().into_iter().collect();
    let books = Books::read(contract, notices, [], |noted| {
        if let Fact::PersonEntered { person, .. } | Fact::PersonChanged { person } =
            &noted.event.fact
            && Some(&person.email) == email.as_ref()
        {
            people.insert(person.id);
        }
    })
    .await?;
    let subject = match people.is_empty() {
        true => Subject::Application(ApplicationId::from_key(text)),
        false => Subject::People(people),
    };
    let mut events = Vec::new();
    read_through(
        contract,
        &contract.topics().ledger,
        notices,
        async |record| {
            let noted = understand(contract, record, notices).await?;
            if subject.is_of(&noted.event.fact)
                && until.is_none_or(|until| noted.event.cause.at <= until)
            {
                events.push(noted);
            }
            Ok(ControlFlow::Continue(()))
        },
    )
    .await?;
    Ok((books, in_order(events)))
}

impl Subject<'_> {
    /// Whether an event is about it.
    fn is_of(&self, fact: &Fact<'_>) -> bool {
        let (application, people) = match fact {
            Fact::PersonEntered { person, .. } | Fact::PersonChanged { person } => {
                (None, [Some(person.id), None])
            }
            Fact::PersonMoved { person, .. } | Fact::PersonLeft { person, .. } => {
                (None, [Some(*person), None])
            }
            Fact::ApprovalDelegated { from, to, .. } => (None, [Some(*from), Some(*to)]),
            Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
                (Some(&decided.application), [decided.person, None])
            }
            Fact::LeaveWithdrawn {
                application,
                person,
                ..
            } => (Some(application), [*person, None]),
            Fact::EntitlementGranted { entitlement, .. } => {
                (None, [Some(entitlement.person), None])
            }
            Fact::PolicySet { .. } => (None, [None, None]),
            Fact::StageApproved {
                application,
                person,
                ..
            } => (Some(application), [*person, None]),
            Fact::CancellationAsked {
                application,
                person,
                ..
            }
            | Fact::LeaveReleased {
                application,
                person,
                ..
            }
            | Fact::CancellationDeclined {
                application,
                person,
                ..
            }
            | Fact::LeaveRecalculated {
                application,
                person,
                ..
            } => (Some(application), [Some(*person), None]),
            Fact::LeaveAdmitted { leave, .. } => {
                (Some(&leave.application), [Some(leave.person), None])
            }
            Fact::CommandRefused {
                application,
                person,
                ..
            } => (application.as_ref(), [*person, None]),
        };
        match self {
            Subject::People(ids) => people.into_iter().flatten().any(|id| ids.contains(&id)),
            Subject::Application(id) => application == Some(id),
        }
    }
}

/// The events of several partitions by the time that came in with them. Those of a partition stay in its order, which is
/// the one in which they happened, whatever the clocks said.
fn in_order(events: Vec<Noted>) -> Vec<Noted> {
    let mut partitions: BTreeMap<i32, VecDeque<Noted>> = BTreeMap::new();
    let count = events.len();
    for noted in events {
        let partition = noted.position.partition;
        partitions.entry(partition).or_default().push_back(noted);
    }
    let mut ordered = Vec::with_capacity(count);
    loop {
        let earliest = partitions
            .values_mut()
            .filter(|events| !events.is_empty())
            .min_by_key(|events| events.front().map(when));
        match earliest.and_then(VecDeque::pop_front) {
            Some(noted) => ordered.push(noted),
            None => return ordered,
        }
    }
}

/// When an event happened. Of a move, somebody goes first and comes then, at the same time.
fn when(noted: &Noted) -> (Ticks, bool) {
    let comes = matches!(
        noted.event.fact,
        Fact::PersonEntered {
            moved_from: Some(_),
            ..
        }
    );
    (noted.event.cause.at, comes)
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Cause, Event, Fact, Reason};
    use timeoff_log::Position;
    use timeoff_models::Ticks;

    use super::in_order;
    use crate::noted::Noted;

    fn noted(partition: i32, offset: i64, at: i64) -> Noted {
        Noted {
            position: Position {
                topic: "leave-ledger".into(),
                partition,
                offset,
            },
            event: Event {
                cause: Cause {
                    command_id: None,
                    by: None,
                    at: Ticks::try_from(at).expect("ticks"),
                },
                fact: Fact::CommandRefused {
                    application: None,
                    person: None,
                    reason: Reason("No.".into()),
                    known_offset: None,
                    policy_version: None,
                    calendar: None,
                },
            },
        }
    }

    #[test]
    fn events_are_in_the_order_of_time_but_a_partition_keeps_its_own() {
        let events = vec![
            noted(1, 0, 20),
            noted(0, 4, 30),
            // A clock that was put back.
            noted(0, 5, 10),
            noted(1, 3, 40),
        ];
        let places: Vec<(i32, i64)> = in_order(events)
            .iter()
            .map(|noted| (noted.position.partition, noted.position.offset))
            .collect();
        assert_eq!(places, [(1, 0), (0, 4), (0, 5), (1, 3)]);
    }
}
