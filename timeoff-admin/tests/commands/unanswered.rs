//! What happens as long as nobody answers.

use crate::office::{ADA, BOB, GRACE, Office, id_said};

#[test]
fn without_a_manager_it_says_so_waits_on_and_the_answer_comes_later() {
    let mut office = Office::closed();
    let init = ["init", "--admin", GRACE, "--output", "text"];
    let mut asking = office.bench.start("timeoff-admin", &init);
    asking.wait_until_said(
        "No answer from HR yet. Perhaps no manager is there: start manager-service serve.",
    );
    assert_eq!(asking.status(), None, "it waits on");
    office.serve();
    let ended = asking.wait().done();
    assert_eq!(ended.out.len(), 3);
}

#[test]
fn a_stop_leaves_the_command_on_the_log_and_says_how_to_ask_for_its_answer() {
    let mut office = Office::closed();
    let application = office.submit(BOB, "IT");
    let decide = ["decide", &application, "approve", "--as", ADA];
    let mut asking = office.bench.start("timeoff-admin", &decide);
    asking.wait_until_said("No answer from IT yet");
    asking.signal("INT");
    let ended = asking.wait().exited_with(1);
    let id = id_said(&ended.err);
    let ended = ended.said(&[&format!("timeoff-admin commands wait {id}")]);
    assert_eq!(ended.out, [""; 0]);

    let wait = ["commands", "wait", &id];
    office
        .run(&[&wait[..], &["--within", "0"]].concat())
        .exited_with(1)
        .said(&[&format!("error: no answer to {id} within 0 s")]);
    let mut waiting = office.bench.start("timeoff-admin", &wait);
    waiting.wait_until_said("No answer from IT yet");
    office.serve();
    waiting.wait().exited_with(1).said(&[
        "error: IT refuses: Nobody has been entered in IT yet: name its first admin first.",
    ]);
    // Asked again, it is there at once.
    office
        .run(&[&wait[..], &["--within", "0"]].concat())
        .exited_with(1)
        .said(&["IT refuses"]);
}

#[test]
fn what_only_looks_makes_nothing() {
    let office = Office::closed();
    office.write(
        "people.csv",
        "email,name,department\nada@example.com,Ada,IT\n",
    );
    let dry = ["people", "import", "people.csv", "--dry-run"];
    let id = "01a22984-7e9e-7208-b8db-8bfcdc6050ff";
    let wait = ["commands", "wait", id, "--within", "0"];
    let files = || {
        std::fs::read_dir(office.bench.folder.path())
            .unwrap()
            .count()
    };
    let before = files();
    for looks in [&dry[..], &wait] {
        office
            .run(looks)
            .exited_with(1)
            .said(&["there is no such file"]);
        assert_eq!(files(), before, "{looks:?}");
    }
    office.submit(BOB, "IT");
    let planned = office.run(&dry).done();
    assert_eq!(planned.out[0], "ada@example.com: entered in IT");
    office
        .run(&wait)
        .exited_with(1)
        .said(&[&format!("error: no answer to {id}: there is no topic ")]);
    let list = ["departments", "list"];
    let topics = office.bench.run("manager-service", &list).done().err;
    assert!(topics.contains(&office.bench.applications), "{topics}");
    assert!(!topics.contains(&office.bench.commands), "{topics}");
}

#[test]
fn a_command_that_nobody_has_sent_is_said_not_to_be_there() {
    let office = Office::with_grace();
    let id = "01a22984-7e9e-7208-b8db-8bfcdc6050ff";
    office
        .run(&["commands", "wait", id, "--within", "0"])
        .exited_with(1)
        .said(&[
            &format!("There is no command {id} on "),
            "error: no answer to ",
        ]);
}

#[test]
fn an_import_waits_for_the_answers_to_an_earlier_one() {
    let mut office = Office::with_grace();
    office.close();
    office.write(
        "people.csv",
        "email,name,department\nbob@example.com,Bob,IT\n",
    );
    let import = ["people", "import", "people.csv", "--as", GRACE];
    let mut first = office.bench.start("timeoff-admin", &import);
    first.wait_until_said("No answer from IT yet");
    first.signal("INT");
    first.wait().exited_with(1);

    office.write(
        "people.csv",
        "email,name,department\nbob@example.com,Bob,HR\n",
    );
    let dry = office.run(&[&import[..], &["--dry-run"]].concat());
    let dry = dry
        .exited_with(1)
        .said(&["error: 1 command about people has no answer yet: "]);
    assert_eq!(dry.out, [""; 0]);
    let mut second = office.bench.start("timeoff-admin", &import);
    second.wait_until_said("1 command about people has no answer yet");
    office.serve();
    let second = second.wait().done();
    assert_eq!(second.out[0], "bob@example.com: moved from IT to HR");
    let everybody = office.json(&["people", "list", "--all"]);
    assert_eq!(everybody.len(), 2, "{everybody:?}");
}
