//! Granting leave: an entitlement by hand, or what the policy grants for a year.

mod by_policy;
mod report;

use clap::Args;
use timeoff_cli::{LogArgs, Shutdown, UsageError};
use timeoff_ledger::{Date, Entitlement, EntitlementId, Person, Request};
use timeoff_models::LeaveType;

use crate::books::Books;
use crate::office::{Errand, Office};
use crate::options::{IdArgs, TryArgs, conclude, date};
use crate::people::find;

#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// Whose: their e-mail address or id.
    #[arg(required_unless_present = "by_policy")]
    person: Option<String>,
    /// The type of leave, as the policy names it.
    #[arg(
        value_name = "TYPE",
        required_unless_present = "by_policy",
        conflicts_with = "by_policy"
    )]
    leave_type: Option<LeaveType>,
    /// How much, in working minutes.
    #[arg(long, value_name = "N", conflicts_with_all = ["hours", "by_policy"])]
    minutes: Option<u32>,
    /// How much, in working hours, such as 40 or 7.5.
    #[arg(
        long,
        value_name = "H",
        value_parser = timeoff_ledger::minutes_of_hours,
        required_unless_present_any = ["minutes", "by_policy"],
        conflicts_with = "by_policy"
    )]
    hours: Option<u32>,
    /// The first day on which it can be used.
    #[arg(
        long,
        value_name = "YYYY-MM-DD",
        value_parser = date,
        required_unless_present = "by_policy",
        conflicts_with = "by_policy"
    )]
    from: Option<Date>,
    /// The last day.
    #[arg(
        long,
        value_name = "YYYY-MM-DD",
        value_parser = date,
        required_unless_present = "by_policy",
        conflicts_with = "by_policy"
    )]
    until: Option<Date>,
    /// Correct this entitlement instead of granting another one. With 0 minutes it is taken back. balance shows the ids
    /// with --output json.
    #[arg(long, value_name = "UUID", conflicts_with = "by_policy")]
    entitlement_id: Option<EntitlementId>,
    /// Grant what the policy in force grants for a year, and correct what was granted by an earlier policy or employment.
    #[arg(long, requires = "year")]
    by_policy: bool,
    /// The year.
    #[arg(long, value_name = "YYYY", requires = "by_policy", value_parser = clap::value_parser!(u16).range(1..=9999))]
    year: Option<u16>,
    /// To the people of this department.
    #[arg(long, value_name = "NAME", requires = "by_policy", conflicts_with_all = ["person", "everybody"])]
    department: Option<String>,
    /// To everybody.
    #[arg(long, requires = "by_policy", conflicts_with = "person")]
    everybody: bool,
    #[command(flatten)]
    trial: TryArgs,
    #[command(flatten)]
    id: IdArgs,
}

/// Carries out a command line.
///
/// # Errors
///
/// If something is refused, the person is unknown, or somebody asks to stop.
pub(crate) async fn run(args: GrantArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    match args.year {
        Some(year) if args.by_policy => by_policy::run(&args, year, log, shutdown).await,
        _ => by_hand(&args, log, shutdown).await,
    }
}

/// Grants or corrects one entitlement.
async fn by_hand(args: &GrantArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let minutes = args.minutes.or(args.hours);
    let (Some(text), Some(leave_type), Some(minutes), Some(from), Some(until)) = (
        &args.person,
        &args.leave_type,
        minutes,
        args.from,
        args.until,
    ) else {
        return Err(UsageError(
            "grant needs a person, a type, how much, --from and --until".to_owned(),
        )
        .into());
    };
    let Some(asker) = args.trial.asker().filter(|_| !args.trial.dry_run) else {
        let why = "--dry-run is for --by-policy: one grant is simply sent, and granting it anew corrects it";
        return Err(UsageError(why.to_owned()).into());
    };
    if until < from {
        return Err(UsageError(format!("--until {until} is before --from {from}")).into());
    }
    if minutes == 0 && args.entitlement_id.is_none() {
        let why =
            "0 minutes grant nothing; to take an entitlement back, name it with --entitlement-id";
        return Err(UsageError(why.to_owned()).into());
    }
    let command = args.id.command_id();
    let mut office = Office::open(log, [command], shutdown).await?;
    let found = find(&office.books, text)?;
    let partition = found.partition;
    let person = found.entered.person();
    let entitlement = Entitlement {
        id: match args.entitlement_id {
            Some(id) => held(&office.books, partition, person, id)?,
            None => EntitlementId::granted_by(command),
        },
        person: person.id,
        leave_type: leave_type.clone(),
        minutes,
        from,
        until,
    };
    let request = Request::GrantEntitlement {
        entitlement: Box::new(entitlement),
    };
    let errand = Errand::new(partition, command, asker, request);
    office.say_id(&args.id, command);
    let noted = office.ask(&errand).await?;
    conclude(args.id.output, &noted, &office.books)
}

/// An entitlement's id, if the person has it: a mistyped one would grant a second entitlement.
fn held(
    books: &Books,
    partition: i32,
    person: &Person,
    id: EntitlementId,
) -> Result<EntitlementId, UsageError> {
    let state = books.state(partition);
    let held = state.is_some_and(|state| {
        let mut entitlements = state.entitlements_of(person.id).iter();
        entitlements.any(|one| one.id == id)
    });
    match held {
        true => Ok(id),
        false => Err(UsageError(format!(
            "{} has no entitlement {id}; timeoff-admin balance {} --output json shows those they have",
            person.email, person.email
        ))),
    }
}
