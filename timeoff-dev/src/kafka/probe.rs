//! Small questions to servers: whether they really answer, and which broker leads what.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::answers::{self, Metadata};

const PATIENCE: Duration = Duration::from_secs(2);

/// Kafka's numbers for the requests that we make. All of them in version 1, which Kafka 3.9 and 4.1 both know.
const METADATA: u16 = 3;
const FIND_COORDINATOR: u16 = 10;

/// The kinds of coordinator, numbered as in the protocol.
#[derive(Debug, Clone, Copy)]
pub(super) enum Coordinator {
    Group = 0,
    Transaction = 1,
}

/// Whether the broker counts itself among the live ones and knows a controller. It accepts connections, and logs that
/// it has started, some time before that. A topic created in between is refused for want of brokers.
pub(super) fn kafka(port: u16, id: i32) -> bool {
    metadata(port, &[]).is_some_and(|answer| answer.brokers.contains(&id) && answer.controller >= 0)
}

/// The brokers, and the partitions of the topics of these names.
pub(super) fn metadata(port: u16, topics: &[&str]) -> Option<Metadata> {
    let length = i32::try_from(topics.len()).ok()?.to_be_bytes();
    let topics = topics.iter().flat_map(|topic| text(topic));
    let body: Vec<u8> = length.into_iter().chain(topics).collect();
    Metadata::parse(&ask_kafka(port, METADATA, &body).ok()?)
}

/// The brokers, and the partitions of all the topics.
pub(super) fn metadata_of_all_topics(port: u16) -> Option<Metadata> {
    let no_list = (-1_i32).to_be_bytes();
    Metadata::parse(&ask_kafka(port, METADATA, &no_list).ok()?)
}

/// The id of the broker that coordinates the group or the transactional id.
pub(super) fn coordinator(port: u16, kind: Coordinator, of: &str) -> Option<i32> {
    let mut body = text(of);
    body.push(kind as u8);
    answers::coordinator(&ask_kafka(port, FIND_COORDINATOR, &body).ok()?)
}

/// A string of the protocol: its length, then its bytes. Names are shorter than the longest string of the protocol; a
/// longer text is cut off, and then names nothing.
fn text(text: &str) -> Vec<u8> {
    let bytes = &text.as_bytes()[..text.len().min(1_000)];
    let length = bytes.len() as u16;
    [&length.to_be_bytes()[..], bytes].concat()
}

/// The answer without its length and correlation id.
fn ask_kafka(port: u16, api: u16, body: &[u8]) -> std::io::Result<Vec<u8>> {
    const HEAD: [u8; 8] = [0, 1, 0, 0, 0, 1, 0xff, 0xff]; // version 1, correlation id 1, no client id
    let request = [&api.to_be_bytes()[..], &HEAD, body].concat();
    let mut stream = connect(local(port))?;
    stream.write_all(&(request.len() as u32).to_be_bytes())?;
    stream.write_all(&request)?;
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    let [a, b, c, d, ..] = head;
    let length = u32::from_be_bytes([a, b, c, d]).saturating_sub(4);
    let mut answer = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The answer of ZooKeeper to one of its four-letter words.
pub(super) fn zookeeper(port: u16, word: &str) -> Option<String> {
    ask(local(port), word).ok()
}

/// Whether `GET path` is answered with 200.
pub(crate) fn http_ok(address: SocketAddr, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    ask(address, &request).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A port of 127.0.0.1.
pub(super) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
