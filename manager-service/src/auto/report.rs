//! What a run reports about the decisions that were recorded, and about those that were not.

use std::io::{self, Write};

use anyhow::Context;
use timeoff_cli::{Field, Notices, OutputFormat, counted};
use timeoff_log::{Position, Settled};
use timeoff_models::{ApplicationId, Outcome};

use super::batch::{Decided, What};
use crate::clerk::{Answered, How};
use crate::left::Left;

/// Prints decisions, and reports what else there is to say about them.
pub(super) struct Report<'run, W> {
    out: &'run mut W,
    output: OutputFormat,
    notices: &'run Notices,
}

impl<'run, W: Write> Report<'run, W> {
    pub(super) fn new(
        out: &'run mut W,
        output: OutputFormat,
        notices: &'run Notices,
    ) -> Report<'run, W> {
        Report {
            out,
            output,
            notices,
        }
    }

    /// Prints the decisions that were recorded, and reports those that were not.
    pub(super) fn tell(
        &mut self,
        settled: &[Settled],
        decided: &[Decided],
        left: &mut Left,
    ) -> anyhow::Result<()> {
        let (mut stale, mut unknown) = (0, 0);
        let mut printed = Ok(());
        for (settled, decided) in settled.iter().zip(decided) {
            match (settled, &decided.what) {
                (Settled::Recorded(positions), What::Application(id, outcome)) => {
                    let position = positions.first().context("a decision has a result")?;
                    // A failing standard output does not keep the rest from being counted.
                    printed =
                        printed.and_then(|()| print(self.out, self.output, id, *outcome, position));
                }
                (Settled::Recorded(_), What::Command(answered)) => {
                    printed = printed.and_then(|()| print_answer(self.out, self.output, answered));
                }
                (Settled::Recorded(_), What::DeadLetter) => {}
                (Settled::Stale, _) => {
                    stale += 1;
                    left.add(decided.partition);
                }
                (Settled::Unknown, _) => unknown += 1,
            }
        }
        let printed = printed.and_then(|()| self.out.flush());
        if stale > 0 {
            self.notices.say(&format!(
                "{} not decided here: another manager has taken them over, or they could not be recorded.",
                counted(stale, "application is", "applications are")
            ));
        }
        if unknown > 0 {
            self.notices.say(&format!(
                "Of {} it is not known whether they were recorded: the log did not answer, and another manager has \
                taken over. Those that were not are offered again.",
                counted(unknown, "decision", "decisions")
            ));
        }
        printed.context(
            "the last decisions are recorded, but could not be printed; result-reader --from-beginning shows them",
        )
    }
}

fn print(
    out: &mut impl Write,
    output: OutputFormat,
    id: &ApplicationId<'_>,
    outcome: Outcome,
    position: &Position,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => {
            let decided = [
                ("id", id.as_str().into()),
                ("outcome", Field::Plain(outcome.as_str())),
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
            ];
            timeoff_cli::write_json_line(out, &decided)
        }
        OutputFormat::Text => writeln!(
            out,
            "{outcome:<8}  {}  result at partition {}, offset {}",
            timeoff_cli::escaped(id.as_str()),
            position.partition,
            position.offset
        ),
    }
}

fn print_answer(out: &mut impl Write, output: OutputFormat, answered: &Answered) -> io::Result<()> {
    let Answered {
        command_id,
        partition,
        how,
        ..
    } = answered;
    let command_id = command_id.to_string();
    let (answer, said) = match how {
        How::Done(name) => ("accepted", *name),
        How::Refused(reason) => ("refused", reason.as_str()),
        How::Repeated => ("repeated", "it has had its answer"),
    };
    match output {
        OutputFormat::Json => timeoff_cli::write_json_line(
            out,
            &[
                ("command_id", Field::Plain(&command_id)),
                ("answer", Field::Plain(answer)),
                ("said", said.into()),
                ("partition", (*partition).into()),
            ],
        ),
        OutputFormat::Text => writeln!(
            out,
            "{answer:<8}  command {command_id}  {}",
            timeoff_cli::escaped(said)
        ),
    }
}
