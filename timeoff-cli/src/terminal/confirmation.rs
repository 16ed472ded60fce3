//! The prompt for yes or no.

use super::key::Key;
use super::line::{Line, Tone, cut, width};
use super::prompt::{Look, Prompt, Step};

/// Asks for yes or no.
pub(super) struct Confirmation<'a> {
    question: &'a str,
    default: bool,
    answer: Option<bool>,
    is_wrong: bool,
}

impl<'a> Confirmation<'a> {
    pub(super) fn new(question: &'a str, default: bool) -> Confirmation<'a> {
        Confirmation {
            question,
            default,
            answer: None,
            is_wrong: false,
        }
    }
}

impl Prompt for Confirmation<'_> {
    type Answer = bool;

    fn press(&mut self, key: &Key) -> Step<bool> {
        let answer = match key {
            Key::Char('y' | 'Y') => true,
            Key::Char('n' | 'N') => false,
            Key::Enter => self.default,
            Key::Control('d') => return Step::Leave,
            Key::Resized => return Step::Again,
            _ => {
                self.is_wrong = true;
                return Step::Again;
            }
        };
        self.answer = Some(answer);
        Step::Answered(answer)
    }

    fn look(&self, (columns, _): (u16, u16)) -> Look {
        let choices = if self.default { "[Y/n]" } else { "[y/N]" };
        let room = usize::from(columns).saturating_sub(choices.len() + 3);
        let question = cut(Line::from(self.question).text(), room);
        let question = Line::new(&format!("{question} {choices} "), Tone::Strong);
        let cursor = width(question.text());
        let mut lines = vec![question];
        if self.is_wrong {
            let default = if self.default { "yes" } else { "no" };
            let hint = format!("  Press y for yes, n for no; Enter means {default}.");
            lines.push(Line::new(&hint, Tone::Wrong));
        }
        Look {
            lines,
            cursor: Some((0, cursor)),
        }
    }

    fn summary(&self) -> Line {
        let answer = match self.answer {
            Some(true) => " yes",
            Some(false) => " no",
            None => "",
        };
        Line::from(format!("{}{answer}", self.question))
    }
}

#[cfg(test)]
mod tests {
    use crate::Shutdown;
    use crate::terminal::{Answer, script::Script};

    #[tokio::test]
    async fn y_n_and_enter_answer_and_other_keys_explain() {
        for (keys, default, answer) in [
            ("y", false, true),
            ("N", true, false),
            ("\n", true, true),
            ("\n", false, false),
            ("xqn", true, false),
        ] {
            let (shutdown, _trigger) = Shutdown::manual();
            let (mut terminal, script) = Script::at(60, 10, &shutdown);
            script.type_text(keys);
            let given = terminal.confirm("Send it?", default).await;
            assert_eq!(given.expect("answered"), Answer::Given(answer), "{keys}");
            assert_eq!(
                script.drawn().contains("Press y for yes"),
                keys.contains('x')
            );
            assert!(script.visible(60, 10).starts_with("Send it? "));
        }
    }
}
