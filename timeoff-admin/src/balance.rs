//! What a person can take, and why it is that much.

mod amount;
mod json;
mod text;
mod waiting;

use std::io::Write;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{LogArgs, OutputFormat, Shutdown, UsageError, escaped};
use timeoff_ledger::{Balance, Date, Person};
use timeoff_models::{ApplicationId, LeaveType};

use crate::books::Books;
use crate::office::now;
use crate::options::date;
use crate::people::find;

#[derive(Debug, Args)]
pub(crate) struct BalanceArgs {
    /// Whose: their e-mail address or id.
    person: String,
    /// What can be taken on this day [default: today, in UTC].
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    at: Option<Date>,
    /// Only this type of leave.
    #[arg(long = "type", value_name = "TYPE")]
    leave_type: Option<LeaveType>,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// The balances of one person on one day.
struct Account<'a> {
    person: &'a Person,
    department: &'a str,
    date: Date,
    policy_version: u32,
    balances: Vec<Balance>,
    /// Applications that wait and reserve nothing, and why as far as it is known.
    unreserved: Vec<(ApplicationId<'static>, String)>,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the log cannot be read, there is no such person or type, or no policy is in force.
pub(crate) async fn run(
    args: BalanceArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let notices = log.notices();
    let reading = async {
        let contract = log.open_to_read(true).await?;
        let books = Books::read(&contract, &notices, [], |_| {}).await?;
        let found = find(&books, &args.person)?;
        let waiting = waiting::read(&contract, &books, &found, &notices).await?;
        let account = account(&args, &books, &found, &waiting)?;
        let mut out = timeoff_cli::stdout();
        match args.output {
            OutputFormat::Text => text::write(&mut out, &account)?,
            OutputFormat::Json => json::write(&mut out, &account)?,
        }
        out.flush()?;
        Ok(())
    };
    tokio::select! {
        done = reading => done,
        () = shutdown.requested() => bail!("stopped before everything was read"),
    }
}

fn account<'a>(
    args: &BalanceArgs,
    books: &'a Books,
    found: &crate::books::Found<'a>,
    waiting: &[waiting::Waiting],
) -> anyhow::Result<Account<'a>> {
    let person = found.entered.person();
    let department = books.department(found.partition);
    let department = department.map_or("", timeoff_models::Department::as_str);
    let in_force = books
        .state(found.partition)
        .and_then(|state| Some((state, state.policy()?)));
    let Some((state, (policy_version, policy))) = in_force else {
        bail!(
            "no policy is in force in {department}, so nothing is counted: timeoff-admin policy set FILE, then \
             timeoff-admin grant --by-policy"
        );
    };
    if let Some(wanted) = &args.leave_type
        && policy.leave_type(wanted).is_none()
    {
        let known = policy.types().iter().map(|kind| kind.name.as_str());
        let known: Vec<&str> = known.collect();
        return Err(UsageError(format!(
            "the policy of {department} knows no leave of the type {}; it has {}",
            escaped(wanted.as_str()),
            known.join(", ")
        ))
        .into());
    }
    let date = args.at.unwrap_or_else(|| Date::of(now()));
    let mut balances = state.balances(person.id, date, waiting);
    let is_reserved = |id: &ApplicationId<'_>| balances.iter().any(|one| one.reserved.contains(id));
    let unreserved = waiting::unreserved(state, waiting, is_reserved, args.leave_type.as_ref());
    balances.retain(|one| {
        args.leave_type
            .as_ref()
            .is_none_or(|only| one.leave_type == *only)
    });
    Ok(Account {
        person,
        department,
        date,
        policy_version,
        balances,
        unreserved,
    })
}
