//! Having somebody stand in for an approver.

use clap::Args;
use timeoff_cli::{LogArgs, Shutdown, UsageError};
use timeoff_ledger::{Date, Request};

use crate::office::{Errand, Office};
use crate::options::{AskArgs, conclude, date};
use crate::people::find;

#[derive(Debug, Args)]
pub(crate) struct DelegateArgs {
    /// The approver: their e-mail address or id.
    #[arg(long, value_name = "PERSON")]
    from: String,
    /// Who stands in for them: their e-mail address or id.
    #[arg(long, value_name = "PERSON")]
    to: String,
    /// The first day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    first_day: Date,
    /// The last day.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    last_day: Date,
    #[command(flatten)]
    ask: AskArgs,
}

/// Asks the department of the approver.
///
/// # Errors
///
/// If it refuses, one of the two is unknown, or somebody asks to stop.
pub(crate) async fn run(
    args: DelegateArgs,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    if args.last_day < args.first_day {
        return Err(UsageError("--last-day is before --first-day".to_owned()).into());
    }
    let id = args.ask.id().command_id();
    let mut office = Office::open(log, [id], shutdown).await?;
    let from = find(&office.books, &args.from)?;
    let to = find(&office.books, &args.to)?.entered.person().id;
    let request = Request::DelegateApproval {
        from: from.entered.person().id,
        to,
        from_date: args.first_day,
        until_date: args.last_day,
    };
    let errand = Errand::new(from.partition, id, args.ask.asker(), request);
    office.say_id(args.ask.id(), id);
    let noted = office.ask(&errand).await?;
    conclude(args.ask.id().output, &noted, &office.books)
}
