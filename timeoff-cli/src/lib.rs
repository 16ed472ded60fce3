//! What the three commands have in common: options, signals, exit codes, standard error.

mod args;
mod command;
mod notices;
mod output;
mod registry;
mod shutdown;

pub use args::LogArgs;
pub use command::{Arguments, UsageError, run};
pub use notices::{Notices, chain};
pub use output::{OutputFormat, printable, stdout, stdout_takes_colour, write_json_line};
pub use registry::understand;
pub use shutdown::{Shutdown, ShutdownTrigger};
