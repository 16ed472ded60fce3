//! The operator's command beside a manager, from an empty log to the history of what was done.

use timeoff_testkit::{Bench, Ended};

const GRACE: &str = "grace@example.com";
const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

pub(crate) fn people_are_entered_moved_and_decide_by_the_operators_command(bench: &Bench) {
    let mut serving = bench.start("manager-service", &["serve"]);
    serving.wait_until_said("You hold HR, IT and OPS");
    let run = |by: &str, arguments: &[&str]| -> Ended {
        bench.run("timeoff-admin", &[arguments, &["--as", by]].concat())
    };
    let init = ["init", "--admin", GRACE, "--name", "Grace Hopper"];
    let named = bench.run("timeoff-admin", &init).done();
    assert_eq!(named.out.len(), 3);
    let file =
        "email,name,department,role\nada@example.com,Ada,IT,approver\nbob@example.com,Bob,IT,\n";
    std::fs::write(bench.folder.path().join("people.csv"), file).unwrap();
    let import = ["people", "import", "people.csv"];
    assert_eq!(run(GRACE, &import).done().out.len(), 3);
    assert_eq!(
        run(GRACE, &import).done().out,
        ["Nothing differs: 2 people are as the file says."]
    );

    let mut submit = timeoff_testkit::submit(BOB, "IT", "8").to_vec();
    submit.extend(["--output", "json"]);
    let queued = bench.run("employee-service", &submit).done();
    let queued: serde_json::Value = serde_json::from_str(&queued.out[0]).unwrap();
    let application = queued["id"].as_str().unwrap();
    let decide = ["decide", application, "approve"];
    run(BOB, &decide)
        .exited_with(1)
        .said(&["IT refuses: Only an approver or an admin of IT"]);
    let approved = run(ADA, &decide).done();
    assert_eq!(
        approved.out,
        [format!("Approved: {application}, leave of Bob.")]
    );
    let moved = run(GRACE, &["people", "move", BOB, "HR"]).done();
    assert_eq!(moved.out, ["Bob has come from IT to HR."]);

    serving.signal("TERM");
    serving.wait().exited_with(0);
    let shown = bench
        .run("timeoff-admin", &["ledger", "show", BOB])
        .done()
        .out;
    let told: Vec<&str> = shown
        .iter()
        .step_by(2)
        .map(|line| line.rsplit_once("  ").unwrap().1)
        .collect();
    assert_eq!(
        told,
        [
            "Bob is entered in IT as employee.",
            &approved.out[0],
            "Bob has gone from IT to HR.",
            "Bob has come from IT to HR.",
        ]
    );
}
