//! Submits leave applications; see `employee-service --help`.

fn main() {
    timeoff_cli::run(employee_service::run)
}
