//! Wrong usage, and what is said of it.

use crate::office::{GRACE, Office};

const FROM: &str = "--from=2027-01-01";
const UNTIL: &str = "--until=2027-12-31";

#[test]
fn wrong_usage_is_explained_and_ends_with_2() {
    let office = Office::closed();
    office.write("names.csv", "email,name\nada@example.com,Ada\n");
    for (arguments, told) in [
        (&["frob"][..], "unrecognized subcommand 'frob'"),
        (&["init"], "--admin <EMAIL>"),
        (&["init", "--admin", "grace"], "must have exactly one @"),
        (
            &["init", "--admin", GRACE, "--department", "SALES"],
            "\"SALES\" is not a department",
        ),
        (&["people", "move", GRACE, "IT"], "--as <EMAIL>"),
        (
            &["people", "move", GRACE, "IT", "--as", "grace"],
            "--as: \"grace\" is not an e-mail",
        ),
        (
            &["people", "move", "Grace", "IT", "--as", GRACE],
            "a person is named by their e-mail address or id",
        ),
        (
            &["people", "show", GRACE],
            "grace@example.com has not been entered",
        ),
        (
            &["people", "list", "--department", "x"],
            "\"x\" is not a department",
        ),
        (
            &[
                "people",
                "leave",
                GRACE,
                "--last-day",
                "31.12.2027",
                "--as",
                GRACE,
            ],
            "must be YYYY-MM-DD",
        ),
        (
            &[
                "people",
                "leave",
                GRACE,
                "--last-day",
                "2027-02-29",
                "--as",
                GRACE,
            ],
            "there is no day 2027-02-29",
        ),
        (
            &["people", "import", "nowhere.csv", "--as", GRACE],
            "nowhere.csv: it could not be read",
        ),
        (
            &["people", "import", "names.csv", "--as", GRACE],
            "no column 'department'",
        ),
        (&["people", "import", "names.csv"], "--as <EMAIL>"),
        (
            &[
                "delegate",
                "--from=a@b.cc",
                "--to=b@b.cc",
                "--first-day=2027-02-02",
                "--last-day=2027-02-01",
                "--as",
                GRACE,
            ],
            "--last-day is before --first-day",
        ),
        (
            &["decide", "x", "aprove", "--as", GRACE],
            "a similar value exists: 'approve'",
        ),
        (
            &["decide", "x", "approve", "--as", GRACE, "--command-id", "7"],
            "an id must be a UUID",
        ),
        (
            &["withdraw", " ", "--as", GRACE],
            "an application's id is not empty",
        ),
        (
            &["ledger", "show", GRACE, "--at", "yesterday"],
            "\"yesterday\" is not a time",
        ),
        (&["commands", "wait", "7"], "an id must be a UUID"),
        (
            &["policy", "check", "nowhere.toml"],
            "nowhere.toml: it could not be read",
        ),
        (
            &["policy", "set", "names.csv", "--as", GRACE],
            "names.csv:1:",
        ),
        (&["policy", "set", "names.csv"], "--as <EMAIL>"),
        (
            &[
                "grant",
                GRACE,
                "annual",
                "--minutes=0",
                FROM,
                UNTIL,
                "--as",
                GRACE,
            ],
            "0 minutes grant nothing",
        ),
        (
            &[
                "grant",
                GRACE,
                "annual",
                "--hours=1",
                FROM,
                "--until=2026-12-31",
                "--as",
                GRACE,
            ],
            "--until 2026-12-31 is before --from 2027-01-01",
        ),
        (
            &[
                "grant",
                GRACE,
                "annual",
                "--hours=0.01",
                FROM,
                UNTIL,
                "--as",
                GRACE,
            ],
            "hours are a number such as 40 or 7.5",
        ),
        (
            &[
                "grant",
                GRACE,
                "annual",
                "--hours=1",
                "--minutes=1",
                FROM,
                UNTIL,
                "--as",
                GRACE,
            ],
            "cannot be used with",
        ),
        (
            &["grant", GRACE, "annual", FROM, UNTIL, "--as", GRACE],
            "--hours <H>",
        ),
        (
            &[
                "grant",
                GRACE,
                "annual",
                "--hours=1",
                FROM,
                UNTIL,
                "--as",
                GRACE,
            ],
            "grace@example.com has not been entered",
        ),
        (&["grant", "--by-policy", "--as", GRACE], "--year <YYYY>"),
        (
            &["grant", "--by-policy", "--year=2027", "--as", GRACE],
            "whom? Name a person, a --department, or --everybody",
        ),
        (
            &[
                "grant",
                GRACE,
                "--by-policy",
                "--year=2027",
                "--everybody",
                "--as",
                GRACE,
            ],
            "cannot be used with",
        ),
        (
            &[
                "grant",
                "--by-policy",
                "--year=0",
                "--everybody",
                "--as",
                GRACE,
            ],
            "0 is not in 1..=9999",
        ),
        (
            &["balance", GRACE],
            "grace@example.com has not been entered",
        ),
        (
            &["decide-cancellation", "x", "cancel", "--as", GRACE],
            "[possible values: approve, decline]",
        ),
    ] {
        let ended = office.run(arguments).exited_with(2).said(&[told]);
        assert_eq!(ended.out, [""; 0], "{arguments:?}");
    }
}

#[test]
fn a_typing_error_in_an_address_is_answered_with_the_one_that_is_there() {
    let office = Office::with_people();
    office
        .by(GRACE, &["people", "move", "bbo@example.com", "HR"])
        .exited_with(2)
        .said(&["error: bbo@example.com has not been entered; did you mean bob@example.com?"]);
}

#[test]
fn who_asks_may_be_a_variable_and_an_error_names_it() {
    let mut office = Office::with_people();
    office
        .bench
        .variables
        .push(("TIMEOFF_AS", GRACE.to_owned()));
    office
        .run(&["people", "move", "bob@example.com", "HR"])
        .done();
    office.bench.variables = vec![("TIMEOFF_AS", "grace".to_owned())];
    office
        .run(&["people", "move", "bob@example.com", "IT"])
        .exited_with(2)
        .said(&["TIMEOFF_AS: \"grace\" is not an e-mail address"]);
}

#[test]
fn whoever_only_looks_changes_nothing() {
    let office = Office::closed();
    let ended = office.run(&["people", "list"]).done();
    assert_eq!(ended.out, ["Nobody is entered."]);
    assert!(!ended.err.contains(&office.bench.ledger), "{}", ended.err);
    office
        .run(&["ledger", "show", GRACE])
        .exited_with(1)
        .said(&["error: the ledger has no event about grace@example.com"]);
}
