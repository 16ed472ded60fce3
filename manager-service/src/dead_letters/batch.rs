//! What is put back together, and how it is told.

use std::io::Write;

use anyhow::Context;
use serde::Serialize;
use timeoff_cli::{Notices, OutputFormat};
use timeoff_log::{Delivery, NewRecord, Position, Settled, Settlement, Subscription};
use timeoff_models::ApplicationId;

use super::place::Place;

/// A letter that was put back, as it is printed.
#[derive(Debug, Serialize)]
struct PutBack<'a> {
    id: &'a str,
    topic: &'a str,
    partition: i32,
    offset: i64,
    from_topic: &'a str,
    from_partition: i32,
    from_offset: i64,
}

/// Letters that are settled together.
#[derive(Default)]
pub(crate) struct Batch {
    settlements: Vec<Settlement>,
    /// Of each settlement, where the letter stands and which application it is.
    letters: Vec<(Position, ApplicationId)>,
}

impl Batch {
    /// How many letters there are.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// Adds a letter and the record that it becomes again.
    pub(crate) fn add(&mut self, delivery: Delivery, id: ApplicationId, record: NewRecord) {
        self.letters.push((delivery.position().clone(), id));
        self.settlements.push(delivery.settle_with(vec![record]));
    }

    /// Puts the letters back, however often the log refuses, and prints which were. Returns how many.
    ///
    /// # Errors
    ///
    /// If the subscription has ended, or standard output fails.
    pub(crate) async fn put_back(
        self,
        subscription: &mut Subscription,
        output: OutputFormat,
        out: &mut impl Write,
        notices: &Notices,
    ) -> anyhow::Result<u64> {
        if self.settlements.is_empty() {
            return Ok(0);
        }
        let settled =
            timeoff_cli::settle_patiently(subscription, self.settlements, notices).await?;
        let (mut recorded, mut stale, mut unknown) = (0, 0, 0);
        for (settled, (letter, id)) in settled.iter().zip(&self.letters) {
            match settled {
                Settled::Recorded(positions) => {
                    let position = positions.first().context("a letter becomes one record")?;
                    print(out, output, id, letter, position)?;
                    recorded += 1;
                }
                Settled::Stale => stale += 1,
                Settled::Unknown => unknown += 1,
            }
        }
        if stale > 0 {
            notices.say(&format!(
                "Dead letters that are not put back here, because another retry has taken them over or they could not be recorded: {stale}."
            ));
        }
        if unknown > 0 {
            notices.say(&format!(
                "Dead letters of which it is not known whether they were put back, because the log did not answer and another retry has taken over: {unknown}. Those that were not still wait."
            ));
        }
        out.flush()?;
        Ok(recorded)
    }
}

fn print(
    out: &mut impl Write,
    output: OutputFormat,
    id: &ApplicationId,
    letter: &Position,
    position: &Position,
) -> anyhow::Result<()> {
    match output {
        OutputFormat::Json => {
            let put_back = PutBack {
                id: id.as_str(),
                topic: &position.topic,
                partition: position.partition,
                offset: position.offset,
                from_topic: &letter.topic,
                from_partition: letter.partition,
                from_offset: letter.offset,
            };
            timeoff_cli::write_json_line(out, &put_back)?;
        }
        OutputFormat::Text => writeln!(
            out,
            "{}  put back at {position}  {}",
            Place::from(letter),
            timeoff_cli::printable(id.as_str())
        )?,
    }
    Ok(())
}
