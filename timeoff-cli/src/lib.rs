//! What the three commands share: options, signals, exit codes, standard error, the terminal.

mod args;
mod command;
mod command_line;
mod department_list;
mod error_messages;
mod escape;
mod notices;
mod opened;
mod outlet;
mod output;
mod registry_wait;
mod self_description;
mod setting;
mod settle;
mod shutdown;
mod stall;
mod terminal;
mod terminal_size;

pub use args::{LogArgs, name};
pub use command::{Arguments, run};
pub use command_line::{arguments, command};
pub use department_list::describe;
pub use error_messages::{UsageError, chain};
pub use escape::{CELL_RULE, TEXT_RULE, cell, escaped, printable};
pub use notices::Notices;
pub use outlet::{StandardError, stderr};
pub use output::{
    Field, OutputFormat, Product, stdout, stdout_columns, stdout_takes_colour, write_json_line,
};
pub use registry_wait::understand;
pub use setting::{Given, Origin, Setting, setting};
pub use settle::{Unrecorded, finish_patiently, hidden, no_answer, settle_patiently, trouble};
pub use shutdown::{Shutdown, ShutdownTrigger};
pub use stall::{STALL, stalled, telling_of_a_stall};
pub use terminal::{Answer, Input, Terminal, Tone, Typist, Written, cut, wrapped};
pub use timeoff_models::counted;
