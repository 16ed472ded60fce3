//! Enters people, asks for decisions, and shows what the ledger says; see `timeoff-admin --help`.

fn main() {
    timeoff_cli::run(timeoff_admin::run)
}
