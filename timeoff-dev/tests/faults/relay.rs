//! A TCP relay between the services and one broker. It knows just enough of Kafka's protocol to break a connection at
//! the request that hurts most.
//!
//! A request is a length (4 bytes), the API's key (2), its version (2), a correlation id (4) and more; an answer is a
//! length, the correlation id and more.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(10);

/// A frame with more bytes is not taken for a request.
const MOST_BYTES: usize = 100 << 20;

/// The requests that a settlement is made of: <https://kafka.apache.org/protocol#protocol_api_keys>.
pub(crate) const SETTLING: [i16; 5] = [
    PRODUCE, // in a transaction
    OFFSET_COMMIT,
    25, // AddOffsetsToTxn
    28, // TxnOffsetCommit
    26, // EndTxn
];

const PRODUCE: i16 = 0;

/// A question about topics and brokers, and the first version in which strings and arrays are compact.
const METADATA: i16 = 3;
const COMPACT_METADATA: i16 = 9;

/// Sent by readers, which settle without outputs.
pub(crate) const OFFSET_COMMIT: i16 = 8;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection is cut, and the broker never receives the request.
    CutBefore,
    /// The connection is cut when the broker has answered, and the client never receives the answer.
    CutAfter,
    /// The broker receives the request this much later.
    Delay(Duration),
    /// The broker receives the request when [`Relays::let_through`] says so. The client never receives the answer.
    Hold,
}

/// Trouble that waits for its request.
#[derive(Debug, Clone, Copy)]
struct Trap {
    api_key: i16,
    trouble: Trouble,
}

/// The state that the relays of a cluster share.
#[derive(Default)]
struct Shared {
    trap: Mutex<Option<Trap>>,
    has_sprung: AtomicBool,
    is_holding: AtomicBool,
    hides_brokers: AtomicBool,
}

/// One relay for each broker.
pub(crate) struct Relays {
    shared: Arc<Shared>,
    relays: Vec<Relay>,
}

struct Relay {
    port: u16,
    broker: Arc<AtomicU16>,
}

impl Relays {
    /// Listens for the clients of this many brokers.
    pub(crate) fn listen(brokers: usize) -> Relays {
        let shared = Arc::new(Shared::default());
        let relays = (0..brokers).map(|_| Relay::listen(&shared)).collect();
        Relays { shared, relays }
    }

    /// The ports for clients to connect to.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.relays.iter().map(|relay| relay.port).collect()
    }

    /// Sets the ports of the brokers. Before that, connections are accepted and dropped at once.
    pub(crate) fn connect(&self, brokers: impl IntoIterator<Item = u16>) {
        for (relay, port) in self.relays.iter().zip(brokers) {
            relay.broker.store(port, Ordering::Relaxed);
        }
    }

    /// Makes trouble for the next request of a kind, on any connection. Returns whether one came within that time.
    pub(crate) fn trouble_next(&self, api_key: i16, trouble: Trouble, within: Duration) -> bool {
        self.shared.has_sprung.store(false, Ordering::Relaxed);
        *self.shared.trap() = Some(Trap { api_key, trouble });
        let waiting = Instant::now();
        let has_sprung = || self.shared.has_sprung.load(Ordering::Relaxed);
        while !has_sprung() && waiting.elapsed() < within {
            std::thread::sleep(POLL);
        }
        if self.shared.trap().take().is_some() {
            return false;
        }
        // The trap has caught its request, and the trouble is under way.
        let enough = Duration::from_secs(20);
        while !has_sprung() && waiting.elapsed() < within + enough {
            std::thread::sleep(POLL);
        }
        has_sprung()
    }

    /// While this is set, all answers about the cluster name no brokers: as those of a broker that has just started and
    /// has not heard of any yet, itself included.
    pub(crate) fn hide_brokers(&self, are_hidden: bool) {
        self.shared
            .hides_brokers
            .store(are_hidden, Ordering::Relaxed);
    }

    /// Holds up the next request of a kind, and with it its connection.
    pub(crate) fn hold_next(&self, api_key: i16) {
        self.shared.has_sprung.store(false, Ordering::Relaxed);
        let trouble = Trouble::Hold;
        *self.shared.trap() = Some(Trap { api_key, trouble });
    }

    /// Whether a request is being held up.
    pub(crate) fn is_holding(&self) -> bool {
        self.shared.is_holding.load(Ordering::Relaxed)
    }

    /// Lets the held request through. Returns when the broker has answered it, and panics if that takes too long.
    pub(crate) fn let_through(&self, within: Duration) {
        self.shared.is_holding.store(false, Ordering::Relaxed);
        let waiting = Instant::now();
        while !self.shared.has_sprung.load(Ordering::Relaxed) {
            assert!(waiting.elapsed() < within, "the broker does not answer");
            std::thread::sleep(POLL);
        }
    }
}

