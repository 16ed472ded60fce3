//! The figures, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

/// Figures of one piece of work, a pair for each round.
#[derive(Debug, Default)]
struct Row {
    rows: usize,
    ours: Vec<f64>,
    floor: Vec<f64>,
}

/// All figures, in the order of the work.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: BTreeMap<(usize, String), Row>,
    order: Vec<String>,
    singles: Vec<(String, Side, Vec<Duration>)>,
}

/// Which side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    Floor,
}

impl Table {
    /// Notes how long a side took for `rows` records.
    pub(crate) fn note(&mut self, work: &str, rows: usize, side: Side, took: Duration) {
        say(&format!(
            "{work:<27} {side:?}: {:.3} s, {:.0} a second",
            took.as_secs_f64(),
            rows as f64 / took.as_secs_f64()
        ));
        if !self.order.iter().any(|known| known == work) {
            self.order.push(work.to_owned());
        }
        let place = self.order.iter().position(|known| known == work).unwrap();
        let row = self.rows.entry((place, work.to_owned())).or_default();
        row.rows = rows;
        match side {
            Side::Ours => row.ours.push(took.as_secs_f64()),
            Side::Floor => row.floor.push(took.as_secs_f64()),
        }
    }

    /// Notes how long each of many single things took.
    pub(crate) fn note_each(&mut self, work: &str, side: Side, mut times: Vec<Duration>) {
        times.sort_unstable();
        say(&format!("{work:<27} {side:?}: {}", percentiles(&times)));
        self.singles.push((work.to_owned(), side, times));
    }

    /// Seconds and ratios, for programs.
    pub(crate) fn json(&self) -> String {
        let singles = self.singles.iter().map(|(work, side, times)| {
            json!({
                "work": work,
                "side": format!("{side:?}").to_lowercase(),
                "seconds": times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
            })
        });
        let rows = self.rows.iter().map(|((_, work), row)| {
            json!({
                "work": work,
                "records": row.rows,
                "ours_seconds": row.ours,
                "floor_seconds": row.floor,
                "ratio": row.ratio(),
            })
        });
        format!("{:#}\n", Value::Array(rows.chain(singles).collect()))
    }
}

impl Row {
    /// TimeOff's rate as a share of the floor's: at 1, TimeOff adds nothing.
    fn ratio(&self) -> f64 {
        median(&self.floor) / median(&self.ours)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<27} {:>9} {:>11} {:>15} {:>11} {:>15} {:>6}",
            "work", "records", "ours /s", "(min-max s)", "floor /s", "(min-max s)", "ratio"
        )?;
        for ((_, work), row) in &self.rows {
            let rate = |times: &[f64]| row.rows as f64 / median(times);
            writeln!(
                f,
                "{work:<27} {:>9} {:>11.0} {:>15} {:>11.0} {:>15} {:>6.2}",
                row.rows,
                rate(&row.ours),
                spread(&row.ours),
                rate(&row.floor),
                spread(&row.floor),
                row.ratio()
            )?;
        }
        writeln!(f)?;
        for (work, side, times) in &self.singles {
            writeln!(f, "{work:<27} {side:?}: {}", percentiles(times))?;
        }
        Ok(())
    }
}

/// The times must be sorted.
fn percentiles(times: &[Duration]) -> String {
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    format!(
        "p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms of {}",
        at(50),
        at(99),
        at(100),
        times.len()
    )
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

fn spread(times: &[f64]) -> String {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    format!("{least:.2}-{most:.2}")
}

/// Prints for a person, as the benchmark goes on.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
