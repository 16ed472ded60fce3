//! Input and output of services as files, so that a test does not keep a million lines in memory.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use timeoff_testkit::{Bench, Ended, Peak};

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(5);

/// An application to import: name, department, hours.
pub(crate) type Wanted = (String, &'static str, u32);

/// Imports applications, in their order.
pub(crate) fn import(bench: &Bench, applications: impl Iterator<Item = Wanted>) -> Ended {
    let mut text = "email,department,hours,start\n".to_owned();
    for (name, department, hours) in applications {
        writeln!(text, "{name}@example.com,{department},{hours},2027-07-01").unwrap();
    }
    let path = bench.folder.path().join("wanted.csv");
    std::fs::write(&path, text).unwrap();
    let arguments = ["import", path.to_str().unwrap(), "--output", "json"];
    bench.run("employee-service", &arguments).done()
}

/// The file with everything that a service printed.
pub(crate) struct Product(PathBuf);

impl Product {
    /// Its lines of JSON, one after the other.
    pub(crate) fn values<T: DeserializeOwned>(&self) -> impl Iterator<Item = T> {
        let lines = BufReader::new(File::open(&self.0).unwrap()).lines();
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
    }
}

/// Runs a service to its end; it must succeed. What it prints goes to a file.
pub(crate) fn run(bench: &Bench, service: &str, arguments: &[&str]) -> (Ended, Product) {
    let path = |what: &str| bench.folder.path().join(format!("{service}.{what}"));
    let (out, err) = (path("out"), path("err"));
    let started = Instant::now();
    let mut child = bench
        .command(service, arguments)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let peak = Peak::watch(child.id(), service);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            give_up(&mut child, &std::fs::read_to_string(&err).unwrap());
        }
        std::thread::sleep(POLL);
    };
    let ended = Ended {
        name: service.to_owned(),
        status,
        out: Vec::new(),
        err: std::fs::read_to_string(&err).unwrap(),
        took: started.elapsed(),
        peak_kib: peak.kib(),
    };
    (ended.done(), Product(out))
}

fn give_up(child: &mut Child, said: &str) -> ! {
    let _ = child.kill();
    let _ = child.wait();
    panic!("a service does not end; it said:\n{said}");
}
