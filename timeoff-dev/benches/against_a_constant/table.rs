//! The figures, as a table.

use std::fmt;
use std::io::Write;

use crate::wrk::Figures;

/// The figures of all rounds, in the order of the work.
#[derive(Default)]
pub(crate) struct Table {
    works: Vec<Work>,
    log_alone: Vec<Figures>,
}

struct Work {
    name: &'static str,
    floor: Vec<Figures>,
    ours: Vec<Figures>,
}

impl Table {
    /// Notes a round of both sides.
    pub(crate) fn note(&mut self, name: &'static str, floor: Figures, ours: Figures) {
        say(&format!(
            "{name:<20} ours {:.0} /s, floor {:.0} /s: {:.2}",
            ours.rate,
            floor.rate,
            ours.rate / floor.rate
        ));
        let known = self.works.iter_mut().find(|work| work.name == name);
        match known {
            Some(work) => {
                work.floor.push(floor);
                work.ours.push(ours);
            }
            None => self.works.push(Work {
                name,
                floor: vec![floor],
                ours: vec![ours],
            }),
        }
    }

    /// Notes a round of the log alone.
    pub(crate) fn note_log_alone(&mut self, alone: Figures) {
        say(&format!("the log alone takes {:.0} /s", alone.rate));
        self.log_alone.push(alone);
    }
}

impl Work {
    /// Our rate as a share of the floor's, of each round: what else the machine does changes between rounds.
    fn ratios(&self) -> Vec<f64> {
        let pairs = self.ours.iter().zip(&self.floor);
        pairs.map(|(ours, floor)| ours.rate / floor.rate).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} {:>8} {:>8} {:>8}  {:>8} {:>8} {:>8}  {:>5} {:>11}",
            "work",
            "ours /s",
            "p50 ms",
            "p99 ms",
            "floor /s",
            "p50 ms",
            "p99 ms",
            "ratio",
            "(min-max)"
        )?;
        for work in &self.works {
            let ratios = work.ratios();
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            writeln!(
                f,
                "{:<20} {}  {}  {:>5.2} {:>11}",
                work.name,
                medians(&work.ours),
                medians(&work.floor),
                median(ratios.into_iter()),
                format!("{least:.2}-{most:.2}")
            )?;
        }
        if self.log_alone.is_empty() {
            return Ok(());
        }
        writeln!(f, "{:<20} {}", "the log alone", medians(&self.log_alone))
    }
}

fn medians(figures: &[Figures]) -> String {
    let of = |figure: fn(&Figures) -> f64| median(figures.iter().map(figure));
    format!(
        "{:>8.0} {:>7.2} {:>7.2} {:>7.1}",
        of(|figures| figures.rate),
        of(|figures| figures.p50),
        of(|figures| figures.p99),
        of(|figures| figures.cpu)
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len().is_multiple_of(2) {
        true => f64::midpoint(sorted[middle - 1], sorted[middle]),
        false => sorted[middle],
    }
}

/// Prints for a person, as the benchmark goes on.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
