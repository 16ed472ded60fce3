//! White space around what a person or another program wrote does not count.

/// As [`str::trim`], but quick if there is nothing to trim, which is nearly always.
pub(crate) fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::trim;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_trimmed_is_what_the_standard_library_trims(
            text in "[ \t\r\n\u{b}\u{a0}\u{3000}é-]{0,3}[a-c é]{0,4}[ \t\r\n\u{b}\u{a0}\u{3000}é-]{0,3}"
        ) {
            prop_assert_eq!(trim(&text), text.trim());
        }
    }
}
