//! Submits leave applications; see `employee-service --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    timeoff_cli::run(employee_service::run)
}
