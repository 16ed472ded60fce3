//! The terminal's mode while keys are read.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::{cursor, execute, terminal};
use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

/// Whether the mode is changed. It is the process's, as its terminal is.
static IS_CHANGED: AtomicBool = AtomicBool::new(false);

/// Keeps the terminal in raw mode (keys come one by one and unechoed) until it is dropped.
#[derive(Debug)]
pub(super) struct RawMode(());

impl RawMode {
    pub(super) fn enter() -> io::Result<RawMode> {
        let guard = RawMode(());
        IS_CHANGED.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        process_output()?;
        // A line break that is pasted is part of a text, not Enter.
        execute!(io::stderr(), EnableBracketedPaste)?;
        Ok(guard)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

/// Keeps a newline a newline: whatever is printed meanwhile (the product, a warning, a panic) looks as it should.
fn process_output() -> io::Result<()> {
    let input = io::stdin();
    let mut mode = tcgetattr(&input)?;
    mode.output_modes |= OutputModes::OPOST;
    tcsetattr(&input, OptionalActions::Now, &mode)?;
    Ok(())
}

/// Restores the terminal if its mode was changed: also for ends that drop nothing.
pub(crate) fn restore() {
    if IS_CHANGED.swap(false, Ordering::SeqCst) {
        // The terminal may be gone.
        let _ = execute!(io::stderr(), DisableBracketedPaste, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}
