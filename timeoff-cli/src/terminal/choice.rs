//! The prompt for one of several items.

use super::key::Key;
use super::line::{Line, Tone};
use super::prompt::{Look, Prompt, Step};

/// Asks for one of several items.
pub(super) struct Choice<'a> {
    question: &'a str,
    items: Vec<String>,
    chosen: usize,
}

impl<'a> Choice<'a> {
    pub(super) fn new(question: &'a str, items: Vec<String>, default: usize) -> Choice<'a> {
        Choice {
            question,
            chosen: default.min(items.len().saturating_sub(1)),
            items,
        }
    }

    fn last(&self) -> usize {
        self.items.len().saturating_sub(1)
    }

    /// The next item, from the chosen one on and around, that begins with the character.
    fn beginning_with(&self, c: char) -> Option<usize> {
        let begins = |index: &usize| {
            let first = self.items.get(*index).and_then(|item| item.chars().next());
            first.is_some_and(|first| first.to_lowercase().eq(c.to_lowercase()))
        };
        (self.chosen + 1..self.items.len())
            .chain(0..=self.chosen)
            .find(begins)
    }

    fn choose_by_character(&mut self, c: char) {
        let number = c.to_digit(10).and_then(|digit| digit.checked_sub(1));
        let number = number.and_then(|index| usize::try_from(index).ok());
        self.chosen = match (self.beginning_with(c), number) {
            (Some(index), _) => index,
            (None, Some(index)) if index <= self.last() => index,
            _ if c == 'j' => self.below(1),
            _ if c == 'k' => self.chosen.saturating_sub(1),
            _ => self.chosen,
        };
    }

    fn below(&self, steps: usize) -> usize {
        (self.chosen + steps).min(self.last())
    }
}

impl Prompt for Choice<'_> {
    type Answer = usize;

    fn press(&mut self, key: &Key) -> Step<usize> {
        const PAGE: usize = 10;
        match key {
            Key::Control('d') => return Step::Leave,
            Key::Enter => return Step::Answered(self.chosen),
            Key::Up | Key::Control('p') => self.chosen = self.chosen.saturating_sub(1),
            Key::Down | Key::Control('n') | Key::Tab => self.chosen = self.below(1),
            Key::PageUp => self.chosen = self.chosen.saturating_sub(PAGE),
            Key::PageDown => self.chosen = self.below(PAGE),
            Key::Home => self.chosen = 0,
            Key::End => self.chosen = self.last(),
            Key::Char(c) => self.choose_by_character(*c),
            _ => {}
        }
        Step::Again
    }

    fn look(&self, (_, rows): (u16, u16)) -> Look {
        // The question, the hint and the row below the block take the rest of the window.
        let room = usize::from(rows).saturating_sub(3).max(1);
        let first = (self.chosen + 1).saturating_sub(room);
        let mut lines = vec![Line::new(&format!("{}:", self.question), Tone::Strong)];
        for (index, item) in self.items.iter().enumerate().skip(first).take(room) {
            lines.push(if index == self.chosen {
                Line::new(&format!("> {item}"), Tone::Chosen)
            } else {
                Line::from(format!("  {item}"))
            });
        }
        lines.push(Line::new("  ↑ ↓ choose · Enter take it", Tone::Faint));
        Look {
            lines,
            cursor: None,
        }
    }

    fn summary(&self) -> Line {
        let item = self.items.get(self.chosen).map_or("", String::as_str);
        Line::from(format!("{}: {item}", self.question))
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;
    use crate::Shutdown;
    use crate::terminal::key::Key;
    use crate::terminal::prompt::{Prompt, Step};
    use crate::terminal::{Answer, script::Script};
    use crossterm::event::KeyCode;

    fn chosen(default: usize, keys: &[Key]) -> usize {
        let items = ["HR", "IT", "OPS", "KITCHEN"].map(String::from);
        let mut choice = Choice::new("Department", items.into(), default);
        for key in keys {
            assert_eq!(choice.press(key), Step::Again);
        }
        choice.chosen
    }

    #[test]
    fn arrows_letters_and_digits_choose_an_item() {
        use Key::{Char, Down, End, Home, Up};
        for (default, keys, index) in [
            (0, vec![], 0),
            (1, vec![Down], 2),
            (1, vec![Up, Up], 0),
            (2, vec![Down, Down, Down], 3),
            (0, vec![Char('j'), Char('j')], 2),
            (0, vec![Char('o')], 2),
            (0, vec![Char('3')], 2),
            (0, vec![Char('9'), Char('x')], 0),
            (3, vec![Home], 0),
            (0, vec![End], 3),
            // An item that begins with k is meant by k.
            (2, vec![Char('k')], 3),
            (99, vec![], 3),
        ] {
            assert_eq!(chosen(default, &keys), index, "{keys:?}");
        }
    }

    #[tokio::test]
    async fn the_answer_stays_on_the_screen_in_one_line() {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, script) = Script::at(40, 10, &shutdown);
        script.press(KeyCode::Down);
        script.type_text("\n");
        let answer = terminal.choose("Department", ["HR", "IT"], 0).await;
        assert_eq!(answer.expect("answered"), Answer::Given(1));
        assert_eq!(script.visible(40, 10), "Department: IT");
    }

    #[tokio::test]
    async fn a_long_list_scrolls_with_the_chosen_item() {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, script) = Script::at(40, 6, &shutdown);
        script.press(KeyCode::End);
        let asking = tokio::spawn(async move { terminal.choose("Which", 0..50, 0).await });
        while !script.drawn().contains("> 49") {
            tokio::task::yield_now().await;
        }
        let visible = script.visible(40, 6);
        assert!(
            visible.starts_with("Which:\n  47\n  48\n> 49\n"),
            "{visible}"
        );
        script.press_control('d');
        let answer = asking.await.expect("no panic");
        assert_eq!(answer.expect("answered"), Answer::Left);
    }
}
