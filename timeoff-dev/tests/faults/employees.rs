//! Employees who apply for leave, one by one and in files, and remember what they were told.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use fastrand::Rng;
use timeoff_testkit::Ended;

use crate::checker::DEPARTMENTS;
use crate::company::Company;
use crate::heard::decisions;
use crate::history::{Asked, Imported, Submitted};
use crate::seat::Seat;

/// How many rows a file has at most.
const MOST_ROWS: usize = 1_500;

/// Applies one by one until the company closes.
pub(crate) fn submit(company: &Company<'_>, mut rng: Rng) {
    let mut number = 0;
    while !company.is_closing() {
        number += 1;
        let email = format!("s{}-{number}@example.com", company.phase);
        let asked = asked(&mut rng);
        let hours = asked.hours.to_string();
        let arguments = timeoff_testkit::submit(&email, asked.department, &hours);
        let arguments = [&arguments[..], &["--output", "json"]].concat();
        let command = company.command("employee-service", &arguments);
        company.history().asked.insert(email, asked);
        if let Some(ended) = run(company, &company.submitter, command) {
            note_submitted(company, &ended);
        }
        std::thread::sleep(Duration::from_millis(rng.u64(..100)));
    }
}

/// Notes what `submit` reported as queued, even if it was killed a moment later.
pub(crate) fn note_submitted(company: &Company<'_>, ended: &Ended) {
    let said = decisions(&ended.out).into_iter().map(|line| Submitted {
        id: line.id,
        partition: line.partition,
        offset: line.offset,
    });
    company.history().submitted.extend(said);
}

/// Hands in file after file until the company closes.
pub(crate) fn import(company: &Company<'_>, mut rng: Rng) {
    let mut number = 0;
    while !company.is_closing() {
        number += 1;
        let rows = 1 + rng.usize(..MOST_ROWS);
        let (text, rows_asked) = csv(company.phase, number, rows, &mut rng);
        let emails = rows_asked.iter().map(|(email, _)| email.clone()).collect();
        company.history().asked.extend(rows_asked);
        let path = company.stage.bench().folder.path().join("import.csv");
        std::fs::write(&path, text).unwrap();
        let arguments = ["import", path.to_str().unwrap(), "--output", "json"];
        let command = company.command("employee-service", &arguments);
        let ended = run(company, &company.importer, command);
        let acknowledged = ended.map_or(0, |ended| acknowledged(&ended, rows));
        company.history().imported.push(Imported {
            emails,
            acknowledged,
        });
        std::thread::sleep(Duration::from_millis(rng.u64(..800)));
    }
}

/// Runs a process to its end. `None` if it was killed.
fn run(company: &Company<'_>, seat: &Seat, command: Command) -> Option<Ended> {
    seat.start(command);
    let past = company.wait_for_end(seat)?;
    company.note_end(&past);
    Some(past.process)
}

/// A little more than half are too long to be approved.
fn asked(rng: &mut Rng) -> Asked {
    Asked {
        department: DEPARTMENTS[rng.usize(..3)],
        hours: rng.u32(1..=40),
    }
}

fn csv(phase: usize, file: usize, rows: usize, rng: &mut Rng) -> (String, Vec<(String, Asked)>) {
    let mut text = "email,department,hours,start\n".to_owned();
    let rows: Vec<(String, Asked)> = (0..rows)
        .map(|row| (format!("i{phase}-{file}-{row}@example.com"), asked(rng)))
        .collect();
    for (email, Asked { department, hours }) in &rows {
        writeln!(text, "{email},{department},{hours},2027-07-01").unwrap();
    }
    (text, rows)
}

/// How many rows, from the first, `import` reported as queued.
fn acknowledged(ended: &Ended, rows: usize) -> usize {
    if ended.status.success() {
        assert_eq!(ended.out, [format!(r#"{{"queued":{rows},"rejected":0}}"#)]);
        return rows;
    }
    let of_all = format!(" of {rows} applications are queued");
    let before = ended
        .err
        .split(&of_all)
        .next()
        .filter(|text| text.len() < ended.err.len());
    let number = before.and_then(|text| text.rsplit(' ').next());
    number.map_or(0, |number| number.parse().unwrap())
}
