//! What the tests look for on the services' screens. The words themselves are the services'; each is here once.

pub(crate) const ASKS_EMAIL: &str = "E-mail";
pub(crate) const ASKS_DEPARTMENT: &str = "Department";
pub(crate) const ASKS_HOURS: &str = "Hours";
pub(crate) const ASKS_START: &str = "First day";
pub(crate) const ASKS_CONFIRMATION: &str = "Submit";
pub(crate) const ASKS_ANOTHER: &str = "Another application?";
pub(crate) const QUEUED: &str = "Queued at partition";

pub(crate) const NO_ANSWER_BY_PASTE: &str = "it is no answer";
pub(crate) const WRONG_EMAIL: &str = "exactly one @";
pub(crate) const WRONG_HOURS: &str = "from 1 to 8784";
pub(crate) const WRONG_START: &str = "is not a start date";

pub(crate) const YOU_HOLD: &str = "You hold";
pub(crate) const HOLDS_ALL: &str = "You hold HR, IT and OPS.";
pub(crate) const NOTHING_WAITS: &str = "No application waits.";
pub(crate) const ASKS_COMMENT: &str = "Comment";
pub(crate) const TAKEN_OVER: &str =
    "Not recorded: another manager has taken this application over.";
pub(crate) const LEFT_FOR_LATER: &str = "(later)";
/// The last line of the inbox.
pub(crate) const IN_THE_INBOX: &str = "q quit";
pub(crate) const ASKS_WHAT_TO_DO: &str = "Leave for later";
pub(crate) const ASKS_FOR_A_FILTER: &str = "Show those with";
pub(crate) const NOTHING_DECIDED: &str = "Nothing was decided about 8 hours from";
pub(crate) const COMMENT_IS_KEPT: &str = "Your comment is kept";
