//! The foreign program: `java/ForeignClient.java`, run from its source.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use timeoff_dev::kafka::{Flavour, KafkaDev, java_client_or_skip, shared};
use timeoff_dev::services::workspace;
use timeoff_testkit::Bench;

/// The client and the cluster it talks to.
pub(crate) struct ForeignClient {
    kafka: &'static KafkaDev,
}

impl ForeignClient {
    /// `None`, after a loud message, where there can be no Java client or no Kafka.
    pub(crate) fn find() -> Option<ForeignClient> {
        java_client_or_skip()?;
        let kafka = shared(Flavour::ZooKeeper)?;
        Some(ForeignClient { kafka })
    }

    /// A log on its cluster, with topics.
    pub(crate) fn bench(&self) -> Bench {
        let bench = Bench::kafka(self.kafka);
        bench.make_topics();
        bench
    }

    /// Produces records. Each is a JSON object as the program describes it; its `schema` is the name of one of the
    /// program's files. Returns their positions, as (partition, offset).
    pub(crate) fn produce(&self, topic: &str, mut records: Vec<Value>) -> Vec<(i64, i64)> {
        for record in &mut records {
            if let Some(schema) = record.get("schema").and_then(Value::as_str) {
                record["schema"] = file(schema).to_str().into();
            }
        }
        let input: String = records.iter().map(|record| format!("{record}\n")).collect();
        let arguments = ["produce", &self.kafka.bootstrap(), &self.api(), topic];
        let positions = run(&arguments, &input);
        positions.iter().map(position).collect()
    }

    /// The first records of a topic as the program understands them with its own schema.
    pub(crate) fn read(&self, topic: &str, schema: &str, count: usize) -> Vec<Value> {
        let (schema, count) = (file(schema), count.to_string());
        let schema = schema.to_str().unwrap();
        let (bootstrap, api) = (self.kafka.bootstrap(), self.api());
        run(&["read", &bootstrap, &api, topic, schema, &count], "")
    }

    /// The first records of a topic, keys and values in base64.
    pub(crate) fn read_raw(&self, topic: &str, count: usize) -> Vec<Value> {
        let bootstrap = self.kafka.bootstrap();
        run(&["read-raw", &bootstrap, topic, &count.to_string()], "")
    }

    /// The registry's own API, not the one that our services speak.
    fn api(&self) -> String {
        let url = self.kafka.registry_url();
        let (server, _) = url.split_once("/apis/").unwrap();
        format!("{server}/apis/registry/v2")
    }
}

/// Partition and offset of a record that the program printed.
pub(crate) fn position(record: &Value) -> (i64, i64) {
    let number = |name: &str| record[name].as_i64().unwrap();
    (number("partition"), number("offset"))
}

fn file(name: &str) -> PathBuf {
    workspace().join("timeoff-dev/java").join(name)
}

fn run(arguments: &[&str], input: &str) -> Vec<Value> {
    let mut command: Command = java_client_or_skip().unwrap();
    let mut child = command
        .args(["-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx256m"])
        .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        .arg(file("ForeignClient.java"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
