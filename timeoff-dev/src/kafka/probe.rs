//! Small questions to servers, to see whether they really answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the server accepts connections.
pub(super) fn accepts(port: u16) -> bool {
    connect(port).is_ok()
}

/// The answer of ZooKeeper to one of its four-letter words.
pub(super) fn zookeeper(port: u16, word: &str) -> Option<String> {
    ask(port, word).ok()
}

/// Whether `GET path` is answered with 200.
pub(super) fn http_ok(port: u16, path: &str) -> bool {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    ask(port, &request).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(port: u16, request: &str) -> std::io::Result<String> {
    let mut stream = connect(port)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
