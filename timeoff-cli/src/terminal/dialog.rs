//! dialoguer's prompts, each on its own thread: they block it until they are answered.

use std::io;

use console::{Term, style};
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Select};
use rustix::io::ioctl_fionread;
use rustix::termios::{QueueSelector, tcflush};

use super::prompt::Answer;

/// The notice for an answer that does not count.
pub(super) const TYPED_AHEAD: &str = "That was pasted, or typed before the question can have been read: \
     it does not count as an answer.";

/// A question that is asked with dialoguer.
pub(super) enum Dialog {
    /// One of several items.
    Choice {
        question: String,
        items: Vec<String>,
        default: usize,
    },
    /// Yes or no.
    Confirmation { question: String, default: bool },
}

/// What became of a dialog.
pub(super) enum Outcome {
    /// The index of the item; of a confirmation, 1 for yes and 0 for no.
    Answered(Answer<usize>),
    /// More had been typed after the answer already.
    TypedAhead,
}

impl Dialog {
    /// Asks on the terminal of standard input and standard error, which is in raw mode.
    ///
    /// Ctrl-C becomes the signal that it is outside raw mode.
    pub(super) fn ask(self) -> io::Result<Outcome> {
        // What was typed before the question appeared does not answer it. Flushing fails only if the terminal is gone.
        if tcflush(io::stdin(), QueueSelector::IFlush).is_err() {
            return Ok(Outcome::Answered(Answer::Left));
        }
        let answered = match self {
            Dialog::Choice {
                question,
                items,
                default,
            } => Select::with_theme(&SimpleTheme)
                .with_prompt(strong(&question))
                .items(items)
                .default(default)
                .interact_on_opt(&Term::stderr()),
            Dialog::Confirmation { question, default } => Confirm::with_theme(&SimpleTheme)
                .with_prompt(strong(&question))
                .default(default)
                .interact_on_opt(&Term::stderr())
                .map(|answer| answer.map(usize::from)),
        };
        let answer = match answered {
            Ok(Some(index)) => Answer::Given(index),
            Ok(None) => Answer::Back,
            Err(dialoguer::Error::IO(error)) => match error.kind() {
                // Ctrl-C, and a terminal that was hung up.
                io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Answer::Left,
                _ => return Err(error),
            },
        };
        // A paste ends with the terminal's end-of-paste mark, which has arrived by now.
        let is_typed_ahead = matches!(answer, Answer::Given(_)) && ioctl_fionread(io::stdin())? > 0;
        Ok(match is_typed_ahead {
            true => Outcome::TypedAhead,
            false => Outcome::Answered(answer),
        })
    }
}

fn strong(question: &str) -> String {
    style(question).for_stderr().bold().to_string()
}
