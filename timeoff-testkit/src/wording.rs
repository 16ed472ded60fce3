//! The texts that tests look for on the services' screens. The words themselves are the services'; each is here once.

/// The form asks for the e-mail address.
pub const ASKS_EMAIL: &str = "E-mail";
/// The form asks for the department.
pub const ASKS_DEPARTMENT: &str = "Department";
/// The form asks for the first day.
pub const ASKS_START: &str = "First day";
/// The form asks how far the leave goes.
pub const ASKS_END: &str = "Last day, or hours";
/// The form asks whether to submit.
pub const ASKS_CONFIRMATION: &str = "Submit";
/// The form asks whether there is another.
pub const ASKS_ANOTHER: &str = "Another application?";
/// The form says where an application is.
pub const QUEUED: &str = "Queued at partition";

/// A prompt refuses what was pasted.
pub const NO_ANSWER_BY_PASTE: &str = "it does not count as an answer";
/// The rule for e-mail addresses.
pub const WRONG_EMAIL: &str = "exactly one @";
/// The rule for hours.
pub const WRONG_HOURS: &str = "from 1 to 8784";
/// The rule for start dates.
pub const WRONG_START: &str = "is not a start date";

/// The inbox says which departments the manager holds.
pub const YOU_HOLD: &str = "You hold";
/// The inbox says that the manager holds them all.
pub const HOLDS_ALL: &str = "You hold HR, IT and OPS.";
/// The inbox is empty.
pub const NOTHING_WAITS: &str = "No application waits.";
/// The inbox asks for a comment.
pub const ASKS_COMMENT: &str = "Comment";
/// The inbox refuses a decision.
pub const TAKEN_OVER: &str = "Not recorded: another manager has taken this application over.";
/// The inbox shows an application that was left.
pub const LEFT_FOR_LATER: &str = "(later)";
/// The last line of the inbox.
pub const IN_THE_INBOX: &str = "q quit";
/// The inbox asks what to do with an application.
pub const ASKS_WHAT_TO_DO: &str = "Leave for later";
/// The inbox asks what to look for.
pub const ASKS_FOR_A_FILTER: &str = "Show those with";
/// A decision was taken back.
pub const NOTHING_DECIDED: &str = "Nothing was decided about 8 hours from";
/// The comment of a decision that was refused can be used again.
pub const COMMENT_IS_KEPT: &str = "Your comment is kept";
