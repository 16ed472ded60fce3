//! Letters that are put back together, and how that is reported.

use std::io::{self, Write};

use anyhow::Context;
use timeoff_cli::{Notices, OutputFormat, Unrecorded, counted};
use timeoff_log::{Delivery, NewRecord, Position, Settled, Settlement, Subscription};
use timeoff_models::ApplicationId;

use super::place::Place;

/// Letters that are settled together.
#[derive(Default)]
pub(crate) struct Batch {
    settlements: Vec<Settlement>,
    /// For each settlement, the letter's position and the application's id.
    letters: Vec<(Position, ApplicationId<'static>)>,
    /// How many bytes are put back.
    bytes: usize,
}

impl Batch {
    /// How many letters there are.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// How many bytes are put back.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a letter and the record that it becomes again.
    pub(crate) fn add(
        &mut self,
        delivery: Delivery,
        id: ApplicationId<'static>,
        record: NewRecord,
    ) {
        self.letters.push((delivery.position().clone(), id));
        let settlement = delivery.settle_with(vec![record]);
        self.bytes += settlement.bytes();
        self.settlements.push(settlement);
    }

    /// Puts the letters back, however often the log refuses, and prints those that were put back. Returns their number.
    ///
    /// # Errors
    ///
    /// If the subscription has ended, or standard output fails.
    pub(crate) async fn put_back(
        self,
        subscription: &mut Subscription,
        output: OutputFormat,
        out: &mut impl Write,
        unrecorded: &mut Unrecorded,
        notices: &Notices,
    ) -> anyhow::Result<u64> {
        if self.settlements.is_empty() {
            return Ok(0);
        }
        let settled =
            timeoff_cli::settle_patiently(subscription, self.settlements, unrecorded, notices)
                .await?;
        let (mut recorded, mut stale, mut unknown) = (0, 0, 0);
        let mut printed = Ok(());
        for (settled, (letter, id)) in settled.iter().zip(&self.letters) {
            match settled {
                Settled::Recorded(positions) => {
                    let position = positions.first().context("a letter becomes one record")?;
                    printed = printed.and_then(|()| print(out, output, id, letter, position));
                    recorded += 1;
                }
                Settled::Stale => stale += 1,
                Settled::Unknown => unknown += 1,
            }
        }
        if stale > 0 {
            notices.say(&format!(
                "Dead letters that are not put back here, because another retry has taken them over or they could not \
                be recorded: {stale}."
            ));
        }
        if unknown > 0 {
            notices.say(&format!(
                "Dead letters of which it is not known whether they were put back, because the log did not answer and \
                another retry has taken over: {unknown}. Those that were not still wait."
            ));
        }
        printed.and_then(|()| out.flush()).with_context(|| {
            format!(
                "{} put back, but that could not be printed",
                counted(recorded, "dead letter was", "dead letters were")
            )
        })?;
        Ok(recorded)
    }
}

fn print(
    out: &mut impl Write,
    output: OutputFormat,
    id: &ApplicationId<'_>,
    letter: &Position,
    position: &Position,
) -> io::Result<()> {
    match output {
        OutputFormat::Json => {
            let put_back = [
                ("id", id.as_str().into()),
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
                ("from_topic", (&*letter.topic).into()),
                ("from_partition", letter.partition.into()),
                ("from_offset", letter.offset.into()),
            ];
            timeoff_cli::write_json_line(out, &put_back)
        }
        OutputFormat::Text => writeln!(
            out,
            "{}  put back at {position}  {}",
            Place::from(letter),
            timeoff_cli::escaped(id.as_str())
        ),
    }
}
