//! Avro by hand, for tests and for samples that no service would write: what is checked is not what checks.

/// An Avro int or long: zigzag, then 7 bits a byte from the lowest.
pub fn number(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// An Avro string: its length, then its bytes.
pub fn string(text: &str) -> Vec<u8> {
    [number(text.len() as i64), text.as_bytes().to_vec()].concat()
}
