//! Figures measured on the way, for whoever reads the test output. No test depends on them.

use std::io::Write;

/// Prints a figure.
pub fn tell(figure: &str) {
    // Not println!, which the test harness captures.
    let _ = std::io::stderr().write_all(format!("{figure}\n").as_bytes());
}
