//! Shows what became of leave applications; see `result-reader --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    timeoff_cli::run(result_reader::run)
}
