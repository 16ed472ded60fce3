//! What the list looks like.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Row as TableRow, Table};
use timeoff_cli::{Tone, cut, printable, wrapped};
use timeoff_models::Ticks;

use super::columns::Columns;
use super::{Entry, Inbox, Order};

/// What the keys do. All but the last are left out if nothing waits.
const KEYS: [&str; 8] = [
    "↑↓ choose",
    "a approve",
    "d decline",
    "l later",
    "Enter menu",
    "/ filter",
    "s sort",
    "q quit",
];
const KEYS_FOR_NOTHING: [&str; 1] = ["q quit"];
const BETWEEN_KEYS: &str = "  ";

/// What is known of the chosen entry leaves room for this many rows of the list.
const LEAST_ROWS: usize = 3;

/// How far what is known of the chosen entry is indented.
const INDENT: &str = "  ";

/// The inbox as it is to be drawn in a window.
pub(crate) struct View {
    heading: Text<'static>,
    /// The rows that are shown: the cells of each, and its tone.
    rows: Vec<(Vec<String>, Tone)>,
    widths: Vec<Constraint>,
    range: Option<Line<'static>>,
    /// What is known of the chosen entry.
    detail: Text<'static>,
    keys: Text<'static>,
}

impl<T> Inbox<T> {
    /// What the inbox looks like now, in a window of this many columns and rows. `detail` is what is known of the chosen
    /// entry; as much of it is shown as leaves room for some of the list.
    pub(crate) fn view(
        &self,
        (columns, rows): (u16, u16),
        detail: &[(String, Tone)],
        now: Ticks,
    ) -> View {
        let width = usize::from(columns);
        let shown: Vec<&Entry<T>> = self.shown().map(|(_, entry)| entry).collect();
        let heading = [self.held.as_str(), &self.count(shown.len())];
        let keys = match self.entries.is_empty() {
            true => packed(&KEYS_FOR_NOTHING, width),
            false => packed(&KEYS, width),
        };
        let around = heading.len() + keys.len();
        let room = usize::from(rows).saturating_sub(around).max(1);
        let mut detail = indented(detail, width);
        detail.truncate(room.saturating_sub(LEAST_ROWS.min(shown.len())));
        let room = room - detail.len();
        // One line says which part is shown, unless there is room for only one line.
        let has_range = shown.len() > room && room > 1;
        let room = room - usize::from(has_range);
        let first = (self.chosen + 1).saturating_sub(room);
        let part: Vec<_> = shown.iter().copied().skip(first).take(room).collect();
        let range = has_range.then(|| {
            let last = first + part.len();
            format!("  {} to {last} of {}", first + 1, shown.len())
        });
        let table = Columns::new(width, &part, now);
        let line = |(index, entry): (usize, &&Entry<T>)| {
            let is_chosen = first + index == self.chosen;
            let tone = match (is_chosen, entry.is_left_for_later) {
                (true, _) => Tone::Chosen,
                (false, true) => Tone::Faint,
                (false, false) => Tone::Plain,
            };
            (table.cells(entry, is_chosen, now), tone)
        };
        View {
            heading: Text::from_iter(heading.map(|line| cut(line, width)))
                .style(Tone::Strong.style()),
            rows: part.iter().enumerate().map(line).collect(),
            widths: table.constraints(),
            range: range.map(Line::from),
            detail: Text::from_iter(detail),
            keys: Text::from_iter(keys).style(Tone::Faint.style()),
        }
    }

    /// How many applications wait, how many of them are shown, and in which order.
    fn count(&self, shown: usize) -> String {
        let waiting = match self.entries.len() {
            0 => return "No application waits. New ones appear here.".to_owned(),
            1 => "1 application waits".to_owned(),
            count => match self.total {
                Some(total) if total > count as u64 => {
                    format!("About {total} applications wait, {count} of them here")
                }
                _ if self.lacks_some => format!("{count} applications wait, and perhaps more"),
                _ => format!("{count} applications wait"),
            },
        };
        let order = match self.order {
            Order::Arrival => "",
            Order::Start => ", by first day",
            Order::Waiting => ", by waiting time",
        };
        match self.filter.as_str() {
            "" => format!("{waiting}{order}:"),
            filter => format!("{waiting}; {shown} with \"{filter}\"{order}:"),
        }
    }
}

impl View {
    /// How many lines it has.
    pub(crate) fn height(&self) -> u16 {
        let lines = self.heading.height()
            + self.rows.len()
            + usize::from(self.range.is_some())
            + self.detail.height()
            + self.keys.height();
        u16::try_from(lines).unwrap_or(u16::MAX)
    }

    /// Draws it.
    pub(crate) fn render(self, frame: &mut Frame<'_>) {
        let length = |lines: usize| Constraint::Length(u16::try_from(lines).unwrap_or(u16::MAX));
        let areas = Layout::vertical([
            length(self.heading.height()),
            length(self.rows.len()),
            length(usize::from(self.range.is_some())),
            length(self.detail.height()),
            length(self.keys.height()),
        ]);
        let [heading, rows, range, detail, keys] = areas.areas(frame.area());
        let table = self.rows.into_iter();
        let table = table.map(|(cells, tone)| TableRow::new(cells).style(tone.style()));
        frame.render_widget(self.heading, heading);
        frame.render_widget(Table::new(table, self.widths), rows);
        frame.render_widget(self.range.unwrap_or_default(), range);
        frame.render_widget(self.detail, detail);
        frame.render_widget(self.keys, keys);
    }
}

