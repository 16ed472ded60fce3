//! Decides leave applications; see `manager-service --help`.

fn main() {
    timeoff_cli::run(manager_service::run)
}
