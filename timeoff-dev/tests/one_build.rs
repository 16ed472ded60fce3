//! One build serves all: whichever of the programs is built, the dependencies have the same features, so that
//! `cargo run --release -p …` after `cargo demo` compiles nothing a second time. Nor do the tests compile anything a
//! second time for the programs that they run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::process::Command;

use timeoff_dev::services::workspace;

/// The programs that the README mentions, and the one that the image has.
const PROGRAMS: [&str; 7] = [
    "employee-service",
    "manager-service",
    "result-reader",
    "timeoff-admin",
    "web-service",
    "timeoff",
    "timeoff-dev",
];

/// The kinds of dependencies that a build of a program follows, and those that a build of a test follows.
const BUILT: &str = "normal,build";
const TESTED: &str = "normal,build,dev";

#[test]
fn every_program_builds_its_dependencies_with_the_features_that_the_others_have() {
    let all = dependencies(BUILT, &of_packages(&PROGRAMS));
    for program in PROGRAMS {
        let own = dependencies(BUILT, &of_packages(&[program]));
        assert!(own.len() > 100, "{own:?}");
        let differing: Vec<_> = own.difference(&all).collect();
        assert!(
            differing.is_empty(),
            "built alone, {program} has other features of these than all programs together: {differing:#?}\n\
             Add the missing features to timeoff-cli as well, which every program depends on."
        );
    }
}

#[test]
fn a_build_of_no_package_in_particular_has_the_dependencies_of_the_programs_and_no_others() {
    let all = dependencies(BUILT, &of_packages(&PROGRAMS));
    let plain = dependencies(BUILT, &[]);
    let differing: Vec<_> = plain.symmetric_difference(&all).collect();
    assert!(
        differing.is_empty(),
        "cargo build and the programs differ in these dependencies or their features: {differing:#?}\n\
         Leave what only tests need out of default-members."
    );
}

#[test]
fn the_tests_build_the_dependencies_of_the_programs_with_the_same_features() {
    let of_programs = dependencies(BUILT, &of_packages(&PROGRAMS));
    let names: BTreeSet<_> = of_programs.iter().filter_map(|one| name(one)).collect();
    for tested in ["timeoff-dev", "timeoff-log"] {
        let of_tests = dependencies(TESTED, &of_packages(&[tested]));
        let differing: Vec<_> = of_tests
            .difference(&of_programs)
            .filter(|one| name(one).is_some_and(|name| names.contains(name)))
            .collect();
        assert!(
            differing.is_empty(),
            "the tests of {tested} have other features of these than the programs: {differing:#?}\n\
             Add the missing features to timeoff-cli, or let the tests do without them."
        );
    }
}

/// The name and the version in `name v1.2.3 [features]`.
fn name(dependency: &str) -> Option<&str> {
    let (name_and_version, _) = dependency.split_once(" [")?;
    Some(name_and_version)
}

fn of_packages<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages
        .iter()
        .flat_map(|package| ["--package", package])
        .collect()
}

/// The packages that a build of this selection reaches over these edges, each with the features that Cargo chooses.
fn dependencies(edges: &str, selection: &[&str]) -> BTreeSet<String> {
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
    command.args(["--edges", edges, "--format", "{p} [{f}]"]);
    command.args(selection);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines()
        .filter(|line| !line.is_empty())
        // Cargo marks a package that it names a second time.
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}
