//! Questions: a line, a choice, yes or no.

use std::io;

use crossterm::event::KeyCode;
use unicode_width::UnicodeWidthStr;

use super::editor::Editor;
use super::{Answer, Input, Terminal, Tone, columns};

impl Terminal {
    /// Asks for a line of text. `check` turns it into a value, or says in a sentence why it cannot; then what was
    /// typed stays, to be mended. An empty line means `default`, if there is one.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn line<T>(
        &mut self,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> io::Result<Answer<T>> {
        let mut editor = Editor::default();
        let mut wrong = None;
        let prompt = match default {
            Some(default) => format!("{question} [{default}]: "),
            None => format!("{question}: "),
        };
        loop {
            self.draw_line(&prompt, &editor, wrong.as_deref())?;
            match self.next().await {
                Input::Leave => {
                    self.erase()?;
                    return Ok(Answer::Left);
                }
                Input::Resized => {}
                Input::Key(key) if key.code == KeyCode::Enter => {
                    let typed = editor.text();
                    let text = match default {
                        Some(default) if editor.is_empty() => default,
                        _ => &typed,
                    };
                    match check(text) {
                        Ok(value) => {
                            self.say(&format!("{question}: {text}"), Tone::Plain)?;
                            return Ok(Answer::Given(value));
                        }
                        Err(reason) => wrong = Some(reason),
                    }
                }
                Input::Key(key) => editor.press(key),
            }
        }
    }

    fn draw_line(&mut self, prompt: &str, editor: &Editor, wrong: Option<&str>) -> io::Result<()> {
        let room = columns().saturating_sub(prompt.width() + 1);
        let (shown, cursor) = editor.view(room);
        let mut lines = vec![(format!("{prompt}{shown}"), Tone::Strong)];
        if let Some(wrong) = wrong {
            lines.push((format!("  {wrong}"), Tone::Wrong));
        }
        let column = u16::try_from(prompt.width() + cursor).unwrap_or(u16::MAX);
        self.draw_with_cursor(&lines, Some((0, column)))
    }