/// What is known of the chosen entry, in lines of at most that many columns.
fn indented(detail: &[(String, Tone)], width: usize) -> Vec<Line<'static>> {
    let room = width.saturating_sub(INDENT.len());
    let lines = |(text, tone): &(String, Tone)| {
        let style = tone.style();
        let lines = wrapped(&printable(text), room).into_iter();
        lines.map(move |line| Line::styled(format!("{INDENT}{line}"), style))
    };
    detail.iter().flat_map(lines).collect()
}

/// The keys in as few lines as they fit in.
fn packed(keys: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for key in keys {
        match lines.last_mut() {
            Some(line)
                if line.chars().count() + BETWEEN_KEYS.len() + key.chars().count() <= width =>
            {
                line.push_str(BETWEEN_KEYS);
                line.push_str(key);
            }
            _ => lines.push((*key).to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::{CAPACITY, Inbox, Row};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use timeoff_cli::Tone;
    use timeoff_models::{LeaveApplication, LeaveHours, Ticks};

    const MINUTE: i64 = 600_000_000;

    fn ticks(ticks: i64) -> Ticks {
        Ticks::try_from(ticks).expect("in range")
    }

    fn row(department: &str, offset: i64) -> Row {
        Row {
            application: LeaveApplication {
                email: "ada.lovelace@example.com".parse().expect("an address"),
                department: department.parse().expect("a department"),
                hours: LeaveHours::try_from(8).expect("in range"),
                start: "2026-07-01".parse().expect("a date"),
                details: None,
            },
            partition: 1,
            offset,
            since: ticks(0),
        }
    }

    fn inbox(count: i64) -> Inbox<i64> {
        let mut inbox = Inbox::new();
        inbox.set_held("You hold HR, IT and OPS.".to_owned());
        for offset in 0..count {
            inbox.add(row("IT", offset), offset);
        }
        inbox
    }

    /// The lines that a window of that size shows, five minutes after all have come.
    fn lines(inbox: &Inbox<i64>, columns: u16, rows: u16) -> Vec<String> {
        lines_with(inbox, columns, rows, &[])
    }

    /// As [`lines`], with what is known of the chosen entry.
    fn lines_with(
        inbox: &Inbox<i64>,
        columns: u16,
        rows: u16,
        detail: &[(String, Tone)],
    ) -> Vec<String> {
        let view = inbox.view((columns, rows), detail, ticks(5 * MINUTE));
        let height = view.height();
        assert!(height <= rows);
        let mut terminal = Terminal::new(TestBackend::new(columns, height)).expect("in memory");
        terminal
            .draw(|frame| view.render(frame))
            .expect("in memory");
        let buffer = terminal.backend().buffer();
        let line = |cells: &[ratatui::buffer::Cell]| -> String {
            cells.iter().map(|cell| cell.symbol()).collect()
        };
        let lines = buffer.content.chunks(usize::from(columns)).map(line);
        lines.map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn a_full_inbox_says_how_many_wait_once_that_is_known() {
        let heading = |inbox: &Inbox<i64>| lines(inbox, 120, 10).join("\n");
        let assert_says = |inbox: &Inbox<i64>, words: &str| {
            let heading = heading(inbox);
            assert!(heading.contains(words), "{words:?} is not in {heading}");
        };
        let mut inbox = inbox(CAPACITY as i64);
        assert_says(&inbox, "500 applications wait, and perhaps more:");
        inbox.set_total(Some(12_345));
        assert_says(&inbox, "About 12345 applications wait, 500 of them here:");
        inbox.take_chosen().expect("one is chosen");
        inbox.note_decided();
        assert_says(&inbox, "About 12344 applications wait, 499 of them here:");
        assert!(inbox.may_lack_some());
        inbox.set_total(Some(499));
        assert_says(&inbox, "499 applications wait:");
        assert!(!inbox.may_lack_some());
        inbox.add(row("IT", 500), 500);
        // What was counted before says nothing of what has come since.
        assert_says(&inbox, "500 applications wait, and perhaps more:");
        inbox.set_total(Some(12_345));
        inbox.forget_total();
        assert_says(&inbox, "500 applications wait, and perhaps more:");
        inbox.take_chosen().expect("one is chosen");
        // It is not known that no more were behind it.
        assert_says(&inbox, "499 applications wait, and perhaps more:");
        inbox.set_total(Some(499));
        assert_says(&inbox, "499 applications wait:");
        inbox.note_held_up();
        assert!(inbox.may_lack_some());
        assert_says(&inbox, "499 applications wait, and perhaps more:");
    }

    #[test]
    fn the_screen_shows_department_partition_offset_and_waiting_time() {
        let mut inbox = inbox(0);
        inbox.add(row("IT", 7), 7);
        let lines = lines(&inbox, 99, 29);
        let line = lines
            .iter()
            .find(|line| line.starts_with('>'))
            .expect("one is chosen");
        for part in [
            "IT",
            "ada.lovelace@example.com",
            "8 h",
            "2026-07-01",
            "5 min",
            "partition 1",
            "offset 7",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn what_decides_stays_when_it_gets_narrow_and_so_does_the_way_out() {
        let mut inbox = inbox(2);
        inbox.leave_chosen_for_later();
        let parts = |columns, parts: &[&str]| {
            let lines = lines(&inbox, columns, 20);
            let chosen = lines
                .iter()
                .find(|line| line.starts_with('>'))
                .expect("one is chosen");
            for part in parts {
                assert!(chosen.contains(part), "{columns}: {part} in {lines:#?}");
            }
            assert!(lines.last().expect("keys").contains("q quit"), "{lines:#?}");
            lines
        };
        let whole = "ada.lovelace@example.com";
        parts(
            120,
            &[
                "IT",
                whole,
                "8 h",
                "from 2026-07-01",
                "waits 5 min",
                "partition 1, offset 1",
            ],
        );
        let lines = parts(79, &["IT", whole, "8 h", "from 2026-07-01", "waits 5 min"]);
        assert!(
            lines.iter().any(|line| line.ends_with("(later)")),
            "{lines:#?}"
        );
        let lines = parts(39, &["IT", "ada.lov", "8 h", "2026-07-01"]);
        assert!(
            lines.iter().any(|line| line.starts_with(" ~")),
            "{lines:#?}"
        );
    }

    #[test]
    fn an_address_is_whole_before_the_place_on_the_log_has_room() {
        let inbox = inbox(1);
        let shown = |columns| lines(&inbox, columns, 20).concat();
        let (whole, place) = ("ada.lovelace@example.com", "partition 1, offset 0");
        for columns in 60..120 {
            let shown = shown(columns);
            let is_whole = shown.contains(whole);
            assert!(is_whole || !shown.contains(place), "{columns}: {shown}");
        }
        assert!(shown(119).contains(place));
        assert!(shown(79).contains(whole));
    }

    #[test]
    fn what_is_known_of_the_chosen_one_stands_between_the_list_and_the_keys() {
        let inbox = inbox(30);
        let detail = [
            (
                "Annual leave from 2027-01-07 to 2027-01-11 takes 24 h (3 days).".to_owned(),
                Tone::Plain,
            ),
            ("It warns.".to_owned(), Tone::Wrong),
        ];
        let lines = lines_with(&inbox, 80, 16, &detail);
        assert_eq!(lines.len(), 16);
        assert_eq!(lines[lines.len() - 2], "  It warns.");
        assert!(
            lines[lines.len() - 3].starts_with("  Annual leave"),
            "{lines:#?}"
        );
        assert!(lines.last().expect("keys").contains("q quit"));
        // It is broken where the window is narrow, and leaves room for the list.
        let lines = lines_with(&inbox, 40, 10, &detail);
        assert_eq!(lines.len(), 10);
        assert!(lines.iter().any(|line| line.starts_with('>')), "{lines:#?}");
        let rows = lines.iter().filter(|line| line.contains(" h ")).count();
        assert!(rows >= 2, "{lines:#?}");
        assert!(lines.last().expect("keys").contains("q quit"));
    }

    #[test]
    fn departments_of_any_length_are_in_line() {
        let mut inbox = inbox(1);
        inbox.add(row("RESEARCH", 1), 1);
        let lines = lines(&inbox, 99, 20);
        let places: Vec<_> = lines
            .iter()
            .filter_map(|line| line.find("ada.love"))
            .collect();
        assert_eq!(places.len(), 2);
        assert_eq!(places[0], places[1], "{lines:#?}");
    }

    #[test]
    fn as_many_rows_are_shown_as_the_window_has_room_for() {
        let inbox = inbox(30);
        let shown = |rows| {
            let lines = lines(&inbox, 99, rows);
            lines.iter().filter(|line| line.contains("offset")).count()
        };
        assert_eq!(shown(40), 30);
        assert_eq!(shown(29), 25);
        assert_eq!(shown(19), 15);
        assert_eq!(shown(4), 1);
    }

    #[test]
    fn a_long_list_is_shown_around_the_chosen_entry() {
        let mut inbox = inbox(50);
        inbox.choose(30);
        let lines = lines(&inbox, 99, 14);
        assert!(lines.len() < 20);
        let chosen = lines.iter().find(|line| line.starts_with('>'));
        assert!(chosen.expect("one is chosen").contains("offset 30"));
        assert!(
            lines.iter().any(|line| line.contains("22 to 31 of 50")),
            "{lines:?}"
        );
    }

    #[test]
    fn it_is_said_what_is_left_out_and_in_which_order_it_is() {
        let mut inbox = inbox(2);
        inbox.add(row("OPS", 2), 2);
        inbox.set_filter("ops");
        inbox.sort_otherwise();
        let lines = lines(&inbox, 99, 20);
        assert_eq!(
            lines[1],
            "3 applications wait; 1 with \"ops\", by first day:"
        );
    }
}
