//! Asking until there is an answer.

use std::fmt::Display;
use std::io;

use tokio::task::spawn_blocking;

use super::Terminal;
use super::dialog::{Dialog, Outcome, TYPED_AHEAD};
use super::key::Key;
use super::keys::Keys;
use super::line::{Line, Tone, cut};
use super::prompt::{Answer, Prompt, Step};
use super::script;
use super::text::Text;

impl Terminal {
    /// Asks for a line of text until `validate` accepts it. What is wrong is shown below the line, and the text stays
    /// to be corrected. Enter on an empty line takes the default.
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

    /// As [`Terminal::line`] without a default. The up arrow brings back a text that is kept, if there is one.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn line_or_kept<T, E: Display>(
        &mut self,
        question: &str,
        kept: Option<&str>,
        validate: impl Fn(&str) -> Result<T, E>,
    ) -> io::Result<Answer<T>> {
        let text = Text::new(question, None, validate);
        self.ask(text.with_kept(kept)).await
    }

    /// Asks for one of several items, of which there must be at least one, and returns its index. `default` is the item
    /// selected at first.
    ///
    /// Arrow keys move the selection; Enter takes it. What was typed before the question appeared, or is pasted, does
    /// not answer it.
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
        let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
        self.ask_dialog(|columns| Dialog::Choice {
            question: cut(Line::from(question).text(), columns.saturating_sub(1)),
            items: items.clone(),
            default,
        })
        .await
    }

    /// Asks for yes or no: `y`, `n`, or Enter for the default. What was typed before the question appeared, or is
    /// pasted, does not answer it.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn confirm(&mut self, question: &str, default: bool) -> io::Result<Answer<bool>> {
        let answer = self.ask_dialog(|columns| Dialog::Confirmation {
            question: cut(
                Line::from(question).text(),
                columns.saturating_sub(" [Y/n] ".len()),
            ),
            default,
        });
        Ok(answer.await?.map(|index| index == 1))
    }

    async fn ask_dialog(&mut self, dialog: impl Fn(usize) -> Dialog) -> io::Result<Answer<usize>> {
        self.screen.erase()?;
        loop {
            let dialog = dialog(usize::from(self.size().0));
            if let Keys::Scripted(events) = &mut self.keys {
                return script::answer(dialog, events, &mut self.screen).await;
            }
            self.enter_raw_mode()?;
            self.forget_typed().await;
            let is_on_a_line = matches!(dialog, Dialog::Confirmation { .. });
            match self.hear_out(dialog).await? {
                Outcome::Answered(Answer::Left) if is_on_a_line => {
                    self.screen.print(&Line::default())?;
                    return Ok(Answer::Left);
                }
                Outcome::Answered(answer) => return Ok(answer),
                Outcome::TypedAhead => self.say(TYPED_AHEAD, Tone::Wrong)?,
            }
        }
    }

    /// Waits for a dialog to end, or for a reason to abandon it: then its thread ends with the process.
    async fn hear_out(&mut self, dialog: Dialog) -> io::Result<Outcome> {
        let shutdown = self.shutdown.clone();
        let mut asking = spawn_blocking(|| dialog.ask());
        loop {
            tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(Outcome::Answered(Answer::Left)),
                outcome = &mut asking => {
                    return outcome.unwrap_or_else(|panic| Err(io::Error::other(panic)));
                }
                () = self.next_window() => {}
            }
        }
    }

    async fn ask<P: Prompt>(&mut self, mut prompt: P) -> io::Result<Answer<P::Answer>> {
        // Before the question appears: until raw mode, Ctrl-D means something else.
        self.enter_raw_mode()?;
        loop {
            let look = prompt.look(self.size());
            self.screen.draw_lines(&look.lines, look.cursor)?;
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
                Step::Back => {
                    self.screen.erase()?;
                    return Ok(Answer::Back);
                }
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
