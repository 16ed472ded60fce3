//! Leaving prompts, and wrong answers to them.

use timeoff_testkit::wording::{
    ASKS_COMMENT, ASKS_CONFIRMATION, ASKS_DEPARTMENT, ASKS_EMAIL, ASKS_HOURS, ASKS_START,
    HOLDS_ALL, QUEUED, WRONG_EMAIL, WRONG_HOURS, WRONG_START,
};
use timeoff_testkit::{Bench, Key, Terminal, tell};

/// A prompt, and how one gets there.
struct Prompt {
    name: &'static str,
    open: fn(&Bench) -> Terminal,
}

const PROMPTS: [Prompt; 7] = [
    Prompt {
        name: "e-mail",
        open: |bench| form(bench, 0),
    },
    Prompt {
        name: "department",
        open: |bench| form(bench, 1),
    },
    Prompt {
        name: "hours",
        open: |bench| form(bench, 2),
    },
    Prompt {
        name: "start",
        open: |bench| form(bench, 3),
    },
    Prompt {
        name: "confirmation",
        open: |bench| form(bench, 4),
    },
    Prompt {
        name: "inbox",
        open: |bench| {
            let mut manager = Terminal::open(&bench.command("manager-service", &[]));
            manager.wait_for(&[HOLDS_ALL]);
            manager.wait_for(&[">", "ada@example.com"]);
            manager
        },
    },
    Prompt {
        name: "comment",
        open: |bench| {
            let mut manager = Terminal::open(&bench.command("manager-service", &[]));
            manager.wait_for(&[">", "ada@example.com"]);
            manager.type_text("d");
            manager.wait_for(&[ASKS_COMMENT]);
            manager
        },
    },
];

/// The form with so many of its questions answered.
fn form(bench: &Bench, answered: usize) -> Terminal {
    let mut employee = Terminal::open(&bench.command("employee-service", &[]));
    let questions = [
        (ASKS_EMAIL, "ada@example.com"),
        (ASKS_DEPARTMENT, ""),
        (ASKS_HOURS, ""),
        (ASKS_START, ""),
    ];
    for (question, answer) in &questions[..answered] {
        employee.wait_for(&[question]);
        employee.enter(answer);
    }
    let next = questions
        .get(answered)
        .map_or(ASKS_CONFIRMATION, |(question, _)| question);
    employee.wait_for(&[next]);
    employee
}

#[test]
fn every_prompt_is_left_by_ctrl_c_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal| terminal.press(Key::CtrlC));
}

#[test]
fn every_prompt_is_left_by_ctrl_d_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal| terminal.press(Key::CtrlD));
}

#[test]
fn sigterm_ends_every_prompt_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal| terminal.signal("TERM"));
}

/// Nothing is queued or decided by leaving.
fn leave_every_prompt(leave: fn(&mut Terminal)) {
    let bench = Bench::sqlite();
    bench.submit("ada@example.com", "IT", 8).done();
    for prompt in PROMPTS {
        let mut terminal = (prompt.open)(&bench);
        leave(&mut terminal);
        let (took, _) = terminal.done();
        tell(&format!(
            "{} prompt: left after {} ms",
            prompt.name,
            took.as_millis()
        ));
    }
    let mut manager = Terminal::open(&bench.command("manager-service", &[]));
    manager.wait_for(&["1 application waits"]);
    manager.press(Key::CtrlC);
    manager.done();
}

#[test]
fn a_wrong_answer_is_told_with_its_rule_and_asked_again() {
    let bench = Bench::sqlite();
    let mut employee = form(&bench, 0);
    employee.enter("ada");
    employee.wait_for(&[WRONG_EMAIL]);
    employee.enter("@example.com");
    employee.wait_for(&[ASKS_DEPARTMENT]);
    employee.enter("");
    employee.wait_for(&[ASKS_HOURS]);
    employee.enter("9000");
    employee.wait_for(&[WRONG_HOURS]);
    erase(&mut employee, 4);
    employee.enter("24");
    employee.wait_for(&[ASKS_START]);
    employee.enter("2027-02-30");
    employee.wait_for(&[WRONG_START]);
    erase(&mut employee, 10);
    employee.enter("2027-03-01");
    employee.wait_for(&["24", "2027-03-01", "ada@example.com", "HR"]);
    employee.wait_for(&[ASKS_CONFIRMATION]);
    employee.press(Key::Enter);
    employee.wait_for(&[QUEUED]);
    employee.press(Key::CtrlD);
    employee.done();
}

#[test]
fn without_a_terminal_a_form_names_the_command_to_use_instead() {
    let bench = Bench::sqlite();
    let services = [
        ("employee-service", "employee-service submit --email"),
        (
            "manager-service",
            "manager-service auto --approve-up-to-hours",
        ),
    ];
    for (service, instead) in services {
        let ended = bench.run(service, &[]).exited_with(2);
        ended.said(&["error: ", instead, "instead"]);
    }
}

fn erase(terminal: &mut Terminal, characters: usize) {
    terminal.type_text(&"\x7f".repeat(characters));
}
