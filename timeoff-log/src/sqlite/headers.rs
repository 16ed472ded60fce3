//! A record's headers in one BLOB: for each header, the length of its name, its name in UTF-8, the length of its value,
//! its value. Lengths are unsigned LEB128. A record without headers has NULL.

use crate::record::Header;

/// Appends the encoding to `blob`.
pub(super) fn encode(headers: &[Header], blob: &mut Vec<u8>) {
    for (name, value) in headers {
        push_part(name.as_bytes(), blob);
        push_part(value, blob);
    }
}

/// `None` if `blob` is not something that [`encode`] wrote.
pub(super) fn decode(mut blob: &[u8]) -> Option<Vec<Header>> {
    let mut headers = Vec::new();
    while !blob.is_empty() {
        let name = take_part(&mut blob)?;
        let value = take_part(&mut blob)?;
        headers.push((String::from_utf8(name.to_vec()).ok()?, value.to_vec()));
    }
    Some(headers)
}

fn push_part(part: &[u8], blob: &mut Vec<u8>) {
    let mut length = part.len() as u64;
    while length >= 0x80 {
        blob.push(length as u8 | 0x80);
        length >>= 7;
    }
    blob.push(length as u8);
    blob.extend_from_slice(part);
}

fn take_part<'blob>(blob: &mut &'blob [u8]) -> Option<&'blob [u8]> {
    let mut length: u64 = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = blob.split_first()?;
        *blob = rest;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let (part, rest) = blob.split_at_checked(usize::try_from(length).ok()?)?;
            *blob = rest;
            return Some(part);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn headers_come_back_as_they_were(
            headers in prop::collection::vec((".{0,200}", prop::collection::vec(any::<u8>(), 0..300)), 0..8)
        ) {
            let mut blob = Vec::new();
            encode(&headers, &mut blob);
            prop_assert_eq!(decode(&blob), Some(headers));
        }

        #[test]
        fn no_bytes_make_decoding_panic(blob in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&blob);
        }

        #[test]
        fn what_is_cut_off_is_refused(value in prop::collection::vec(any::<u8>(), 1..300)) {
            let mut blob = Vec::new();
            encode(&[("reason".to_owned(), value)], &mut blob);
            for length in 1..blob.len() {
                prop_assert_eq!(decode(&blob[..length]), None);
            }
        }
    }
}
