//! Which columns the list has, and how wide they are. What a decision depends on comes first, and is the last to go
//! when the window gets narrow.

use ratatui::layout::Constraint;
use timeoff_cli::cut;
use timeoff_models::Ticks;

use super::Entry;

/// An address up to this wide is shown whole before there is room for the place on the log and for the words between.
const WIDE_EMAIL: usize = 32;
/// How narrow an address gets before the waiting time is left out.
const NARROW_EMAIL: usize = 18;
/// An address is never narrower than this.
const LEAST_EMAIL: usize = 6;
/// "8784 h"
const HOURS: usize = 6;
const LATER: &str = "(later)";

/// What is shown of an application, in a window of some width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    email: usize,
    widest: Widest,
    detail: Detail,
}

/// What there is room for besides department, address, hours and first day. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Detail {
    /// A mark on those left for later.
    Mark,
    /// How long it has waited, and that it was left for later.
    Waiting,
    /// The words between, such as "waits".
    Words,
    /// Where it is on the log.
    Place,
}

/// The width of the widest value in each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Widest {
    department: usize,
    email: usize,
    start: usize,
    waiting: usize,
    later: usize,
    place: usize,
}

impl Columns {
    /// The columns for entries in a window of that width.
    pub(super) fn new<T>(width: usize, entries: &[&Entry<T>], now: Ticks) -> Columns {
        let mut widest = Widest::default();
        for entry in entries {
            let application = &entry.row.application;
            let raise = |so_far: &mut usize, length: usize| *so_far = length.max(*so_far);
            raise(
                &mut widest.department,
                application.department.as_str().len(),
            );
            raise(&mut widest.email, application.email.as_str().len());
            raise(&mut widest.start, application.start.to_string().len());
            raise(
                &mut widest.waiting,
                waiting_time(entry.row.since, now).len(),
            );
            raise(&mut widest.place, place(entry).len());
            if entry.is_left_for_later {
                widest.later = LATER.len();
            }
        }
        let details = [Detail::Place, Detail::Words, Detail::Waiting, Detail::Mark];
        let room = |detail| width.saturating_sub(widest.without_email(detail));
        let least = |detail| match detail {
            Detail::Place | Detail::Words => WIDE_EMAIL,
            Detail::Waiting | Detail::Mark => NARROW_EMAIL,
        };
        let fits = |&detail: &Detail| room(detail) >= widest.email.min(least(detail));
        let detail = details.into_iter().find(fits).unwrap_or(Detail::Mark);
        Columns {
            email: widest.email.min(room(detail)).max(LEAST_EMAIL),
            widest,
            detail,
        }
    }

    /// The columns' widths as ratatui takes them.
    pub(super) fn constraints(&self) -> Vec<Constraint> {
        let email = [self.email];
        let widths = self.widest.widths(self.detail);
        let widths = widths[..2].iter().chain(&email).chain(&widths[2..]);
        widths
            .map(|&width| Constraint::Length(u16::try_from(width).unwrap_or(u16::MAX)))
            .collect()
    }

    /// What the columns show of an entry.
    pub(super) fn cells<T>(&self, entry: &Entry<T>, is_chosen: bool, now: Ticks) -> Vec<String> {
        let application = &entry.row.application;
        let mark = match (
            is_chosen,
            entry.is_left_for_later && self.detail == Detail::Mark,
        ) {
            (true, true) => ">~",
            (true, false) => ">",
            (false, true) => " ~",
            (false, false) => "",
        };
        let words = |text: &str| match self.detail >= Detail::Words {
            true => format!("{text} "),
            false => String::new(),
        };
        let mut cells = vec![
            mark.to_owned(),
            application.department.to_string(),
            cut(application.email.as_str(), self.email),
            format!("{:>4} h", application.hours.get()),
            format!("{}{}", words("from"), application.start),
        ];
        if self.detail >= Detail::Waiting {
            let waiting = waiting_time(entry.row.since, now);
            cells.push(format!("{}{waiting}", words("waits")));
            if self.widest.later > 0 {
                cells.push(if entry.is_left_for_later { LATER } else { "" }.to_owned());
            }
        }
        if self.detail >= Detail::Place {
            cells.push(place(entry));
        }
        cells
    }
}

impl Widest {
    /// The widths of the columns, without the address's.
    fn widths(&self, detail: Detail) -> Vec<usize> {
        let words = |text: &str| match detail >= Detail::Words {
            true => text.len() + 1,
            false => 0,
        };
        let mark = if detail == Detail::Mark && self.later > 0 {
            2
        } else {
            1
        };
        let mut widths = vec![mark, self.department, HOURS, words("from") + self.start];
        if detail >= Detail::Waiting {
            widths.push(words("waits") + self.waiting);
            if self.later > 0 {
                widths.push(self.later);
            }
        }
        if detail >= Detail::Place {
            widths.push(self.place);
        }
        widths
    }

    /// The width that all columns but the address take, with a blank before each column but the first.
    fn without_email(&self, detail: Detail) -> usize {
        let widths = self.widths(detail);
        widths.iter().sum::<usize>() + widths.len()
    }
}

fn place<T>(entry: &Entry<T>) -> String {
    format!(
        "partition {}, offset {}",
        entry.row.partition, entry.row.offset
    )
}

/// A waiting time in its largest unit: "now", "12 min", "3 h", "5 d".
fn waiting_time(since: Ticks, now: Ticks) -> String {
    let minutes = now.since(since).num_minutes();
    match minutes {
        ..1 => "now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::waiting_time;
    use timeoff_models::Ticks;

    const MINUTE: i64 = 600_000_000;

    fn ticks(ticks: i64) -> Ticks {
        Ticks::try_from(ticks).expect("in range")
    }

    #[test]
    fn a_waiting_time_is_told_in_its_largest_unit() {
        for (minutes, text) in [
            (-5, "now"),
            (0, "now"),
            (59, "59 min"),
            (60, "1 h"),
            (1439, "23 h"),
            (2880, "2 d"),
        ] {
            assert_eq!(
                waiting_time(ticks(10 * MINUTE), ticks((10 + minutes) * MINUTE)),
                text
            );
        }
    }
}
