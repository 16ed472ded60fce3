//! What prompts are, and what a person does at one.

use super::key::Key;
use super::line::Line;

/// What a person did at a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// They answered.
    Given(T),
    /// They went back: Esc.
    Back,
    /// They left: Ctrl-C, Ctrl-D at a line of text (with nothing after the cursor to delete), the terminal was hung up,
    /// or the process was asked to stop.
    Left,
}

impl<T> Answer<T> {
    /// Converts the answer, if there is one.
    pub fn map<U>(self, answer: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Answer::Given(given) => Answer::Given(answer(given)),
            Answer::Back => Answer::Back,
            Answer::Left => Answer::Left,
        }
    }
}

/// What a key leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<T> {
    /// The prompt may look different now.
    Again,
    /// It is answered.
    Answered(T),
    /// The person goes back.
    Back,
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

    /// How it looks in a window of that many columns and rows.
    fn look(&self, size: (u16, u16)) -> Look;

    /// The line that stays on the screen once it is answered.
    fn summary(&self) -> Line;
}
