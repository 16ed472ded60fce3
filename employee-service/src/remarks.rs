//! What is worth a second look in a file, though it can be queued.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use timeoff_cli::counted;
use timeoff_models::LeaveStart;

use crate::columns::Row;

/// Repetitions are found among this many applications, from the first on. This bounds memory: some 3 MB.
const COMPARED: usize = 100_000;

/// At most this many lines of each kind are named.
const TOLD_LINES: usize = 10;

/// What was noticed about the applications of a file.
pub(crate) struct Remarks {
    /// Today, at the place of whoever queues them.
    today: LeaveStart,
    past: Lines,
    hasher: RandomState,
    /// The line of each application, by its hash. In a lifetime, one file has two different applications with the same
    /// hash.
    first: HashMap<u64, u64>,
    repeated: u64,
    /// The line of a repeated application, and that of the first one like it.
    told: Vec<(u64, u64)>,
}

#[derive(Default)]
struct Lines {
    count: u64,
    first: Vec<u64>,
}

impl Remarks {
    pub(crate) fn new(today: LeaveStart) -> Remarks {
        Remarks {
            today,
            past: Lines::default(),
            hasher: RandomState::new(),
            first: HashMap::new(),
            repeated: 0,
            told: Vec::new(),
        }
    }

    /// Notes what is worth a second look in a good row.
    pub(crate) fn look_at(&mut self, row: &Row<'_>, line: u64) {
        if row.start < self.today {
            self.past.count += 1;
            if self.past.first.len() < TOLD_LINES {
                self.past.first.push(line);
            }
        }
        if self.first.len() < COMPARED {
            let hash = self.hasher.hash_one(row);
            let first = *self.first.entry(hash).or_insert(line);
            if first != line {
                self.repeated += 1;
                if self.told.len() < TOLD_LINES {
                    self.told.push((line, first));
                }
            }
        }
    }

    /// One sentence about starts in the past, one for each repeated application that is named, and one that counts the
    /// other repeated ones.
    pub(crate) fn sentences(&self, file: &str) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.past.count > 0 {
            let lines: Vec<String> = self.past.first.iter().map(u64::to_string).collect();
            let more = match self.past.count - lines.len() as u64 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            sentences.push(format!(
                "{file}: {} in the past ({} {}{more}).",
                counted(self.past.count, "application starts", "applications start"),
                if lines.len() == 1 { "line" } else { "lines" },
                lines.join(", ")
            ));
        }
        for (line, first) in &self.told {
            sentences.push(format!(
                "{file}, line {line}: the same application as in line {first}."
            ));
        }
        if self.repeated > self.told.len() as u64 {
            let more = self.repeated - self.told.len() as u64;
            sentences.push(format!(
                "{file}: … and {}.",
                counted(
                    more,
                    "more application that is there twice",
                    "more applications that are there twice"
                )
            ));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::{COMPARED, Remarks};
    use crate::rows::Rows;
    use timeoff_models::Departments;

    fn of(rows: &str) -> Remarks {
        let file = format!("email,department,hours,start\n{rows}");
        let departments = Departments::default();
        let mut rows = Rows::new(file.as_bytes(), &departments).expect("a header");
        let mut remarks = Remarks::new("2027-01-01".parse().expect("a day"));
        while let Some(row) = rows.next().expect("readable") {
            remarks.look_at(&row.expect("an application"), rows.line());
        }
        remarks
    }

    #[test]
    fn a_start_in_the_past_and_the_same_application_again_are_named_by_their_lines() {
        let remarks = of("ada@example.com,IT,8,0001-01-01\n\
                          bob@example.com,IT,8,2027-01-01\n\
                          ADA@example.com,it,8,0001-01-01\n\
                          bob@example.com,IT,9,2027-01-01\n");
        assert_eq!(
            remarks.sentences("a.csv"),
            [
                "a.csv: 2 applications start in the past (lines 2, 4).",
                "a.csv, line 4: the same application as in line 2.",
            ]
        );
        assert_eq!(
            of("bob@example.com,IT,8,2026-12-31\n").sentences("a.csv"),
            ["a.csv: 1 application starts in the past (line 2)."]
        );
        assert!(
            of("bob@example.com,IT,8,2027-01-01\n")
                .sentences("a.csv")
                .is_empty()
        );
    }

    #[test]
    fn of_many_some_are_named_and_the_others_counted() {
        let sentences = of(&"ada@example.com,IT,8,2026-01-01\n".repeat(13)).sentences("a.csv");
        assert_eq!(
            sentences[0],
            "a.csv: 13 applications start in the past (lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more)."
        );
        assert_eq!(sentences.len(), 12);
        assert_eq!(
            sentences[11],
            "a.csv: … and 2 more applications that are there twice."
        );
    }

    #[test]
    fn what_is_remembered_does_not_grow_with_the_file() {
        let rows: String = (0..COMPARED + 1_000)
            .map(|n| format!("e{n}@example.com,IT,8,2027-01-01\n"))
            .collect();
        let remarks = of(&rows);
        assert_eq!(remarks.first.len(), COMPARED);
    }
}
