//! Managers decide leave applications: a person at an inbox, or a policy.
//!
//! All managers are one group, so each department's applications are offered to one of them at a time. An application
//! that is not decided is offered again, first in line, to the same manager's next run or to whoever takes over the
//! department. A decision and the fact that its application is decided reach the log together or not at all.
//!
//! | file | what it does |
//! |---|---|
//! | `commands` | the command line |
//! | `desk` | deliveries → applications, decisions → settlements |
//! | `books` | the ledgers of the departments held |
//! | `clerk` | commands → answers |
//! | `counter` | the inbox, and the commands that are answered on the side |
//! | `find` | applications that commands are about and that are not at hand |
//! | `recent` | notices an id that comes a second time |
//! | `policy` | the rule that decides without a person |
//! | `auto`, `left` | decides by the rule, in batches; what such a run leaves undecided |
//! | `inbox` | what waits for a person, as a list; no I/O |
//! | `person` | the inbox at a terminal |
//! | `backlog` | how many applications wait in the departments held, if the inbox may not have them all |
//! | `dead_letters` | shows the records that nobody understood, and puts back those that can be understood now |
//! | `departments` | shows the departments, and adds one |
//! | `patience` | asks a log again that does not answer |
//! | `notices` | what is reported to a manager besides applications |

mod auto;
mod backlog;
mod books;
mod clerk;
mod commands;
mod counter;
mod dead_letters;
mod departments;
mod desk;
mod find;
mod inbox;
#[cfg(test)]
mod instructions;
mod left;
mod notices;
mod patience;
mod person;
mod policy;
mod recent;
mod sabotage;
#[cfg(test)]
mod tests;
mod waits;

pub use commands::{Arguments, run};
pub use policy::{Otherwise, Policy};

/// The group that managers join by default.
pub use timeoff_contract::MANAGERS as GROUP;
