//! The applications to submit, and who submits them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::ground::PARTITIONS;

/// The departments, in the order of their partitions.
pub(crate) const DEPARTMENTS: [&str; PARTITIONS] = ["HR", "IT", "OPS"];

/// How many people submit applications, one after the other and then from the first again. Every department has as many.
pub(crate) const EMPLOYEES: usize = 1_000 * PARTITIONS;

/// The e-mail address and the partition of whoever submits the application of this number.
pub(crate) fn employee(number: usize) -> (String, usize) {
    let employee = number % EMPLOYEES;
    (format!("e{employee:07}@example.com"), number % PARTITIONS)
}

/// Writes a file of `rows` applications to import.
pub(crate) fn write_csv(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join(format!("{rows}.csv"));
    let mut file = BufWriter::new(File::create(&path).unwrap());
    writeln!(file, "email,department,hours,start").unwrap();
    for number in 0..rows {
        let (email, partition) = employee(number);
        let department = DEPARTMENTS[partition];
        let (hours, month, day) = (1 + number * 17 % 40, 1 + number % 12, 1 + number % 28);
        writeln!(
            file,
            "{email},{department},{hours},2027-{month:02}-{day:02}"
        )
        .unwrap();
    }
    file.flush().unwrap();
    path
}
