//! Free ports of 127.0.0.1.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which systems take the local ports of outgoing connections (32768 and up on Linux):
/// otherwise a client could be given the port of a server that is just being restarted.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port that was free a moment ago. Another process may take it before we do: be ready to ask again.
pub(super) fn free_port() -> u16 {
    let random = RandomState::new();
    (0..10_000_u32)
        .map(|attempt| FIRST + (random.hash_one(attempt) % u64::from(COUNT)) as u16)
        .find(|port| is_free(*port))
        .expect("one of twelve thousand ports is free")
}

pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
