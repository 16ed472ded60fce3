//! The size of the terminal's window.

/// The size assumed for a window that does not report one: columns and rows.
pub(crate) const USUAL_SIZE: (u16, u16) = (80, 24);

/// The columns and rows of the window.
pub(crate) fn window_size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => USUAL_SIZE,
    }
}
