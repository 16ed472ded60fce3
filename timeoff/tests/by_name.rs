//! The one program, called by the names of all.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

const ALL: &str = env!("CARGO_BIN_EXE_timeoff");

fn run(program: &Path) -> Output {
    Command::new(program).arg("--version").output().unwrap()
}

#[test]
fn it_is_the_program_by_whose_name_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "employee-service",
        "manager-service",
        "result-reader",
        "timeoff-admin",
        "web-service",
    ] {
        let link = folder.path().join(name);
        symlink(ALL, &link).unwrap();
        let output = run(&link);
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.starts_with(&format!("{name} ")), "{name}: {told}");
        assert!(output.status.success());
    }
}

#[test]
fn by_another_name_it_says_which_names_there_are() {
    let output = run(Path::new(ALL));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("web-service"), "{told}");
    assert!(output.stdout.is_empty());
}
