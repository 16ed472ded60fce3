//! The bytes of a write-ahead log, as SQLite documents them (<https://sqlite.org/walformat.html>). They are read
//! without SQLite, which would lay them over the file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// The first four bytes, if checksums are over little-endian words. The last bit is set if they are over big-endian
/// ones.
const MAGIC: u32 = 0x377f_0682;

/// A write-ahead log, read from its first frame to the last valid one. The frames behind that are left over from an
/// earlier life of the write-ahead log.
pub(super) struct WalFrames {
    bytes: BufReader<File>,
    header: [u8; HEADER_BYTES],
    is_big_endian: bool,
    checksum: [u32; 2],
    page: Vec<u8>,
}

impl WalFrames {
    /// `None` if the file is missing, or has nothing that SQLite would use.
    pub(super) fn open(path: &Path) -> io::Result<Option<WalFrames>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = BufReader::with_capacity(1 << 16, file);
        let mut header = [0; HEADER_BYTES];
        if !is_filled(&mut bytes, &mut header)? {
            return Ok(None);
        }
        let magic = word(&header, 0);
        let page_bytes = word(&header, 8);
        if magic & !1 != MAGIC || !page_bytes.is_power_of_two() || page_bytes > 1 << 16 {
            return Ok(None);
        }
        let is_big_endian = magic & 1 == 1;
        let mut checksum = [0; 2];
        add(&mut checksum, is_big_endian, &header[..24]);
        if checksum != [word(&header, 24), word(&header, 28)] {
            return Ok(None);
        }
        Ok(Some(WalFrames {
            bytes,
            header,
            is_big_endian,
            checksum,
            page: vec![0; page_bytes as usize],
        }))
    }

    /// Differs in each life of the write-ahead log. A new life begins once all of the log has been merged into the
    /// file.
    pub(super) fn header(&self) -> [u8; HEADER_BYTES] {
        self.header
    }

    /// The next valid page, and whether a transaction ends with it.
    pub(super) fn next(&mut self) -> io::Result<Option<(&[u8], bool)>> {
        let mut frame = [0; FRAME_HEADER_BYTES];
        if !is_filled(&mut self.bytes, &mut frame)? || !is_filled(&mut self.bytes, &mut self.page)?
        {
            return Ok(None);
        }
        add(&mut self.checksum, self.is_big_endian, &frame[..8]);
        add(&mut self.checksum, self.is_big_endian, &self.page);
        let is_of_this_life = frame[8..16] == self.header[16..24];
        if !is_of_this_life || self.checksum != [word(&frame, 16), word(&frame, 20)] {
            return Ok(None);
        }
        Ok(Some((&self.page, word(&frame, 4) != 0)))
    }
}

fn is_filled(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn add(checksum: &mut [u32; 2], is_big_endian: bool, bytes: &[u8]) {
    for pair in bytes.chunks_exact(8) {
        let (mut first, mut second) = (word(pair, 0), word(pair, 4));
        if !is_big_endian {
            (first, second) = (first.swap_bytes(), second.swap_bytes());
        }
        checksum[0] = checksum[0].wrapping_add(first).wrapping_add(checksum[1]);
        checksum[1] = checksum[1].wrapping_add(second).wrapping_add(checksum[0]);
    }
}
