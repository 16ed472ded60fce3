//! Texts that nobody can guess: whoever has one is believed. Only their hashes are kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// How many random bytes a secret has. With 256 bits, a hash without salt and without stretching is enough.
const BYTES: usize = 32;

/// What is kept of a secret: its SHA-256.
pub(crate) type Hash = [u8; 32];

/// A new one, as base64url.
pub(crate) fn new() -> String {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of it.
pub(crate) fn hash(secret: &str) -> Hash {
    Sha256::digest(secret).into()
}
