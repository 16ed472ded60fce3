//! The floor: axum answering a constant.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use tempfile::NamedTempFile;
use timeoff_testkit::Running;
use tokio::net::TcpListener;

use crate::table::say;
use crate::wrk::Server;

/// A process that answers every request with the same body.
pub(crate) struct Constant {
    pub(crate) server: Server,
    _running: Running,
}

impl Constant {
    /// Starts this program again as one.
    pub(crate) fn start(body: &str) -> Constant {
        // A page may be longer than an argument can be.
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(body.as_bytes()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--constant").arg(file.path());
        let mut running = Running::start(command);
        running.wait_until_printed(1);
        Constant {
            server: Server {
                address: running.out.text().parse().unwrap(),
                pid: running.pid(),
            },
            _running: running,
        }
    }
}

/// Prints where it listens, and answers until it is killed.
pub(crate) fn serve(body: &Path) {
    let body = std::fs::read_to_string(body).unwrap();
    // As the services' own (`timeoff-cli/src/command.rs`): one worker, beside the main thread, which accepts.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let body: &'static str = body.leak();
    let routes = Router::new().fallback(async move || ([(CONTENT_TYPE, "application/json")], body));
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        say(&listener.local_addr().unwrap().to_string());
        axum::serve(listener, routes).await.unwrap();
    });
}
