//! The applications to submit.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ground::PARTITIONS;

const DEPARTMENTS: [&str; PARTITIONS] = ["HR", "IT", "OPS"];

/// Writes a file of `rows` applications to import.
pub(crate) fn write_csv(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join(format!("{rows}.csv"));
    let mut file = BufWriter::new(File::create(&path).unwrap());
    writeln!(file, "email,department,hours,start").unwrap();
    for number in 0..rows {
        let department = DEPARTMENTS[number % PARTITIONS];
        let (hours, month, day) = (1 + number * 17 % 40, 1 + number % 12, 1 + number % 28);
        writeln!(
            file,
            "e{number:07}@example.com,{department},{hours},2027-{month:02}-{day:02}"
        )
        .unwrap();
    }
    file.flush().unwrap();
    path
}
