//! Hashes of ids and addresses, by which their rows are found. A number is cheaper to sort and to compare than a text.
//!
//! Nobody is kept from making texts with the same hash, so whoever finds a row by one compares the text as well: equal
//! hashes cost time, and never give a wrong answer.

const START: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
    product ^ (product >> 32)
}

/// The hash of a text, not negative. The same in every version of a layout: it is stored.
pub(crate) fn hash_of(text: &str) -> i64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(START, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = mix(mix(hash, u64::from_le_bytes(last)), text.len() as u64);
    // One bit is given up, so that the order of hashes is the order of integers.
    (hash >> 1) as i64
}

/// Two texts with the same hash.
#[cfg(test)]
pub(crate) fn texts_with_the_same_hash() -> [String; 2] {
    let text = |first: u64, second: u64| {
        let bytes = [first.to_le_bytes(), second.to_le_bytes()].concat();
        String::from_utf8(bytes).ok().filter(|text| text.is_ascii())
    };
    let word = |letters: &[u8; 8]| u64::from_le_bytes(*letters);
    let (first, second) = (word(b"00000000"), word(b"00000000"));
    (0..)
        .find_map(|number| {
            let other_first = word(format!("{number:08}").as_bytes().first_chunk()?);
            if other_first == first {
                return None;
            }
            // After the second word nothing is left of what was different.
            let other_second = second ^ mix(START, first) ^ mix(START, other_first);
            Some([text(first, second)?, text(other_first, other_second)?])
        })
        .expect("one of some hundreds is ASCII")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{hash_of, texts_with_the_same_hash};

    #[test]
    fn texts_can_have_the_same_hash() {
        let [one, other] = texts_with_the_same_hash();
        assert_ne!(one, other);
        assert_eq!(hash_of(&one), hash_of(&other));
    }

    #[test]
    fn a_text_has_one_hash_whatever_the_version() {
        let hash = hash_of("ada@example.com-638396640000000000");
        assert_eq!(hash, 4_084_479_587_977_333_835);
    }

    #[test]
    fn texts_that_differ_little_have_other_hashes() {
        let mut texts: Vec<String> = (0..50_000)
            .map(|number| format!("ada{}@example.com-{number}", number % 100))
            .collect();
        texts.extend((0..40).map(|length| "\0".repeat(length)));
        let hashes: HashSet<i64> = texts.iter().map(|text| hash_of(text)).collect();
        assert_eq!(hashes.len(), texts.len());
        assert!(hashes.iter().all(|&hash| hash >= 0));
    }
}