impl Shared {
    fn trap(&self) -> std::sync::MutexGuard<'_, Option<Trap>> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trouble that waits for this request, if any does.
    fn meet(&self, api_key: i16) -> Option<Trouble> {
        let mut trap = self.trap();
        let trouble = trap.filter(|trap| trap.api_key == api_key)?.trouble;
        *trap = None;
        Some(trouble)
    }
}

impl Relay {
    fn listen(shared: &Arc<Shared>) -> Relay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let broker = Arc::new(AtomicU16::new(0));
        let (shared, target) = (shared.clone(), broker.clone());
        // The thread ends only with the process: a client without a broker is refused either way.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let broker = target.load(Ordering::Relaxed);
                if let Ok(broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)) {
                    let _ = relay(client, broker, &shared);
                }
            }
        });
        Relay { port, broker }
    }
}

/// What is known of the requests of a connection.
struct Asked {
    deaf: Deaf,
    /// The correlation ids of questions about the cluster that are to be answered without brokers.
    without_brokers: Mutex<BTreeSet<[u8; 4]>>,
}

/// The correlation id of the request whose answer cuts the connection; `NOBODY` for none.
struct Deaf(AtomicI32);

const NOBODY: i32 = i32::MIN;

impl Deaf {
    /// The answer to this request must not reach the client.
    fn turn_at(&self, request: &[u8]) {
        let id = request.get(8..12).map_or(NOBODY, |id| {
            i32::from_be_bytes([id[0], id[1], id[2], id[3]])
        });
        self.0.store(id, Ordering::Relaxed);
    }
}

/// Carries requests and answers, each on its own thread.
fn relay(client: TcpStream, broker: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let asked = Arc::new(Asked {
        deaf: Deaf(AtomicI32::new(NOBODY)),
        without_brokers: Mutex::default(),
    });
    let up = (
        client.try_clone()?,
        broker.try_clone()?,
        shared.clone(),
        asked.clone(),
    );
    let down = (broker, client, shared.clone(), asked);
    std::thread::spawn(move || {
        let (client, broker, shared, asked) = up;
        let _ = carry_requests(&client, &broker, &shared, &asked);
        cut(&client, &broker);
    });
    std::thread::spawn(move || {
        let (broker, client, shared, asked) = down;
        let _ = carry_answers(&broker, &client, &shared, &asked);
        cut(&client, &broker);
    });
    Ok(())
}

fn carry_requests(
    mut client: &TcpStream,
    mut broker: &TcpStream,
    shared: &Shared,
    asked: &Asked,
) -> io::Result<()> {
    let mut frame = Vec::new();
    loop {
        read_frame(&mut client, &mut frame)?;
        if shared.hides_brokers.load(Ordering::Relaxed) && asks_for_brokers(&frame) {
            asked.note_without_brokers(&frame);
        }
        match settling(&frame).and_then(|api_key| shared.meet(api_key)) {
            None => {}
            Some(Trouble::CutBefore) => {
                shared.has_sprung.store(true, Ordering::Relaxed);
                return Ok(());
            }
            Some(Trouble::CutAfter) => asked.deaf.turn_at(&frame),
            Some(Trouble::Hold) => {
                asked.deaf.turn_at(&frame);
                shared.is_holding.store(true, Ordering::Relaxed);
                while shared.is_holding.load(Ordering::Relaxed) {
                    std::thread::sleep(POLL);
                }
                broker.write_all(&frame)?;
                // The client has gone by now. Reading on would show that and cut the connection, so wait for the
                // answer first.
                while !shared.has_sprung.load(Ordering::Relaxed) {
                    std::thread::sleep(POLL);
                }
                return Ok(());
            }
            Some(Trouble::Delay(delay)) => {
                std::thread::sleep(delay);
                shared.has_sprung.store(true, Ordering::Relaxed);
            }
        }
        broker.write_all(&frame)?;
    }
}

