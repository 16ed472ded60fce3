//! A CSV file of people.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use timeoff_cli::counted;
use timeoff_models::{Departments, Email};

use super::row::{COLUMNS, NEEDED, Row};

/// The largest file that is read, in bytes. It is read as a whole.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The most people that are taken from one file.
const ROWS_MAX: usize = 20_000;

/// Why a file as a whole cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableFile {
    #[error("it could not be read")]
    Unreadable(#[source] io::Error),
    #[error("it is longer than {} MiB; split it", BYTES_MAX / 1024 / 1024)]
    TooLong,
    #[error("it has more than {ROWS_MAX} people; split it")]
    TooMany,
    #[error("it is not a text in UTF-8; save the sheet as CSV in UTF-8")]
    NotText,
    #[error("it has no row after the first line, which names the columns")]
    NoRows,
    #[error("it is empty; the first line must name the columns, at least email,name,department")]
    Empty,
    #[error("the first line has no column '{0}'; it must name email, name and department")]
    MissingColumn(&'static str),
    #[error("the first line names column '{0}' twice")]
    DoubleColumn(&'static str),
}

/// The rows of a file.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<Row>,
    /// What is wrong with rows that cannot be used: "line 3: role: …".
    pub(super) wrong: Vec<String>,
    /// The names of columns that do not count.
    pub(super) unused: Vec<String>,
}

/// Reads a file as a whole; `-` is standard input.
///
/// # Errors
///
/// [`UnusableFile`] if it cannot be read, is too long, or is not a text.
pub(super) fn read(path: &Path) -> Result<String, UnusableFile> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)),
    };
    read.map_err(UnusableFile::Unreadable)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(UnusableFile::TooLong);
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(UnusableFile::NotText),
    }
}

/// Understands the text of a file.
///
/// # Errors
///
/// [`UnusableFile`] if its first line does not name the columns, or it has no rows, or too many.
pub(super) fn understand(text: &str, departments: &Departments) -> Result<Sheet, UnusableFile> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
        .into_records();
    // The text is UTF-8 and rows may be of any length, so reading it cannot fail.
    let header = match records.next() {
        Some(Ok(header)) if header.iter().any(|name| !name.is_empty()) => header,
        _ => return Err(UnusableFile::Empty),
    };
    let header: Vec<String> = header.iter().map(str::to_lowercase).collect();
    let places = places(&header)?;
    let unused = header
        .iter()
        .filter(|name| !name.is_empty() && !COLUMNS.contains(&name.as_str()));
    let mut sheet = Sheet {
        unused: unused.cloned().collect(),
        ..Sheet::default()
    };
    let mut lines: HashMap<Email, u64> = HashMap::new();
    for record in records.flatten() {
        if record.iter().all(str::is_empty) {
            continue;
        }
        if sheet.rows.len() + sheet.wrong.len() == ROWS_MAX {
            return Err(UnusableFile::TooMany);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let row = match width_of(&record, header.len()) {
            Ok(()) => Row::read(|column| record.get(*places.get(column)?), departments),
            Err(reason) => Err(reason),
        };
        let row = row.and_then(|row| match lines.insert(row.email.clone(), line) {
            None => Ok(row),
            Some(first) => Err(format!("email: it is in line {first} already")),
        });
        match row {
            Ok(row) => sheet.rows.push(row),
            Err(reason) => sheet.wrong.push(format!("line {line}: {reason}")),
        }
    }
    match sheet.rows.len() + sheet.wrong.len() {
        0 => Err(UnusableFile::NoRows),
        _ => Ok(sheet),
    }
}

/// The separator that is most often in the first line.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let count = |separator: u8| {
        let bytes = first.unwrap_or_default().bytes();
        bytes.filter(|&byte| byte == separator).count()
    };
    // Of equals, the last one is taken.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|&separator| count(separator))
        .unwrap_or(b',')
}

