//! What has been done a moment ago, as the address of a page says.

use serde::Deserialize;
use timeoff_log::Position;

use super::super::shown::{SENT, with_parameter};
use crate::api::with_positions;

/// What has been done a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Done {
    Entered,
    Changed,
    Moved,
    Leaves,
    StandsIn,
    Granted,
    Corrected,
    /// It was as it was to be.
    Same,
    /// It is on the log, and not everybody has answered yet.
    Sent,
}

impl Done {
    /// In words.
    pub(super) fn notice(self) -> &'static str {
        match self {
            Done::Entered => "The person is entered.",
            Done::Changed => "It is changed.",
            Done::Moved => "The person has moved.",
            Done::Leaves => "The last day is noted.",
            Done::StandsIn => "It is noted who stands in.",
            Done::Granted => "It is granted.",
            Done::Corrected => "It is corrected.",
            Done::Same => "Nothing differs from what was there before.",
            Done::Sent => SENT,
        }
    }

    /// The address of a page that waits for these places on the log, and says this.
    pub(super) fn at(self, path: &str, positions: &[Position]) -> String {
        let name = match self {
            Done::Entered => "entered",
            Done::Changed => "changed",
            Done::Moved => "moved",
            Done::Leaves => "leaves",
            Done::StandsIn => "standsin",
            Done::Granted => "granted",
            Done::Corrected => "corrected",
            Done::Same => "same",
            Done::Sent => "sent",
        };
        with_parameter(&with_positions(path, positions), &format!("done={name}"))
    }
}
