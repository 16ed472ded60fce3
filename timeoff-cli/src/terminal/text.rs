//! The prompt for a line of text.

use std::fmt::Display;

use super::edit::Edit;
use super::key::Key;
use super::line::{Line, Tone, cut, width, wrapped};
use super::prompt::{Look, Prompt, Step};

/// The fewest columns that the answer gets, however long the question is.
const MIN_ROOM: usize = 8;

/// The indentation of what is wrong.
const INDENT: &str = "  ";

/// Asks for a text that `validate` accepts.
pub(super) struct Text<'a, V> {
    question: &'a str,
    default: Option<&'a str>,
    validate: V,
    edit: Edit,
    /// What the up arrow brings back.
    kept: Option<&'a str>,
    /// What was wrong with the last answer.
    wrong: Option<String>,
}

impl<'a, V> Text<'a, V> {
    pub(super) fn new(question: &'a str, default: Option<&'a str>, validate: V) -> Text<'a, V> {
        Text {
            question,
            default,
            validate,
            edit: Edit::default(),
            kept: None,
            wrong: None,
        }
    }

    pub(super) fn with_kept(self, kept: Option<&'a str>) -> Text<'a, V> {
        Text { kept, ..self }
    }

    fn answer(&self) -> &str {
        match self.default {
            Some(default) if self.edit.text().trim().is_empty() => default,
            _ => self.edit.text(),
        }
    }

    fn prefix(&self) -> String {
        match self.default {
            Some(default) => format!("{} [{default}]: ", self.question),
            None => format!("{}: ", self.question),
        }
    }
}

impl<T, E: Display, V: Fn(&str) -> Result<T, E>> Prompt for Text<'_, V> {
    type Answer = T;

    fn press(&mut self, key: &Key) -> Step<T> {
        match key {
            Key::Control('d') if self.edit.is_at_end() => Step::Leave,
            Key::Escape => Step::Back,
            Key::Up => {
                if let Some(kept) = self.kept {
                    self.edit = Edit::with(kept);
                }
                Step::Again
            }
            Key::Enter => match (self.validate)(self.answer()) {
                Ok(answer) => {
                    self.wrong = None;
                    Step::Answered(answer)
                }
                Err(wrong) => {
                    self.wrong = Some(wrong.to_string());
                    Step::Again
                }
            },
            key => {
                self.edit.press(key);
                Step::Again
            }
        }
    }

    fn look(&self, (columns, _): (u16, u16)) -> Look {
        let columns = usize::from(columns).saturating_sub(1);
        let prefix = Line::from(self.prefix());
        let prefix = cut(prefix.text(), columns.saturating_sub(MIN_ROOM));
        let view = self.edit.view(columns.saturating_sub(width(&prefix)));
        let cursor = width(&prefix) + view.cursor;
        let mut lines = vec![Line::new(&format!("{prefix}{}", view.text), Tone::Strong)];
        let wrong = Line::from(self.wrong.as_deref().unwrap_or_default());
        for part in wrapped(wrong.text(), columns.saturating_sub(INDENT.len())) {
            lines.push(Line::new(&format!("{INDENT}{part}"), Tone::Wrong));
        }
        Look {
            lines,
            cursor: Some((0, cursor)),
        }
    }

    fn summary(&self) -> Line {
        Line::from(format!("{}: {}", self.question, self.answer()))
    }
}

#[cfg(test)]
mod tests {
    use crate::Shutdown;
    use crate::terminal::{Answer, Terminal, script::Script};
    use crossterm::event::{Event, KeyCode};

    fn terminal() -> (Terminal, Script) {
        let (shutdown, _trigger) = Shutdown::manual();
        Script::at(40, 10, &shutdown)
    }

    fn number(text: &str) -> Result<u8, String> {
        text.parse()
            .map_err(|_| format!("\"{text}\" is not a number"))
    }

    #[tokio::test]
    async fn enter_on_an_empty_line_takes_the_default_and_shows_it() {
        let (mut terminal, script) = terminal();
        script.type_text("\n");
        let answer = terminal.line("Hours", Some("8"), number).await;
        assert_eq!(answer.expect("answered"), Answer::Given(8));
        assert!(script.drawn().contains("Hours [8]: "));
        assert_eq!(script.visible(40, 10), "Hours: 8");
    }

