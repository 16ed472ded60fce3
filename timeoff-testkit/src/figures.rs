//! What was measured on the way, for the reader of the log. Nothing is decided by it.

use std::io::Write;

/// Tells a figure.
pub fn tell(figure: &str) {
    // Not println!, which the test harness captures.
    let _ = std::io::stderr().write_all(format!("{figure}\n").as_bytes());
}
