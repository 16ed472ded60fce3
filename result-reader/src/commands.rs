//! The command line.

use clap::Parser;
use timeoff_cli::{LogArgs, Shutdown};

use crate::format::{Format, Printer};
use crate::text::Columns;
use crate::{group, whole};

/// Show what became of leave applications, each result once, and follow until stopped.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = format!("Examples:\n  \
        result-reader\n  \
        result-reader --group payroll --output json\n  \
        result-reader --from-beginning --until-caught-up --output csv > results.csv\n\n\
        A result counts as read by its group when it is written out. Several readers of one group share the \
        departments between them, and each shows its share; to see all, give each its own --group.\n\n\
        JSON and CSV have id, email, department, hours, start, outcome, result, processed_by, comment, topic, \
        partition, offset and decided_at (UTC, RFC 3339; null or empty where the manager's program did not say).\n\n\
        {} {}", timeoff_cli::TEXT_RULE, timeoff_cli::CELL_RULE)
)]
pub struct Arguments {
    /// The group that reads: it is shown each result once. A new group begins with the first.
    #[arg(long, value_name = "NAME", default_value = "application-results", value_parser = timeoff_cli::name)]
    group: String,
    /// Show every result on the topic, whatever a group has read, and leave what groups have read as it is.
    #[arg(long, conflicts_with = "group")]
    from_beginning: bool,
    /// End when everything that was there at the start has been shown.
    #[arg(long)]
    until_caught_up: bool,
    /// How each result is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: Format,
    #[command(flatten)]
    log: LogArgs,
}

impl timeoff_cli::Arguments for Arguments {
    fn log_args(&self) -> &LogArgs {
        &self.log
    }
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub async fn run(arguments: Arguments, shutdown: Shutdown) -> anyhow::Result<()> {
    let notices = arguments.log.notices();
    // A group's progress is written to the log; reading the whole topic only reads.
    let (log, ends) = (&arguments.log, arguments.until_caught_up);
    let contract = match arguments.from_beginning {
        true => log.open_to_read(ends).await?,
        false => log.open_for_a_run(ends).await?,
    };
    let columns = Columns::new(
        timeoff_cli::stdout_columns(),
        timeoff_cli::stdout_takes_colour(),
        contract.departments(),
    );
    let mut printer = Printer::new(arguments.output, timeoff_cli::stdout(), columns);
    if arguments.from_beginning {
        whole::run(
            &contract,
            arguments.until_caught_up,
            &mut printer,
            &notices,
            &shutdown,
        )
        .await
    } else {
        group::run(
            &contract,
            &arguments.group,
            arguments.until_caught_up,
            &mut printer,
            &notices,
            &shutdown,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        timeoff_cli::command::<Arguments>().debug_assert();
    }
}
