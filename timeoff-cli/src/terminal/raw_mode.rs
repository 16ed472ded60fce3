//! The terminal's mode while keys are read.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::{cursor, execute, terminal};
use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

/// How many guards there are. The mode is the process's, as its terminal is.
static HOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Keeps the terminal in raw mode; dropping the last one restores it.
#[derive(Debug)]
pub struct RawMode {
    is_pretended: bool,
}

impl RawMode {
    pub(super) fn enter() -> io::Result<RawMode> {
        let guard = RawMode {
            is_pretended: false,
        };
        if HOLDERS.fetch_add(1, Ordering::SeqCst) == 0 {
            terminal::enable_raw_mode()?;
            process_output()?;
            // A pasted line break is part of a text, not Enter.
            execute!(io::stderr(), EnableBracketedPaste)?;
        }
        Ok(guard)
    }

    /// For a terminal that is not one.
    pub(super) fn pretended() -> RawMode {
        RawMode { is_pretended: true }
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        if !self.is_pretended && HOLDERS.fetch_sub(1, Ordering::SeqCst) == 1 {
            give_back();
        }
    }
}

/// Keeps a newline a newline: whatever prints meanwhile (the product, a warning, a panic) looks as it should.
fn process_output() -> io::Result<()> {
    let input = io::stdin();
    let mut mode = tcgetattr(&input)?;
    mode.output_modes |= OutputModes::OPOST;
    tcsetattr(&input, OptionalActions::Now, &mode)?;
    Ok(())
}

/// Restores the terminal if it is in raw mode: for ends that drop nothing.
pub(crate) fn restore() {
    if HOLDERS.load(Ordering::SeqCst) > 0 {
        give_back();
    }
}

fn give_back() {
    let mut screen = io::stderr();
    // The terminal may be gone.
    let _ = execute!(screen, DisableBracketedPaste, cursor::Show);
    let _ = screen.flush();
    let _ = terminal::disable_raw_mode();
}