    #[tokio::test]
    async fn a_wrong_answer_is_told_and_kept_to_be_corrected() {
        let (mut terminal, script) = terminal();
        script.type_text("1x\n");
        let asking = tokio::spawn(async move { terminal.line("Hours", Some("8"), number).await });
        while !script.drawn().contains("is not a number") {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            script.visible(40, 10),
            "Hours [8]: 1x\n  \"1x\" is not a number"
        );
        script.press(KeyCode::Backspace);
        script.type_text("6\n");
        let answer = asking.await.expect("no panic").expect("answered");
        assert_eq!(answer, Answer::Given(16));
        assert_eq!(script.visible(40, 10), "Hours: 16");
    }

    #[tokio::test]
    async fn ctrl_c_leaves_anywhere_and_ctrl_d_where_there_is_nothing_to_delete() {
        let (mut terminal, script) = terminal();
        for keys in ["", "12"] {
            for letter in ['c', 'd'] {
                script.type_text(keys);
                script.press_control(letter);
                let answer = terminal.line("Hours", None, number).await;
                assert_eq!(answer.expect("answered"), Answer::Left, "{keys} {letter}");
            }
        }
        script.type_text("12");
        script.press(KeyCode::Home);
        script.press_control('d');
        script.type_text("\n");
        let answer = terminal.line("Hours", None, number).await;
        assert_eq!(answer.expect("answered"), Answer::Given(2));
    }

    #[tokio::test]
    async fn esc_goes_back_and_the_up_arrow_brings_back_what_is_kept() {
        let (mut terminal, script) = terminal();
        script.type_text("12");
        script.press(KeyCode::Esc);
        let answer = terminal.line("Hours", None, number).await;
        assert_eq!(answer.expect("answered"), Answer::Back);
        assert_eq!(script.visible(40, 10), "");

        script.type_text("9");
        script.press(KeyCode::Up);
        script.type_text("6\n");
        let answer = terminal.line_or_kept("Hours", Some("1"), number).await;
        assert_eq!(answer.expect("answered"), Answer::Given(16));
    }

    #[tokio::test]
    async fn a_rule_is_shown_in_whole_however_long_the_answer_was() {
        let (mut terminal, script) = terminal();
        script.paste(&"x".repeat(3_000));
        script.type_text("\n");
        let asking = tokio::spawn(async move { terminal.line("Hours", None, number).await });
        while !script.drawn().contains("is not a number") {
            tokio::task::yield_now().await;
        }
        let visible = script.visible(40, 10);
        assert!(visible.ends_with("is not a number"), "{visible}");
        assert!(visible.lines().count() <= 6, "{visible}");
        drop(script);
        asking.await.expect("no panic").expect("left");
    }

    #[tokio::test]
    async fn a_request_to_stop_and_a_hang_up_leave() {
        let (shutdown, trigger) = Shutdown::manual();
        let (mut terminal, script) = Script::at(40, 10, &shutdown);
        let asking = tokio::spawn(async move {
            let answer = terminal.line("Hours", None, number).await;
            (terminal, answer)
        });
        while !script.drawn().contains("Hours") {
            tokio::task::yield_now().await;
        }
        trigger.request();
        let (_, answer) = asking.await.expect("no panic");
        assert_eq!(answer.expect("answered"), Answer::Left);

        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, script) = Script::at(40, 10, &shutdown);
        drop(script);
        let answer = terminal.line("Hours", None, number).await;
        assert_eq!(answer.expect("answered"), Answer::Left);
    }

    #[tokio::test]
    async fn a_window_that_becomes_narrow_cuts_the_question_not_the_answer() {
        let (mut terminal, script) = terminal();
        script.send(Event::Resize(20, 5));
        script.type_text("123456789012345678\n");
        let question = "A question that is longer than the window";
        let answer = terminal
            .line(question, None, |text| Ok::<_, String>(text.to_owned()))
            .await;
        assert_eq!(
            answer.expect("answered"),
            Answer::Given("123456789012345678".to_owned())
        );
        assert!(script.drawn().contains("…45678"), "{}", script.drawn());
    }
}
