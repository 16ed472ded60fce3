//! Decides leave applications; see `manager-service --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    timeoff_cli::run(manager_service::run)
}
