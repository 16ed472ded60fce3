//! Answers programs over HTTP from what is on the log, and queues what they want; see `web-service --help`.

fn main() {
    timeoff_cli::run(web_service::run)
}
