//! The operator's command: enters people, asks for decisions, and shows what the ledger says.
//!
//! It owns nothing and decides nothing. What is wanted is a command on the log; whoever holds the department's
//! partition carries it out and answers with an event on the ledger. What is shown is folded from the ledger, each
//! time anew.
//!
//! | file | what it does |
//! |---|---|
//! | `commands`, `options` | the command line |
//! | `office` | opens the log, sends commands, and waits for their answers |
//! | `books`, `topic` | the ledgers of all departments; reading a topic through |
//! | `fate` | what has become of each of many commands |
//! | `noted` | an event of the ledger as a sentence and as JSON |
//! | `init` | names the first admin |
//! | `people` | enters, changes, moves and shows people |
//! | `delegate`, `applications` | who stands in for whom; decisions on applications |
//! | `policy` | checks, sets and shows the policy of the departments |
//! | `grant`, `balance` | grants leave; shows what somebody can take, and why |
//! | `history` | every event about a person or an application |
//! | `wait` | what became of a command |
//! | `recalculate` | has booked leave counted anew, after it has shown what changes |
//! | `what_if` | what would have been decided under another policy |
//! | `views` | folds the topics into a file that can be asked |
//! | `table` | columns for people |

mod applications;
mod balance;
mod books;
mod commands;
mod delegate;
mod fate;
mod grant;
mod history;
mod init;
mod noted;
mod office;
mod options;
mod people;
mod policy;
mod recalculate;
mod table;
mod topic;
mod views;
mod wait;
mod what_if;

pub use commands::{Arguments, run};
