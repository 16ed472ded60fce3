//! Clients that follow what happens, and the memory that they take.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::office::{FOLLOWERS, Office, follower};
use crate::table::say;
use crate::wrk::Server;

/// How long to wait until what the last answers took has been given back.
const SETTLES: Duration = Duration::from_secs(2);

/// Prints the web service's resident memory before this many clients follow, and while they do. Nothing happens
/// meanwhile.
pub(crate) fn measure(office: &Office, count: usize) {
    let Server { address, pid } = office.server();
    std::thread::sleep(SETTLES);
    let before = resident_kib(pid);
    let followers: Vec<TcpStream> = (0..count)
        .map(|number| follow(address, &follower(number % FOLLOWERS)))
        .collect();
    std::thread::sleep(SETTLES);
    let with = resident_kib(pid);
    drop(followers);
    say(&format!(
        "memory, KiB: {before}; with {count} who follow: {with}, {:.1} each",
        with.saturating_sub(before) as f64 / count as f64
    ));
}

/// Begins to follow. The answer's header has come when this returns.
fn follow(address: SocketAddr, email: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let credentials = STANDARD.encode(format!("{email}:"));
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {credentials}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head);
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    stream
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse().unwrap()
}
