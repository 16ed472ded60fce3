//! One build serves all: whichever of the programs is built, what they depend on has the same features, so that
//! `cargo run --release -p …` after `cargo demo` compiles nothing a second time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::process::Command;

use timeoff_dev::services::workspace;

/// The programs that the README speaks of.
const PROGRAMS: [&str; 4] = [
    "employee-service",
    "manager-service",
    "result-reader",
    "timeoff-dev",
];

#[test]
fn every_program_builds_its_dependencies_with_the_features_that_the_others_have() {
    let all = dependencies(&of_packages(&PROGRAMS));
    for program in PROGRAMS {
        let own = dependencies(&of_packages(&[program]));
        assert!(own.len() > 100, "{own:?}");
        let differing: Vec<_> = own.difference(&all).collect();
        assert!(
            differing.is_empty(),
            "{program} alone has other features of these than all programs together: {differing:#?}\n\
             Give what lacks the feature it to timeoff-cli as well, which every program has."
        );
    }
}

#[test]
fn a_build_of_no_package_in_particular_has_the_dependencies_of_the_programs_and_no_others() {
    let all = dependencies(&of_packages(&PROGRAMS));
    let plain = dependencies(&[]);
    let differing: Vec<_> = plain.symmetric_difference(&all).collect();
    assert!(
        differing.is_empty(),
        "cargo build builds these otherwise than, or besides, what the programs need: {differing:#?}\n\
         Leave what only tests need out of default-members."
    );
}

fn of_packages<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages
        .iter()
        .flat_map(|package| ["--package", package])
        .collect()
}

/// What a build of this selection has, each package with its features, as Cargo chooses them.
fn dependencies(selection: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace());
    command.args([
        "tree",
        "--locked",
        "--offline",
        "--prefix",
        "none",
        "--no-dedupe",
    ]);
    command.args(["--edges", "normal,build", "--format", "{p} [{f}]"]);
    command.args(selection);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
