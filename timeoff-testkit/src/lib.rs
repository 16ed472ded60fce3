//! Runs the services as people and programs meet them, for the end-to-end tests, the fault campaign and the benchmark.
//!
//! | file | what it has |
//! |---|---|
//! | `bench` | a log with fresh names, and the commands to run on it |
//! | `process` | a running service: what it has printed and said so far, how it is killed, how it ended |
//! | `output_tap`, `memory` | lines of a pipe as they come, the peak memory of a process |
//! | `figures` | figures that were measured, for whoever reads the test output |
//! | `web` | a log with people on it, and the web service |
//! | `terminal`, [`wording`] | a pseudo-terminal as a person sees it, and the words looked for on it |
//!
//! Everything here belongs to a test: a step that fails panics, and shows what the service has said.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod figures;
mod memory;
mod output_tap;
mod process;
mod terminal;
mod web;
pub mod wording;

pub use bench::{AUTO, Bench, LEAVING, SERVING, asked_for, on_runtime, services, submit};
pub use figures::tell;
pub use memory::Peak;
pub use output_tap::OutputTap;
pub use process::{Ended, Running, signal};
pub use terminal::{Key, Terminal};
pub use web::{GRACE, staffed, start_web};

/// Turns the list of stories into tests, once for each log.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "the stories are the caller's")]
macro_rules! on_both_logs {
    ($($file:ident { $($story:ident,)+ })+) => {
        mod sqlite {
            $(mod $file {
                $(#[test]
                fn $story() {
                    crate::$file::$story(&$crate::Bench::sqlite());
                })+
            })+
        }

        mod kafka {
            $(mod $file {
                $(#[test]
                fn $story() {
                    if let Some(bench) = $crate::Bench::shared_kafka() {
                        crate::$file::$story(&bench);
                    }
                })+
            })+
        }
    };
}
