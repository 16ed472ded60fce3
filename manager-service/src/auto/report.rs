//! What a run reports about the decisions that were recorded, and about those that were not.

use std::io::{self, Write};

use anyhow::Context;
use timeoff_cli::{Field, Notices, OutputFormat, counted};
use timeoff_log::{Position, Settled};
use timeoff_models::{ApplicationId, Outcome};

use super::batch::Decided;
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
            match (settled, &decided.decision) {
                (Settled::Recorded(positions), Some((id, outcome))) => {
                    let position = positions.first().context("a decision has one result")?;
                    // A failing standard output does not keep the rest from being counted.
                    printed =
                        printed.and_then(|()| print(self.out, self.output, id, *outcome, position));
                }
                (Settled::Recorded(_), None) => {}
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
