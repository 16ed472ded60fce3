//! The days of a leave in few words.

use timeoff_ledger::{Days, Half, LeaveDay, hours};

/// "2027-03-01 to 2027-03-05, 2027-03-08 (morning)": whole days in a row are one entry.
pub(crate) fn days(days: &Days) -> String {
    let mut runs: Vec<(LeaveDay, LeaveDay)> = Vec::new();
    for &day in days.iter() {
        match runs.last_mut() {
            Some((_, last))
                if (last.half, day.half) == (Half::Both, Half::Both)
                    && last.date.next() == Some(day.date) =>
            {
                *last = day;
            }
            _ => runs.push((day, day)),
        }
    }
    let runs = runs.iter().map(|(first, last)| match first.half {
        _ if first.date != last.date => format!("{} to {}", first.date, last.date),
        Half::Both => first.date.to_string(),
        Half::Morning => format!("{} (morning)", first.date),
        Half::Afternoon => format!("{} (afternoon)", first.date),
        Half::Any => format!("{} ({})", first.date, hours(first.minutes)),
    });
    runs.collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::days;

    #[test]
    fn whole_days_in_a_row_are_one_entry_and_parts_say_which() {
        let text = "2027-03-03 240 afternoon, 2027-03-04 480, 2027-03-05 480, 2027-03-08 480, 2027-03-09 90 minutes";
        assert_eq!(
            days(&text.parse().expect("days")),
            "2027-03-03 (afternoon), 2027-03-04 to 2027-03-05, 2027-03-08, 2027-03-09 (1 h 30 min)"
        );
    }
}
