//! The name of a client property that was refused.

use std::fmt;

/// Longer names are not shown.
const MAX_NAME_CHARS: usize = 64;

/// The name of a property, if it may be shown. The text before the first `=` may be part of a secret whose name was
/// left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyName(Option<String>);

impl PropertyName {
    pub(crate) fn of(key: &str) -> PropertyName {
        let is_usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let is_name = key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.len() <= MAX_NAME_CHARS
            && key.chars().all(is_usual);
        PropertyName(is_name.then(|| key.to_owned()))
    }
}

impl fmt::Display for PropertyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "property {name}"),
            None => write!(
                f,
                "a property whose name is not of a-z, 0-9, '.', '_' and '-'"
            ),
        }
    }
}
