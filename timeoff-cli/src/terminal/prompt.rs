//! Asking until there is an answer.

use std::fmt::Display;
use std::io;

use super::Terminal;
use super::choice::Choice;
use super::confirmation::Confirmation;
use super::key::Key;
use super::line::Line;
use super::text::Text;

/// What a person did at a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// They answered.
    Given(T),
    /// They left: Ctrl-C, Ctrl-D (where there is nothing behind the cursor to delete), the terminal was hung up, or the process was
    /// asked to stop.
    Left,
}

/// What a key comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    /// The prompt looks different now, perhaps.
    Again,
    /// It is answered.
    Answered(T),
    /// The person leaves.
    Leave,
}

/// How a prompt looks: its lines, and the cursor's line and column.
pub(super) struct Look {
    pub(super) lines: Vec<Line>,
    pub(super) cursor: Option<(usize, usize)>,
}

/// A question that keys answer. Pure.
pub(super) trait Prompt {
    type Answer;

    fn press(&mut self, key: &Key) -> Step<Self::Answer>;

    /// In a window of that many columns and rows.
    fn look(&self, size: (u16, u16)) -> Look;

    /// The line that stays on the screen once it is answered.
    fn summary(&self) -> Line;
}

impl Terminal {
    /// Asks for a line of text, until `validate` takes it. What is wrong is said below it, and the text stays to be
    /// corrected. Enter on an empty line takes the default.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn line<T, E: Display>(
        &mut self,
        question: &str,
        default: Option<&str>,
        validate: impl Fn(&str) -> Result<T, E>,
    ) -> io::Result<Answer<T>> {
        self.ask(Text::new(question, default, validate)).await
    }

    /// Asks for one of several items, of which there is at least one, and returns its index. `default` is the one
    /// that is chosen at first.
    ///
    /// Arrow keys, `j` and `k`, a digit or the first letter of an item choose it; Enter takes it.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn choose<T: Display>(
        &mut self,
        question: &str,
        items: impl IntoIterator<Item = T>,
        default: usize,
    ) -> io::Result<Answer<usize>> {
        let items = items.into_iter().map(|item| item.to_string()).collect();
        self.ask(Choice::new(question, items, default)).await
    }

    /// Asks for yes or no: `y`, `n`, or Enter for the default.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn confirm(&mut self, question: &str, default: bool) -> io::Result<Answer<bool>> {
        self.ask(Confirmation::new(question, default)).await
    }

    async fn ask<P: Prompt>(&mut self, mut prompt: P) -> io::Result<Answer<P::Answer>> {
        loop {
            let look = prompt.look(self.size());
            self.screen.draw(&look.lines, look.cursor)?;
            let Some(event) = self.next_event().await else {
                break;
            };
            let Some(key) = Key::of(event) else { continue };
            if key == Key::Control('c') {
                break;
            }
            match prompt.press(&key) {
                Step::Again => {}
                Step::Leave => break,
                Step::Answered(answer) => {
                    self.screen.print(&prompt.summary())?;
                    return Ok(Answer::Given(answer));
                }
            }
        }
        self.screen.erase()?;
        Ok(Answer::Left)
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use crate::Shutdown;
    use crate::terminal::script::Script;

    #[tokio::test]
    async fn what_is_typed_while_something_takes_its_time_is_the_next_answer() {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, script) = Script::at(40, 10, &shutdown);
        script.type_text("16\n");
        tokio::select! {
            biased;
            () = terminal.left() => panic!("nobody has left"),
            () = tokio::task::yield_now() => {}
        }
        let answer = terminal.line("Hours", None, str::parse::<u8>).await;
        assert_eq!(answer.expect("answered"), Answer::Given(16));

        script.press_control('c');
        terminal.left().await;
    }
}
