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
        let (mut stale, mut stale_commands, mut unknown) = (0, 0, 0);
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
                (Settled::Recorded(_), What::DeadLetter | What::UnreadableCommand) => {}
                (Settled::Stale, What::Application(..) | What::DeadLetter) => {
                    stale += 1;
                    left.add(decided.partition, decided.offset);
                }
                (Settled::Stale, What::Command(answered)) => {
                    stale_commands += 1;
                    if let Some(place) = answered.application() {
                        left.restore(place);
                    }
                }
                (Settled::Stale, What::UnreadableCommand) => stale_commands += 1,
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
        if stale_commands > 0 {
            self.notices.say(&format!(
                "{} not answered here: another manager has taken them over, or their applications were decided at the \
                same moment. Whoever holds the department answers them.",
                counted(stale_commands, "command is", "commands are")
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

#[cfg(test)]
mod tests {
    use timeoff_cli::{Notices, OutputFormat};
    use timeoff_log::Settled;
    use timeoff_models::{ApplicationId, Outcome};

    use super::{Report, What};
    use crate::auto::batch::Decided;
    use crate::clerk::{Answered, How};
    use crate::left::Left;
    use crate::tests::{IT, command_id};

    fn command(application: Option<i64>) -> What {
        What::Command(Answered {
            command_id: command_id(1),
            partition: IT,
            offset: 3,
            application,
            how: How::Repeated,
            decided: None,
        })
    }

    #[test]
    fn a_command_that_is_not_answered_is_not_told_or_counted_as_an_application() {
        let mut left = Left::default();
        left.add(IT, 5);
        left.add(IT, 6);
        // A command decides one of them.
        left.remove((IT, 5));
        let whats = [
            command(None),
            command(Some(5)),
            command(Some(9)),
            What::UnreadableCommand,
            What::Application(ApplicationId::from_key("an id"), Outcome::Approved),
            What::DeadLetter,
        ];
        let decided = whats.map(|what| Decided {
            partition: IT,
            offset: 7,
            what,
        });
        let settled = [const { Settled::Stale }; 6];
        let (notices, mut screen) = Notices::to_screen();
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, OutputFormat::Text, &notices);
        let told = report.tell(&settled, &decided, &mut left);
        told.expect("is printed");
        assert!(out.is_empty());
        // The two that were left, one of them again, and the two that the rule has not decided after all.
        assert!(left.are(IT, 4));
        assert!(!left.are(IT, 5));
        for begin in [
            "2 applications are not decided here:",
            "4 commands are not answered here:",
        ] {
            let said = screen.try_recv().expect("a notice");
            assert!(said.starts_with(begin), "{said}");
        }
        assert!(screen.try_recv().is_err());
    }
}
