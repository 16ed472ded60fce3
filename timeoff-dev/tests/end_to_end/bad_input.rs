//! What is refused: with which words and which exit code, and without queueing anything.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use timeoff_testkit::{AUTO, Bench, Ended};

use crate::applications::{Decision, parse};

#[test]
fn a_wrong_value_is_told_with_its_field_and_its_rule() {
    let bench = Bench::sqlite();
    let good = [
        ("--email", "ada@example.com"),
        ("--department", "IT"),
        ("--hours", "8"),
        ("--start", "2027-07-01"),
    ];
    for (field, value, rule) in [
        ("--email", "ada", "exactly one @"),
        ("--department", "Astrology", "HR,IT,OPS"),
        ("--hours", "0", "1 to 8784"),
        ("--hours", "8785", "1 to 8784"),
        ("--hours", "-8", "1 to 8784"),
        ("--hours", "eight", "1 to 8784"),
        ("--start", "2027-02-29", "there is no such day"),
        ("--start", "01.07.2027", "YYYY-MM-DD"),
    ] {
        let options = good.map(|(name, good)| [name, if name == field { value } else { good }]);
        let arguments = [&["submit"][..], options.as_flattened()].concat();
        let ended = bench.run("employee-service", &arguments).exited_with(2);
        assert_eq!(ended.out, [""; 0]);
        ended.said(&[field, value, rule]);
    }
    assert_nothing_queued(&bench);
}

#[test]
fn a_file_with_bad_rows_is_refused_with_every_bad_row_and_its_line() {
    let bench = Bench::sqlite();
    let csv = "email,department,hours,start\n\
               ada@example.com,IT,8,2027-07-01\n\
               ada,IT,8,2027-07-01\n\
               \n\
               ada@example.com,IT,0,2027-07-01\n\
               ada@example.com,IT\n\
               grace@example.com,HR,24,2027-07-01\n";
    let bad = ["line 3: ", "line 5: ", "line 6: "];
    let refused = import(&bench, csv.as_bytes(), &[])
        .exited_with(2)
        .said(&bad);
    refused.said(&["nothing was queued", "--skip-invalid"]);
    assert_nothing_queued(&bench);

    let arguments = ["--skip-invalid", "--output", "json"];
    let skipped = import(&bench, csv.as_bytes(), &arguments).done().said(&bad);
    assert_eq!(skipped.out, [r#"{"queued":2,"rejected":3}"#]);
    assert_eq!(decide(&bench).len(), 2);
}

#[test]
fn a_file_that_is_no_list_of_applications_is_refused_with_the_reason() {
    let bench = Bench::sqlite();
    let utf_16: Vec<u8> = "email,department,hours,start\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: [(&[u8], &str); 5] = [
        (b"", "it is empty"),
        (b"email,department,hours,start\n", "it has no row"),
        (
            b"email,department,hours\na@b.cd,IT,8\n",
            "no column 'start'",
        ),
        (&[b"\xff\xfe", utf_16.as_slice()].concat(), "UTF-16"),
        (
            b"email,department,hours,start\nj\xfcrgen@example.com,IT,8,2027-07-01\n",
            "not in UTF-8",
        ),
    ];
    for (csv, reason) in cases {
        let refused = import(&bench, csv, &[]).exited_with(2);
        assert_eq!(refused.out, [""; 0]);
        refused.said(&["applications.csv", reason]);
    }
    let missing = bench.run("employee-service", &["import", "missing.csv"]);
    missing.exited_with(2).said(&["missing.csv"]);
    assert_nothing_queued(&bench);
}

#[test]
fn a_log_file_that_cannot_be_used_is_told_with_address_step_and_remedy() {
    let other = Bench::sqlite();
    std::fs::write(path_of(&other), "Dear diary, today I took a day off.").unwrap();
    assert_refused(
        &other,
        &["could not open the file", "name another file with --log"],
    );

    let mut nowhere = Bench::sqlite();
    nowhere.log = "sqlite:no/such/folder/timeoff.db".to_owned();
    assert_refused(&nowhere, &["could not make the file", "folder"]);

    let read_only = Bench::sqlite();
    read_only.make_topics();
    set_mode(path_of(&read_only), 0o400);
    set_mode(read_only.folder.path(), 0o500);
    // Nothing is read-only for a superuser.
    if std::fs::OpenOptions::new()
        .write(true)
        .open(path_of(&read_only))
        .is_err()
    {
        assert_refused(&read_only, &["could not open the file"]);
    }
    set_mode(read_only.folder.path(), 0o700);
}

#[test]
fn the_log_file_is_readable_by_its_owner_only() {
    let bench = Bench::sqlite();
    bench.submit("ada@example.com", "IT", 8).done();
    let mode = std::fs::metadata(path_of(&bench))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_setting_that_would_break_a_promise_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::on("kafka://127.0.0.1:1".to_owned(), None, folder);
    for (property, reason) in [
        ("acks=1", "every replica"),
        ("enable.idempotence=false", "stored twice"),
        ("isolation.level=read_uncommitted", "taken back"),
        ("no.such.property=1", "there is no such property"),
    ] {
        let refused = bench.run("result-reader", &["-X", property]).exited_with(2);
        let name = property.split('=').next().unwrap();
        refused.said(&["error: ", name, reason]);
    }
}

fn import(bench: &Bench, csv: &[u8], arguments: &[&str]) -> Ended {
    std::fs::write(bench.folder.path().join("applications.csv"), csv).unwrap();
    let arguments = [&["import", "applications.csv"], arguments].concat();
    bench.run("employee-service", &arguments)
}

fn decide(bench: &Bench) -> Vec<Decision> {
    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    parse(&bench.run("manager-service", &arguments).done().out)
}

fn assert_nothing_queued(bench: &Bench) {
    assert!(decide(bench).is_empty());
}

fn assert_refused(bench: &Bench, parts: &[&str]) {
    let services = [
        bench.submit("ada@example.com", "IT", 8),
        bench.run("manager-service", &AUTO),
        bench.run("result-reader", &[]),
    ];
    for service in services {
        let service = service.exited_with(1).said(&["error: ", &bench.log]);
        assert_eq!(service.err.lines().count(), 1, "{}", service.err);
        service.said(parts);
    }
}

fn path_of(bench: &Bench) -> &Path {
    Path::new(bench.log.strip_prefix("sqlite:").unwrap())
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
