//! What the protocol consists of.

/// A part of the protocol that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A settlement by a former owner is refused.
    Fencing,
    /// An owner who is refused, or takes over anew, forgets what they have folded, and folds the ledger from its beginning.
    VoidMemory,
    /// A command that has had its answer is not carried out again.
    AnsweredCommands,
    /// Progress is recorded with the answer. Without: before it.
    ProgressNotBefore,
    /// Progress is recorded with the answer. Without: after it.
    ProgressNotAfter,
    /// A result is recorded with the event that decides. Without: after it.
    ResultWithEvent,
    /// Admissions are recorded with the move. Without: after it.
    AdmissionsWithMove,
    /// A person is admitted after their account. Without: first, then their booked leave, then their entitlements.
    AccountBeforePerson,
    /// The same. Without: first, then their entitlements, then their booked leave.
    LeaveBeforeEntitlements,
    /// An answer is folded before the next command is answered, although it is not recorded yet.
    FoldBeforeNext,
}