    /// Asks for one of some items: by arrow keys, by number, or by first letter. Returns its index.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn choose(
        &mut self,
        question: &str,
        items: &[String],
        default: usize,
    ) -> io::Result<Answer<usize>> {
        let mut chosen = default.min(items.len().saturating_sub(1));
        loop {
            let mut lines = vec![(format!("{question} (arrow keys, Enter):"), Tone::Strong)];
            lines.extend(items.iter().enumerate().map(|(index, item)| {
                if index == chosen {
                    (format!("> {item}"), Tone::Chosen)
                } else {
                    (format!("  {item}"), Tone::Plain)
                }
            }));
            self.draw(&lines)?;
            let key = match self.next().await {
                Input::Leave => {
                    self.erase()?;
                    return Ok(Answer::Left);
                }
                Input::Resized => continue,
                Input::Key(key) => key,
            };
            let last = items.len().saturating_sub(1);
            match key.code {
                KeyCode::Up => chosen = chosen.checked_sub(1).unwrap_or(last),
                KeyCode::Down | KeyCode::Tab => {
                    chosen = if chosen == last { 0 } else { chosen + 1 }
                }
                KeyCode::Home => chosen = 0,
                KeyCode::End => chosen = last,
                KeyCode::Enter => {
                    let item = items.get(chosen).map_or("", String::as_str);
                    self.say(&format!("{question}: {item}"), Tone::Plain)?;
                    return Ok(Answer::Given(chosen));
                }
                KeyCode::Char(c) => {
                    let by_number = c
                        .to_digit(10)
                        .and_then(|digit| (digit as usize).checked_sub(1))
                        .filter(|&index| index < items.len());
                    // The next one that begins with the letter, so that pressing it again goes on.
                    let by_letter = (1..=items.len())
                        .map(|step| (chosen + step) % items.len())
                        .find(|&index| {
                            items[index]
                                .chars()
                                .next()
                                .is_some_and(|first| first.to_lowercase().eq(c.to_lowercase()))
                        });
                    chosen = by_number.or(by_letter).unwrap_or(chosen);
                }
                _ => {}
            }
        }
    }

    /// Asks for yes or no; Enter means `default`.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn confirm(&mut self, question: &str, default: bool) -> io::Result<Answer<bool>> {
        let keys = if default { "Y/n" } else { "y/N" };
        loop {
            self.draw(&[(format!("{question} [{keys}] "), Tone::Strong)])?;
            let answer = match self.next().await {
                Input::Leave => {
                    self.erase()?;
                    return Ok(Answer::Left);
                }
                Input::Resized => continue,
                Input::Key(key) => match key.code {
                    KeyCode::Enter => default,
                    KeyCode::Char('y' | 'Y') => true,
                    KeyCode::Char('n' | 'N') => false,
                    _ => continue,
                },
            };
            let word = if answer { "yes" } else { "no" };
            self.say(&format!("{question} {word}"), Tone::Plain)?;
            return Ok(Answer::Given(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use crate::{Answer, Shutdown, Terminal};

    fn keys(text: &str) -> Vec<KeyEvent> {
        text.chars()
            .map(|c| match c {
                '\n' => KeyCode::Enter.into(),
                '\u{4}' => KeyEvent::new(KeyCode::Char('d'), KeyModifiers::CONTROL),
                '↓' => KeyCode::Down.into(),
                c => KeyCode::Char(c).into(),
            })
            .collect()
    }

    fn number(text: &str) -> Result<i32, String> {
        text.parse()
            .map_err(|_| format!("'{text}' is not a number"))
    }

    #[tokio::test]
    async fn a_wrong_answer_is_told_and_can_be_mended() {
        let mut typed = keys("4x\n");
        typed.push(KeyCode::Backspace.into());
        typed.extend(keys("2\n"));
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, _) = Terminal::scripted(typed, shutdown);
        let answer = terminal.line("Hours", None, number).await.expect("drawn");
        assert_eq!(answer, Answer::Given(42));
        assert!(screen.text().contains("'4x' is not a number"));
    }

    #[tokio::test]
    async fn enter_takes_the_default() {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, _) = Terminal::scripted(keys("\n\n\n"), shutdown);
        let hours = terminal.line("Hours", Some("8"), number).await;
        assert_eq!(hours.expect("drawn"), Answer::Given(8));
        let items = ["a".to_owned(), "b".to_owned()];
        let item = terminal.choose("Item", &items, 1).await;
        assert_eq!(item.expect("drawn"), Answer::Given(1));
        let sure = terminal.confirm("Sure?", false).await;
        assert_eq!(sure.expect("drawn"), Answer::Given(false));
        assert!(screen.text().contains("Hours [8]: "));
    }

    #[tokio::test]
    async fn a_choice_is_made_by_arrow_number_or_letter() {
        let items = ["HR".to_owned(), "IT".to_owned(), "OPS".to_owned()];
        for (typed, index) in [("↓\n", 1), ("3\n", 2), ("o\n", 2), ("↓↓↓\n", 0), ("9\n", 0)]
        {
            let (shutdown, _trigger) = Shutdown::manual();
            let (mut terminal, ..) = Terminal::scripted(keys(typed), shutdown);
            let answer = terminal.choose("Department", &items, 0).await;
            assert_eq!(answer.expect("drawn"), Answer::Given(index), "{typed}");
        }
    }

    #[tokio::test]
    async fn every_prompt_can_be_left_by_key_and_by_signal() {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, ..) = Terminal::scripted(keys("12\u{4}"), shutdown);
        let answer = terminal.line("Hours", None, number).await;
        assert_eq!(answer.expect("drawn"), Answer::Left);

        let (shutdown, trigger) = Shutdown::manual();
        trigger.request();
        let (mut terminal, ..) = Terminal::scripted(keys("y"), shutdown);
        let answer = terminal.confirm("Sure?", true).await;
        assert_eq!(answer.expect("drawn"), Answer::Left);
    }
}
