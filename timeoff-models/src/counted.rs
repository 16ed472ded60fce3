//! Numbers in sentences.

/// A count with its noun, in the singular or the plural.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
