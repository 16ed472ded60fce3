//! Bytes that nobody can understand.

use timeoff_models::counted;

/// Why bytes cannot be understood, now or ever. Does not repeat what they hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Poison(pub(crate) String);

impl Poison {
    /// Replaces a library's error, whose text may quote the value.
    pub(super) fn malformed() -> Poison {
        Poison("the bytes do not match the schema they name".to_owned())
    }

    /// A value that ends before its bytes do.
    pub(super) fn followed_by(count: usize) -> Poison {
        let bytes = counted(count as u64, "byte follows", "bytes follow");
        Poison(format!("{bytes} the value"))
    }
}
