//! Leaving prompts, and wrong answers to them.

use timeoff_testkit::wording::{
    ASKS_ANOTHER, ASKS_COMMENT, ASKS_CONFIRMATION, ASKS_DEPARTMENT, ASKS_EMAIL, ASKS_END,
    ASKS_START, HOLDS_ALL, NO_ANSWER_BY_PASTE, QUEUED, WRONG_EMAIL, WRONG_HOURS, WRONG_START,
};
use timeoff_testkit::{Bench, Key, Terminal, tell};

/// A prompt, and how to get there.
struct Prompt {
    name: &'static str,
    kind: Kind,
    open: fn(&Bench) -> Terminal,
}

#[derive(Clone, Copy)]
enum Kind {
    Line,
    /// One of dialoguer's questions, with these words.
    Choice(&'static str),
    Inbox,
}

const PROMPTS: [Prompt; 7] = [
    Prompt {
        name: "e-mail",
        kind: Kind::Line,
        open: |bench| form(bench, 0),
    },
    Prompt {
        name: "department",
        kind: Kind::Choice(ASKS_DEPARTMENT),
        open: |bench| form(bench, 1),
    },
    Prompt {
        name: "start",
        kind: Kind::Line,
        open: |bench| form(bench, 2),
    },
    Prompt {
        name: "end",
        kind: Kind::Line,
        open: |bench| form(bench, 3),
    },
    Prompt {
        name: "confirmation",
        kind: Kind::Choice(ASKS_CONFIRMATION),
        open: |bench| form(bench, 4),
    },
    Prompt {
        name: "inbox",
        kind: Kind::Inbox,
        open: |bench| {
            let mut manager = Terminal::open(&bench.command("manager-service", &[]));
            manager.wait_for(&[HOLDS_ALL]);
            manager.wait_for(&[">", "ada@example.com"]);
            manager
        },
    },
    Prompt {
        name: "comment",
        kind: Kind::Line,
        open: |bench| {
            let mut manager = Terminal::open(&bench.command("manager-service", &[]));
            manager.wait_for(&[">", "ada@example.com"]);
            manager.type_text("d");
            manager.wait_for(&[ASKS_COMMENT]);
            manager
        },
    },
];

/// The form with this many of its questions answered.
fn form(bench: &Bench, answered: usize) -> Terminal {
    let mut employee = Terminal::open(&bench.command("employee-service", &[]));
    let questions = [
        (ASKS_EMAIL, "ada@example.com"),
        (ASKS_DEPARTMENT, ""),
        (ASKS_START, ""),
        (ASKS_END, ""),
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
    leave_every_prompt(|terminal, _| terminal.press(Key::CtrlC));
}

#[test]
fn every_prompt_that_is_not_dialoguers_is_left_by_ctrl_d_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal, kind| {
        terminal.press(Key::CtrlD);
        if let Kind::Choice(_) = kind {
            terminal.press(Key::CtrlC);
        }
    });
}

#[test]
fn sigterm_ends_every_prompt_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal, _| terminal.signal("TERM"));
}

#[test]
fn a_hang_up_ends_every_prompt_and_the_terminal_is_as_before() {
    leave_every_prompt(|terminal, _| terminal.signal("HUP"));
}

#[test]
fn every_prompt_bears_another_size_of_the_window_and_is_not_answered_by_a_paste() {
    leave_every_prompt(|terminal, kind| {
        terminal.resize(20, 60);
        terminal.resize(40, 120);
        terminal.paste("yes\none\nno");
        match kind {
            Kind::Line => {
                terminal.wait_for(&["yes one no"]);
            }
            Kind::Choice(question) => {
                terminal.wait_until("it is asked again", |text| {
                    let after = text.rsplit_once(NO_ANSWER_BY_PASTE);
                    after.is_some_and(|(_, after)| after.contains(question))
                });
            }
            Kind::Inbox => {}
        }
        terminal.press(Key::CtrlC);
    });
}

/// Leaves every prompt, and checks that this queues and decides nothing.
fn leave_every_prompt(leave: fn(&mut Terminal, Kind)) {
    let bench = Bench::sqlite();
    bench.submit("ada@example.com", "IT", 8).done();
    for prompt in PROMPTS {
        let mut terminal = (prompt.open)(&bench);
        leave(&mut terminal, prompt.kind);
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
    employee.wait_for(&[ASKS_START]);
    employee.enter("2027-02-30");
    employee.wait_for(&[WRONG_START]);
    erase(&mut employee, 10);
    employee.enter("2027-03-01");
    employee.wait_for(&[ASKS_END]);
    employee.enter("9000");
    employee.wait_for(&[WRONG_HOURS]);
    erase(&mut employee, 4);
    employee.enter("24");
    employee.wait_for(&["24", "2027-03-01", "ada@example.com", "HR"]);
    employee.wait_for(&[ASKS_CONFIRMATION]);
    employee.press(Key::Enter);
    employee.wait_for(&[QUEUED]);
    employee.wait_for(&[ASKS_ANOTHER]);
    employee.press(Key::CtrlC);
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
