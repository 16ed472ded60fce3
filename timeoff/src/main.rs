//! All programs in one file, which is what the image has: five files of their own would each contain the library for
//! Kafka, SQLite and most of the rest. It is the program by whose name it is called, so it is linked to by their names.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

/// The exit code for wrong usage.
const WRONG_USAGE: i32 = 2;

fn main() {
    let called = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&called).file_stem();
    match name.and_then(OsStr::to_str) {
        Some("employee-service") => timeoff_cli::run(employee_service::run),
        Some("manager-service") => timeoff_cli::run(manager_service::run),
        Some("result-reader") => timeoff_cli::run(result_reader::run),
        Some("timeoff-admin") => timeoff_cli::run(timeoff_admin::run),
        Some("web-service") => timeoff_cli::run(web_service::run),
        _ => {
            // There is nowhere else to say it.
            let _ = writeln!(
                std::io::stderr(),
                "error: {} is all programs in one: call it by a link whose name is employee-service, manager-service, \
                 result-reader, timeoff-admin or web-service.",
                called.display()
            );
            std::process::exit(WRONG_USAGE);
        }
    }
}
