//! Which log, and which topics on it, a view was folded from.

use std::fmt;
use std::path::{Path, absolute};

use timeoff_contract::Contract;

use crate::topic::Topic;

/// The log's address and the topics' names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity(String);

impl Identity {
    pub(crate) fn of(contract: &Contract) -> Identity {
        let mut text = address(contract.log().address());
        for topic in Topic::ALL {
            text.push(' ');
            text.push_str(topic.name(contract.topics()));
        }
        Identity(text)
    }

    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> Identity {
        Identity(text.to_owned())
    }

    /// The identity that was stored as this text.
    pub(super) fn stored(text: String) -> Identity {
        Identity(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address, the same from whichever folder a file is named.
fn address(address: &str) -> String {
    let Some(path) = address.strip_prefix("sqlite:") else {
        return address.to_owned();
    };
    let path = Path::new(path);
    let path = path.canonicalize().or_else(|_| absolute(path));
    path.map_or_else(
        |_| address.to_owned(),
        |path| format!("sqlite:{}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_file_has_one_address_from_wherever_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.db");
        std::fs::write(&file, "").unwrap();
        let straight = format!("sqlite:{}", file.display());
        let winding = format!("sqlite:{}/./log.db", folder.path().display());
        assert_eq!(address(&straight), address(&winding));
        assert!(address("sqlite:log.db").starts_with("sqlite:/"));
        assert_eq!(address("kafka:a:9092"), "kafka:a:9092");
    }
}
