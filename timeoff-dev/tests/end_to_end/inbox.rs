//! The inbox of somebody who mistypes, holds a key down, pastes, stops it, or has a small window.

use std::process::Command;

use crate::applications::{Shown, parse};
use timeoff_testkit::Bench;
use timeoff_testkit::signal;
use timeoff_testkit::wording::{
    ASKS_COMMENT, ASKS_FOR_A_FILTER, ASKS_WHAT_TO_DO, HOLDS_ALL, IN_THE_INBOX, LEFT_FOR_LATER,
    NOTHING_DECIDED,
};
use timeoff_testkit::{Key, Terminal};

const WAITING: usize = 12;

#[test]
fn a_mistyped_decision_is_taken_back_by_esc_and_ctrl_c_says_that_nothing_was_decided() {
    let bench = with_applications(1);
    let mut manager = inbox(&bench);
    for key in ["a", "d"] {
        manager.type_text(key);
        manager.wait_for(&[ASKS_COMMENT]);
        manager.type_text("a slip");
        manager.press(Key::Escape);
        manager.wait_until("the inbox is back", is_in_the_inbox);
    }
    manager.press(Key::Enter);
    manager.wait_for(&[ASKS_WHAT_TO_DO]);
    manager.press(Key::Escape);
    manager.wait_until("the inbox is back", is_in_the_inbox);
    manager.type_text("/");
    manager.wait_for(&[ASKS_FOR_A_FILTER]);
    manager.press(Key::Escape);
    manager.wait_until("the inbox is back", is_in_the_inbox);
    manager.type_text("a");
    manager.wait_for(&[ASKS_COMMENT]);
    manager.press(Key::CtrlC);
    let (_, text) = manager.done();
    let said = text.lines().filter(|line| line.contains(NOTHING_DECIDED));
    // Once for each comment that was left. Not for the menu, which leaves nothing on the screen.
    assert_eq!(said.count(), 3, "{text}");
    assert_eq!(results(&bench), 0);
}

#[test]
fn who_holds_enter_down_decides_nothing() {
    let bench = with_applications(WAITING);
    let mut manager = inbox(&bench);
    // First as fast as possible, then as fast as it is answered.
    manager.type_text(&"\r".repeat(WAITING));
    manager.wait_for(&[ASKS_WHAT_TO_DO]);
    for _ in 0..WAITING {
        manager.wait_until("an Enter is heard", is_asked_what_to_do);
        manager.press(Key::Enter);
        manager.wait_until("it is left for later", is_in_the_inbox);
        manager.press(Key::Enter);
    }
    manager.wait_until("an Enter is heard", is_asked_what_to_do);
    manager.press(Key::CtrlC);
    manager.done();
    assert_eq!(results(&bench), 0);
}

#[test]
fn pasted_text_decides_nothing_whether_it_is_marked_or_not() {
    let bench = with_applications(WAITING);
    let mut manager = inbox(&bench);
    manager.paste("a\n\nd\n\n");
    manager.type_text("l");
    manager.wait_for(&[LEFT_FOR_LATER]);
    // A terminal that does not mark pasted text sends it as if it were typed.
    manager.type_text("a\r\rd\r\r");
    manager.wait_for(&[ASKS_COMMENT]);
    manager.press(Key::Escape);
    manager.wait_until("the inbox is back", is_in_the_inbox);
    manager.press(Key::Enter);
    manager.wait_for(&[ASKS_WHAT_TO_DO]);
    manager.paste("jj\n\n");
    manager.wait_for(&["it does not count as an answer"]);
    manager.wait_until("it is asked again", is_asked_what_to_do);
    manager.press(Key::CtrlC);
    manager.done();
    assert_eq!(results(&bench), 0);
}

#[test]
fn a_terminal_that_cannot_move_its_cursor_is_told_what_to_use_instead() {
    let bench = Bench::sqlite();
    for (service, instead) in [
        ("employee-service", "employee-service submit --email"),
        (
            "manager-service",
            "manager-service auto --approve-up-to-hours",
        ),
    ] {
        let mut command = bench.command(service, &[]);
        command.env("TERM", "dumb");
        let text = Terminal::open(&command).exited_with(2);
        let text = text.replace('\n', "");
        assert!(
            text.contains("TERM=dumb") && text.contains(instead),
            "{text}"
        );
    }
}

