//! What people are told besides the product, on standard error.

use std::io::Write;

use crate::args::LogArgs;

/// Says sentences on standard error, unless asked to be quiet.
#[derive(Debug, Clone)]
pub struct Notices {
    is_quiet: bool,
}

impl Notices {
    /// As the options say.
    pub fn new(args: &LogArgs) -> Notices {
        Notices {
            is_quiet: args.is_quiet(),
        }
    }

    /// Says one sentence.
    pub fn say(&self, sentence: &str) {
        if !self.is_quiet {
            // Standard error may be closed; the work goes on.
            let _ = writeln!(std::io::stderr(), "{sentence}");
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