/// Where each column is.
fn places(header: &[String]) -> Result<HashMap<&'static str, usize>, UnusableFile> {
    let mut places = HashMap::new();
    for (index, column) in COLUMNS.into_iter().enumerate() {
        let mut found = (0..header.len()).filter(|&place| header[place] == column);
        match (found.next(), found.next()) {
            (_, Some(_)) => return Err(UnusableFile::DoubleColumn(column)),
            (Some(place), None) => {
                places.insert(column, place);
            }
            (None, None) if index < NEEDED => return Err(UnusableFile::MissingColumn(column)),
            (None, None) => {}
        }
    }
    Ok(places)
}

/// Fails if a row has fewer values than there are columns, or more: a comma in a name shifts all that follows.
fn width_of(record: &csv::StringRecord, columns: usize) -> Result<(), String> {
    let beyond = record.iter().skip(columns).any(|value| !value.is_empty());
    if record.len() < columns || beyond {
        return Err(format!(
            "it has {}, the first line names {}",
            counted(record.len() as u64, "value", "values"),
            counted(columns as u64, "column", "columns")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use timeoff_models::Departments;

    use super::{ROWS_MAX, Sheet, UnusableFile, understand};

    fn sheet(text: &str) -> Sheet {
        understand(text, &Departments::default()).expect("it is usable")
    }

    fn unusable(text: &str) -> String {
        let error = understand(text, &Departments::default()).expect_err("it is unusable");
        error.to_string()
    }

    #[test]
    fn columns_are_found_by_name_and_what_is_around_values_does_not_count() {
        let sheet = sheet(
            "\u{feff}Department ; NAME;e-mail;Email;role\r\n\r\nit; Ada Lovelace ;x;ADA@example.com;Approver\r\n;;;;\r\n",
        );
        assert_eq!(sheet.wrong, [""; 0]);
        assert_eq!(sheet.unused, ["e-mail"]);
        let row = &sheet.rows[0];
        assert_eq!(
            (row.email.as_str(), row.department.as_str()),
            ("ada@example.com", "IT")
        );
    }

    #[test]
    fn every_wrong_row_is_named_with_all_that_is_wrong() {
        let sheet = sheet(
            "email,name,department,role,schedule,from,until\n\
             ada,,SALES,boss,8,1.1.27,2027-02-30\n\
             bob@example.com,Bob,HR,,,2027-02-01,2027-01-31\n\
             eve@example.com,\"Eve\nof IT\",IT,,,,\n\
             cy@example.com,Cy,IT\n\
             cy@example.com,Cy,Jr.,IT,,,,late\n\
             dan@example.com,Dan,IT,,,,\n\
             DAN@example.com,Dan,HR,,,,\n",
        );
        let told = sheet.wrong.join("\n");
        for part in [
            "line 2: email: ",
            "; name: a person's name must have",
            "; department: \"SALES\" is not a department",
            "; role: a role must be employee, approver or admin",
            "; schedule: a schedule must be",
            "; from: \"1.1.27\" is not a day: it must be YYYY-MM-DD",
            "; until: there is no day 2027-02-30",
            "line 3: until: 2027-01-31 is before 2027-02-01, the first day",
            "line 4: name: ",
            "line 6: it has 3 values, the first line names 7 columns",
            "line 7: it has 8 values, the first line names 7 columns",
            "line 9: email: it is in line 8 already",
        ] {
            assert!(told.contains(part), "no {part} in {told}");
        }
        assert_eq!((sheet.rows.len(), sheet.wrong.len()), (1, 6));
    }

    #[test]
    fn a_file_that_names_no_columns_or_no_people_is_refused() {
        for (text, told) in [
            ("", UnusableFile::Empty.to_string()),
            ("\n\n", UnusableFile::Empty.to_string()),
            (
                "email,name\n",
                UnusableFile::MissingColumn("department").to_string(),
            ),
            (
                "email,name,department,Name\n",
                UnusableFile::DoubleColumn("name").to_string(),
            ),
            (
                "email,name,department\n,,\n",
                UnusableFile::NoRows.to_string(),
            ),
        ] {
            assert_eq!(unusable(text), told, "{text:?}");
        }
        let many = "email,name,department\n".to_owned() + &"ada,Ada,IT\n".repeat(ROWS_MAX + 1);
        assert_eq!(unusable(&many), UnusableFile::TooMany.to_string());
    }
}