#[test]
fn an_inbox_that_was_stopped_goes_on_in_the_foreground_as_it_was() {
    let bench = with_applications(2);
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "--noediting", "-i"]);
    let command = bench.command("manager-service", &[]);
    shell.current_dir(bench.folder.path()).env("PS1", "$ ");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut terminal = Terminal::open(&shell);
    terminal.wait_for(&["$ "]);
    terminal.enter(&quoted.join(" "));
    terminal.wait_for(&[">", "employee-0@example.com"]);

    terminal.press(Key::CtrlZ);
    terminal.wait_for(&["Stopped"]);
    terminal.wait_until("the shell is back", is_at_the_shell);
    terminal.enter("fg");
    terminal.wait_until("the inbox is back", is_in_the_inbox);
    // It works without Enter, so keys come one by one.
    terminal.type_text("l");
    terminal.wait_for(&["employee-0@example.com", LEFT_FOR_LATER]);

    signal("STOP", child_of(terminal.pid()));
    terminal.wait_until("the shell is back", is_at_the_shell);
    terminal.enter("fg");
    terminal.wait_until("the inbox is back", is_in_the_inbox);
    terminal.type_text("s");
    terminal.wait_for(&["by first day"]);
    terminal.type_text("q");
    terminal.wait_until("the shell is back", is_at_the_shell);
    terminal.enter("exit");
    terminal.done();
}

#[test]
fn in_a_narrow_window_the_inbox_shows_what_decides_and_the_way_out() {
    let bench = with_applications(2);
    for (rows, columns, place) in [
        (50, 160, true),
        (30, 100, true),
        (24, 80, false),
        (20, 40, false),
    ] {
        let mut manager = Terminal::open_at(rows, columns, &bench.command("manager-service", &[]));
        manager.wait_for(&["2 applications wait"]);
        manager.wait_for(&[">", "IT", "employee-0", "8 h", "2027-07-01"]);
        manager.wait_for(&["q quit"]);
        manager.type_text("l");
        manager.wait_for(&[">", "employee-1"]);
        if columns >= 80 {
            manager.wait_for(&["employee-0@example.com", "waits", LEFT_FOR_LATER]);
        } else {
            manager.wait_for(&[" ~", "employee-0"]);
        }
        let text = manager.text();
        assert_eq!(text.contains("partition 1, offset 0"), place, "{text}");
        manager.type_text("q");
        manager.done();
    }
}

#[test]
fn the_inbox_shows_as_many_as_the_window_has_room_for_and_follows_its_size() {
    let bench = with_applications(WAITING);
    let mut manager = inbox(&bench);
    let shown = |text: &str| text.matches("@example.com").count();
    manager.wait_until("all are shown", |text| shown(text) == WAITING);
    manager.resize(12, 100);
    manager.wait_until("what fits is shown", |text| {
        shown(text) < WAITING && text.contains("of 12") && text.contains("q quit")
    });
    manager.type_text("q");
    manager.done();
}

#[test]
fn what_is_looked_for_in_the_inbox_is_shown_and_all_again_after_esc() {
    let bench = with_applications(3);
    let mut manager = inbox(&bench);
    manager.type_text("/");
    manager.wait_for(&[ASKS_FOR_A_FILTER]);
    manager.enter("EMPLOYEE-2");
    manager.wait_for(&["3 applications wait; 1 with \"employee-2\""]);
    manager.wait_for(&[">", "employee-2@example.com"]);
    manager.press(Key::Escape);
    manager.wait_for(&["3 applications wait:"]);
    manager.type_text("s");
    manager.wait_for(&["3 applications wait, by first day:"]);
    manager.type_text("q");
    manager.done();
}

fn with_applications(count: usize) -> Bench {
    let bench = Bench::sqlite();
    for number in 0..count {
        bench
            .submit(&format!("employee-{number}@example.com"), "IT", 8)
            .done();
    }
    bench
}

fn inbox(bench: &Bench) -> Terminal {
    let mut manager = Terminal::open(&bench.command("manager-service", &[]));
    manager.wait_for(&[HOLDS_ALL]);
    manager.wait_for(&[">", "@example.com"]);
    manager
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().next_back().unwrap_or_default()
}

fn is_in_the_inbox(text: &str) -> bool {
    last_line(text).contains(IN_THE_INBOX)
}

fn is_at_the_shell(text: &str) -> bool {
    last_line(text).trim_end() == "$"
}

/// Whether the menu is the last thing on the screen.
fn is_asked_what_to_do(text: &str) -> bool {
    last_line(text).trim() == "Quit"
}

fn results(bench: &Bench) -> usize {
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let results: Vec<Shown> = parse(&bench.run("result-reader", &arguments).done().out);
    results.len()
}

/// The only process that a shell has started.
fn child_of(shell: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    children.trim().parse().unwrap()
}
