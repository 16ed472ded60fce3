//! How owners of departments answer commands, as a model: every order of steps within bounds is tried.
//!
//! The rules are the real ones. An owner asks [`State::carry_out`](timeoff_ledger::State::carry_out) what becomes of a
//! command, and folds by [`State::evolve`](timeoff_ledger::State::evolve) the events that it reads from records. What is
//! modelled is what stands around them: logs, takeovers, settlements, crashes. So this checks that the rules and the
//! protocol hold together, not that the services follow the protocol: the fault campaign does that.
//!
//! The promises are checked by arithmetic of its own over the recorded events ([`Books`]), not by the rules.
//!
//! | where | what it has |
//! |---|---|
//! | `cast` | people, applications, and the commands that are sent |
//! | `recorded` | records on a log |
//! | `world` | the logs and the processes at one moment |
//! | `protocol` | which steps there are, and what each does |
//! | `guard` | what the protocol consists of, to be left out one at a time |
//! | `books` | who has been granted what, and where it is |
//! | `promises` | what has to hold |
//! | `story` | steps in words |

mod books;
mod cast;
mod guard;
mod promises;
mod protocol;
mod recorded;
mod story;
mod world;

pub use books::Books;
pub use cast::{Cast, Letter, Place};
pub use guard::Guard;
pub use promises::{
    ALL_ANSWERED, BACK, BOOKED_THERE, NOT_OVERDRAWN, NOTHING_LOST, ON_ITS_WAY, ONE_ANSWER,
    ONE_RESULT, REFUSED, REPEATED, STATE_AGREES, VOID_ANSWER,
};
pub use protocol::{Bounds, Protocol, Step};
pub use recorded::Recorded;
pub use story::tell;
pub use world::{DepartmentLog, Memory, Owner, Process, Work, World};
