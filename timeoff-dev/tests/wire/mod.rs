//! Just enough of two protocols to see that a broker and a registry do their work.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const METADATA: i16 = 3;
const CREATE_TOPICS: i16 = 19;

/// The error of a broker that is not the controller: in a cluster with ZooKeeper, brokers do not forward requests.
const NOT_CONTROLLER: i16 = 41;

/// Creates a topic with one partition, and checks that the broker agrees; with several brokers, that the controller
/// does.
pub(crate) fn create_topic(bootstrap: &str, name: &str, replicas: i16) {
    let mut body = 1_i32.to_be_bytes().to_vec();
    body.extend((name.len() as i16).to_be_bytes());
    body.extend(name.as_bytes());
    body.extend(1_i32.to_be_bytes()); // partitions
    body.extend(replicas.to_be_bytes());
    body.extend(0_i32.to_be_bytes()); // assignments
    body.extend(0_i32.to_be_bytes()); // settings
    body.extend(10_000_i32.to_be_bytes()); // milliseconds
    body.push(0); // do it, do not only validate it
    let answers = bootstrap.split(',').map(|address| {
        let answer = kafka(address, CREATE_TOPICS, 2, &body);
        // Throttle time, number of topics, length and text of the name, error code.
        let error = 4 + 4 + 2 + name.len();
        i16::from_be_bytes([answer[error], answer[error + 1]])
    });
    let error = answers.into_iter().find(|error| *error != NOT_CONTROLLER);
    assert_eq!(error, Some(0), "the topic was not created");
}

/// Whether the broker knows the topic. A broker that has just come back learns of its topics a moment later.
pub(crate) fn has_topic(bootstrap: &str, name: &str) -> bool {
    let every_topic = (-1_i32).to_be_bytes();
    let knows_it = || {
        let answer = kafka(bootstrap, METADATA, 1, &every_topic);
        answer
            .windows(name.len())
            .any(|bytes| bytes == name.as_bytes())
    };
    let start = Instant::now();
    while !knows_it() {
        if start.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// Registers the Avro schema `"string"` and returns what the registry says: its id.
pub(crate) fn register_string_schema(registry_url: &str, subject: &str) -> String {
    let (address, path) = registry_url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let body = r#"{"schema":"\"string\""}"#;
    let request = format!(
        "POST /{path}/subjects/{subject}/versions HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/vnd.schemaregistry.v1+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer.split("\r\n\r\n").nth(1).unwrap().to_owned()
}

fn kafka(bootstrap: &str, api: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut request = api.to_be_bytes().to_vec();
    request.extend(version.to_be_bytes());
    request.extend(7_i32.to_be_bytes()); // correlation id
    request.extend((-1_i16).to_be_bytes()); // no client id
    request.extend(body);
    let mut stream = TcpStream::connect(bootstrap).unwrap();
    stream
        .write_all(&(request.len() as i32).to_be_bytes())
        .unwrap();
    stream.write_all(&request).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; i32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    answer.split_off(4)
}
