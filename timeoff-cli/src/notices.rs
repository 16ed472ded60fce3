//! What people are told besides the product, on standard error.

use std::io::{IsTerminal, Write};

use tokio::sync::mpsc;

use crate::args::LogArgs;
use crate::escape::printable;
use crate::outlet::stderr;

/// Says sentences to people: on standard error, or to whoever draws the screen.
#[derive(Debug, Clone)]
pub struct Notices {
    to: Listener,
}

#[derive(Debug, Clone)]
enum Listener {
    StandardError,
    Screen(mpsc::UnboundedSender<String>),
    Nobody,
}

impl Notices {
    /// On standard error, unless the options ask for quiet.
    pub fn new(args: &LogArgs) -> Notices {
        let to = if args.is_quiet() {
            Listener::Nobody
        } else {
            Listener::StandardError
        };
        Notices { to }
    }

    /// To whoever draws the screen, because standard error is the screen.
    pub fn to_screen() -> (Notices, mpsc::UnboundedReceiver<String>) {
        let (sender, sentences) = mpsc::unbounded_channel();
        let to = Listener::Screen(sender);
        (Notices { to }, sentences)
    }

    /// Whether nothing is said.
    pub fn is_quiet(&self) -> bool {
        matches!(self.to, Listener::Nobody)
    }

    /// Whether a person sees at once what is said: what only they have a use for is left out of a file, a pipe or a journal.
    pub fn are_seen(&self) -> bool {
        match self.to {
            Listener::StandardError => std::io::stderr().is_terminal(),
            Listener::Screen(_) => true,
            Listener::Nobody => false,
        }
    }

    /// Says one sentence.
    pub fn say(&self, sentence: &str) {
        match &self.to {
            // Nobody may listen any more; the work goes on.
            Listener::StandardError => {
                let _ = writeln!(stderr(), "{}", printable(sentence));
            }
            Listener::Screen(screen) => {
                let _ = screen.send(sentence.to_owned());
            }
            Listener::Nobody => {}
        }
    }
}

/// An error with its causes, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let own = error.to_string();
        // Some errors repeat their cause in their own words.
        if !text.contains(&own) {
            text.push_str(": ");
            text.push_str(&own);
        }
        cause = error.source();
    }
    text
}
