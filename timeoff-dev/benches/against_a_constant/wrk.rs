//! A run of wrk, and its figures.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::table::say;

/// A request that is sent again and again.
pub(crate) struct Request {
    /// What the table calls it.
    pub(crate) name: &'static str,
    pub(crate) path: String,
    /// The e-mail address of who asks.
    pub(crate) user: &'static str,
    /// With a body it is a POST.
    pub(crate) body: Option<&'static str>,
}

/// How much is asked at a time, and for how long.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    pub(crate) seconds: u32,
    /// Where the script for wrk is put.
    pub(crate) script: PathBuf,
}

/// The figures of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Requests a second.
    pub(crate) rate: f64,
    /// Latencies, in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// What a request costs of a processor's time, in microseconds.
    pub(crate) cpu: f64,
}

/// A server that is loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
}

/// What wrk prints at the end, in one line: requests, microseconds, the latencies in microseconds, and failures.
const DONE: &str = r#"
done = function(summary, latency, requests)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("figures %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), failed))
end
"#;

/// Ends the benchmark if there is no wrk.
pub(crate) fn must_be_there() {
    let mut command = Command::new("wrk");
    let asked = command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if asked.is_err() {
        say(
            "NOTHING WAS MEASURED: wrk is not here. It is a package of Debian and Homebrew, \
             or see https://github.com/wg/wrk.",
        );
        std::process::exit(1);
    }
}

impl Load {
    /// The same for this long.
    pub(crate) fn for_seconds(&self, seconds: u32) -> Load {
        Load {
            seconds,
            ..self.clone()
        }
    }

    /// Sends a request for as long as the run takes.
    pub(crate) fn run(&self, server: Server, request: &Request) -> Figures {
        let Server { address, pid } = server;
        std::fs::write(&self.script, request.script()).unwrap();
        let before = processor_time(pid);
        let output = Command::new("wrk")
            .arg(format!("--connections={}", self.connections))
            .arg(format!("--threads={}", self.threads))
            .arg(format!("--duration={}s", self.seconds))
            .arg("--script")
            .arg(&self.script)
            .arg(format!("http://{address}{}", request.path))
            .output()
            .unwrap();
        let cpu = processor_time(pid) - before;
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said.lines().find_map(|line| line.strip_prefix("figures "));
        let line = line.unwrap_or_else(|| panic!("wrk has no figures: {output:?}"));
        let numbers: Vec<f64> = line
            .split(' ')
            .map(|number| number.parse().unwrap())
            .collect();
        let [requests, microseconds, p50, p99, failed] = numbers[..] else {
            panic!("wrk has other figures: {line}");
        };
        assert!(
            failed == 0.0 && requests > 0.0,
            "{}: {failed} requests failed of {requests}",
            request.name
        );
        Figures {
            rate: requests / microseconds * 1e6,
            p50: p50 / 1e3,
            p99: p99 / 1e3,
            cpu: cpu / requests,
        }
    }
}

/// What all threads of a process have had of the processors, in microseconds. Linux counts it in hundredths of a second.
pub(crate) fn processor_time(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name is in parentheses, and may have spaces.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let times = fields.split(' ').skip(11).take(2);
    let ticks: f64 = times.map(|time| time.parse::<f64>().unwrap()).sum();
    ticks * 1e4
}

impl Request {
    /// Every request of a run is the same, so wrk makes it once.
    fn script(&self) -> String {
        let credentials = STANDARD.encode(format!("{}:", self.user));
        let mut script = format!("wrk.headers[\"Authorization\"] = \"Basic {credentials}\"\n");
        if let Some(body) = self.body {
            script += "wrk.method = \"POST\"\n";
            script += "wrk.headers[\"Content-Type\"] = \"application/json\"\n";
            script += &format!("wrk.body = [[{body}]]\n");
        }
        script + DONE
    }
}
