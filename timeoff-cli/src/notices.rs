//! Notices for people, on standard error: what is said besides the product.

use std::io::{IsTerminal, Write};

use tokio::sync::mpsc;

use crate::escape::printable;
use crate::outlet::stderr;

/// Gives notices to people: on standard error, or through whoever draws the screen.
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
    /// On standard error, unless nothing is to be said.
    pub(crate) fn unless(quiet: bool) -> Notices {
        let to = if quiet {
            Listener::Nobody
        } else {
            Listener::StandardError
        };
        Notices { to }
    }

    /// For whoever draws the screen, because standard error is the screen.
    pub fn to_screen() -> (Notices, mpsc::UnboundedReceiver<String>) {
        let (sender, sentences) = mpsc::unbounded_channel();
        let to = Listener::Screen(sender);
        (Notices { to }, sentences)
    }

    /// Whether nobody gets the notices.
    pub fn is_quiet(&self) -> bool {
        matches!(self.to, Listener::Nobody)
    }

    /// Whether a person sees notices at once. What only such a person can use is left out of a file, a pipe or a
    /// journal.
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
            // There may be no listener any more; the work goes on.
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