fn carry_answers(
    mut broker: &TcpStream,
    mut client: &TcpStream,
    shared: &Shared,
    asked: &Asked,
) -> io::Result<()> {
    let mut frame = Vec::new();
    loop {
        read_frame(&mut broker, &mut frame)?;
        let id = frame
            .get(4..8)
            .map(|id| i32::from_be_bytes([id[0], id[1], id[2], id[3]]));
        if id == Some(asked.deaf.0.load(Ordering::Relaxed)) {
            shared.has_sprung.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if asked.is_without_brokers(&frame)
            && let Some(answer) = without_brokers(&frame)
        {
            client.write_all(&answer)?;
            continue;
        }
        client.write_all(&frame)?;
    }
}

impl Asked {
    fn note_without_brokers(&self, request: &[u8]) {
        let mut noted = self.noted();
        noted.extend(
            request
                .get(8..12)
                .and_then(|id| <[u8; 4]>::try_from(id).ok()),
        );
    }

    fn is_without_brokers(&self, answer: &[u8]) -> bool {
        let id = answer.get(4..8).and_then(|id| <[u8; 4]>::try_from(id).ok());
        id.is_some_and(|id| self.noted().remove(&id))
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, BTreeSet<[u8; 4]>> {
        self.without_brokers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn asks_for_brokers(request: &[u8]) -> bool {
    short(request, 4) == Some(METADATA) && short(request, 6) >= Some(COMPACT_METADATA)
}

/// An answer about the cluster with its list of brokers emptied. After the length (4), the correlation id (4), no tagged
/// fields (1) and a time (4) comes how many brokers there are, plus one, and for each an id (4), a host, a port (4), a
/// rack and no tagged fields (1); of a string, the stored length is one more than the real one, and 0 is null.
fn without_brokers(answer: &[u8]) -> Option<Vec<u8>> {
    const LIST: usize = 13;
    let count = usize::from(*answer.get(LIST)?).checked_sub(1)?;
    let mut end = LIST + 1;
    for _ in 0..count {
        end += 4;
        end += usize::from(*answer.get(end)?).max(1);
        end += 4;
        end += usize::from(*answer.get(end)?).max(1);
        end += 1;
    }
    let rest = answer.get(end..)?;
    let mut emptied = answer[..LIST].to_vec();
    emptied.push(1);
    emptied.extend_from_slice(rest);
    let length = u32::try_from(emptied.len() - 4).ok()?;
    emptied[..4].copy_from_slice(&length.to_be_bytes());
    Some(emptied)
}

/// The API key of a request. `None` for a produce request without a transaction.
fn settling(frame: &[u8]) -> Option<i16> {
    let (api_key, version) = (short(frame, 4)?, short(frame, 6)?);
    if api_key != PRODUCE {
        return Some(api_key);
    }
    let client_id = usize::try_from(short(frame, 12)?).unwrap_or(0);
    let after = 14 + client_id;
    // From version 9 on, the header ends with tagged fields, and strings are compact: the stored length is one more
    // than the real one, and 0 is null.
    let is_transactional = match version {
        ..9 => short(frame, after)? >= 0,
        _ => *frame.get(after + 1)? > 0,
    };
    is_transactional.then_some(api_key)
}

/// The number of two bytes there.
fn short(frame: &[u8], at: usize) -> Option<i16> {
    let bytes = frame.get(at..at + 2)?;
    Some(i16::from_be_bytes([bytes[0], bytes[1]]))
}

/// Reads a length and that many bytes into `frame`, which then holds both.
fn read_frame(from: &mut &TcpStream, frame: &mut Vec<u8>) -> io::Result<()> {
    frame.resize(4, 0);
    from.read_exact(frame)?;
    let length = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]) as usize;
    if length > MOST_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    frame.resize(4 + length, 0);
    from.read_exact(&mut frame[4..])
}

fn cut(client: &TcpStream, broker: &TcpStream) {
    let _ = client.shutdown(Shutdown::Both);
    let _ = broker.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broker that answers each request with its correlation id, and counts them.
    fn echo() -> (u16, Arc<AtomicI32>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(AtomicI32::new(0));
        let count = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = count.clone();
                std::thread::spawn(move || {
                    let mut frame = Vec::new();
                    while read_frame(&mut &stream, &mut frame).is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                        let answer = [&[0, 0, 0, 4], &frame[8..12]].concat();
                        (&stream).write_all(&answer).unwrap();
                    }
                });
            }
        });
        (port, heard)
    }

    fn request(api_key: i16, id: i32) -> Vec<u8> {
        let body = [&api_key.to_be_bytes()[..], &[0, 1], &id.to_be_bytes()].concat();
        [&(body.len() as u32).to_be_bytes()[..], &body].concat()
    }

    fn ask(stream: &TcpStream, api_key: i16, id: i32) -> Option<i32> {
        let mut stream = stream;
        stream.write_all(&request(api_key, id)).ok()?;
        let mut frame = Vec::new();
        read_frame(&mut stream, &mut frame).ok()?;
        Some(i32::from_be_bytes(frame[4..8].try_into().unwrap()))
    }

    #[test]
    fn only_the_request_that_was_named_meets_trouble() {
        let (port, heard) = echo();
        let relays = Relays::listen(1);
        relays.connect([port]);
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, relays.ports()[0])).unwrap();
        let soon = Duration::from_secs(10);
        for (trouble, id, answer, heard_then) in [
            (Trouble::CutBefore, 7, None, 0),
            (Trouble::CutAfter, 8, None, 1),
            (Trouble::Delay(POLL), 9, Some(9), 1),
        ] {
            heard.store(0, Ordering::Relaxed);
            std::thread::scope(|scope| {
                let stream = connect();
                assert_eq!(ask(&stream, 3, 1), Some(1));
                let trap = scope.spawn(|| relays.trouble_next(26, trouble, soon));
                while relays.shared.trap().is_none() {
                    std::thread::yield_now();
                }
                assert_eq!(ask(&stream, 28, 2), Some(2));
                assert_eq!(ask(&stream, 26, id), answer, "{trouble:?}");
                assert!(trap.join().unwrap());
            });
            assert_eq!(heard.load(Ordering::Relaxed), 2 + heard_then, "{trouble:?}");
        }
        assert!(!relays.trouble_next(26, Trouble::CutBefore, POLL));
    }
}
