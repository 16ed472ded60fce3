//! Small questions to servers, to see whether they really answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the broker counts itself among the live ones and knows a controller. It accepts connections, and says in
/// its log that it has started, some time before that; a topic created meanwhile is refused for want of brokers.
pub(super) fn kafka(port: u16) -> bool {
    metadata(port).is_ok_and(|answer| has_broker_and_controller(&answer).unwrap_or(false))
}

/// Asks for metadata of no topic: api key 3, version 1, correlation id 1, no client id, an empty list.
fn metadata(port: u16) -> std::io::Result<Vec<u8>> {
    const REQUEST: [u8; 18] = [0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0];
    let mut stream = connect(port)?;
    stream.write_all(&REQUEST)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = Vec::new();
    stream
        .take(u64::from(u32::from_be_bytes(length)))
        .read_to_end(&mut answer)?;
    Ok(answer)
}

/// Reads correlation id, number of brokers, the one broker (id, host, port, no rack), controller id.
fn has_broker_and_controller(answer: &[u8]) -> Option<bool> {
    let int = |at: usize| Some(i32::from_be_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    if int(4)? != 1 {
        return Some(false);
    }
    let host = usize::from(u16::from_be_bytes(answer.get(12..14)?.try_into().ok()?));
    let (port, rack) = (4, 2);
    Some(int(14 + host + port + rack)? >= 0)
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

#[cfg(test)]
mod tests {
    use super::has_broker_and_controller;

    #[test]
    fn a_broker_is_ready_when_it_lists_itself_and_a_controller() {
        let broker = [
            &[0, 0, 0, 1, 0, 9][..],
            b"127.0.0.1",
            &[0, 0, 0x4e, 0x20, 0xff, 0xff],
        ]
        .concat();
        let answer = |brokers: u8, broker: &[u8], controller: i32| {
            [
                &[0, 0, 0, 1, 0, 0, 0, brokers][..],
                broker,
                &controller.to_be_bytes(),
                &[0; 4],
            ]
            .concat()
        };
        assert_eq!(
            has_broker_and_controller(&answer(1, &broker, 1)),
            Some(true)
        );
        assert_eq!(
            has_broker_and_controller(&answer(1, &broker, -1)),
            Some(false)
        );
        assert_eq!(has_broker_and_controller(&answer(0, &[], 1)), Some(false));
        assert_eq!(has_broker_and_controller(&[0, 0, 0, 1]), None);
    }
}
