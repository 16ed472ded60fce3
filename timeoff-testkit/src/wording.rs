//! What the tests look for on the services' screens. The words themselves are the services'; each is here once.

/// The form asks for the e-mail address.
pub const ASKS_EMAIL: &str = "E-mail";
/// The form asks for the department.
pub const ASKS_DEPARTMENT: &str = "Department";
/// The form asks for the hours.
pub const ASKS_HOURS: &str = "Hours";
/// The form asks for the first day.
pub const ASKS_START: &str = "First day";
/// The form asks whether to submit.
pub const ASKS_CONFIRMATION: &str = "Submit";
/// The form asks whether there is another.
pub const ASKS_ANOTHER: &str = "Another application?";
/// The form says where an application is.
pub const QUEUED: &str = "Queued at partition";

/// The rule for e-mail addresses.
pub const WRONG_EMAIL: &str = "exactly one @";
/// The rule for hours.
pub const WRONG_HOURS: &str = "from 1 to 8784";
/// The rule for start dates.
pub const WRONG_START: &str = "is not a start date";

/// The inbox says which departments the manager holds.
pub const YOU_HOLD: &str = "You hold";
/// The inbox says that they are all.
pub const HOLDS_ALL: &str = "You hold HR, IT and OPS.";
/// The inbox is empty.
pub const NOTHING_WAITS: &str = "No application waits.";
/// The inbox asks for a comment.
pub const ASKS_COMMENT: &str = "Comment";
/// The inbox refuses a decision.
pub const TAKEN_OVER: &str = "Not recorded: another manager has taken this application over.";
/// The inbox shows an application that was left.
pub const LEFT_FOR_LATER: &str = "(later)";
