//! The terminal's mode: saved before it is changed, raw while keys are read, put back however the program ends.

use std::io::{self, stdin};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::{cursor, execute};
use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, OutputModes, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use signal_hook::consts::SIGTSTP;

/// The mode that the terminal had. It belongs to the process, as the terminal does.
static SAVED: OnceLock<Termios> = OnceLock::new();

/// Whether keys are being read. If so, the mode has to be raw whenever the process is in the foreground.
static IS_RAW: AtomicBool = AtomicBool::new(false);

/// Keeps the terminal in raw mode (keys come one by one and unechoed) until it is dropped.
#[derive(Debug)]
pub(super) struct RawMode(());

impl RawMode {
    pub(super) fn enter() -> io::Result<RawMode> {
        if SAVED.get().is_none() {
            // Another thread can only have saved the same.
            let _ = SAVED.set(tcgetattr(stdin())?);
        }
        let guard = RawMode(());
        IS_RAW.store(true, Ordering::SeqCst);
        reenter()?;
        Ok(guard)
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the mode raw again after the process was stopped and a shell has set its own mode.
pub(super) fn reenter() -> io::Result<()> {
    let Some(saved) = SAVED.get() else {
        return Ok(());
    };
    if !IS_RAW.load(Ordering::SeqCst) || !is_in_foreground() {
        return Ok(());
    }
    let mut raw = saved.clone();
    raw.make_raw();
    // A newline stays a newline: whatever is printed meanwhile (the product, a warning, a panic) looks as it should.
    raw.output_modes |= OutputModes::OPOST;
    tcsetattr(stdin(), OptionalActions::Now, &raw)?;
    // A line break that is pasted is part of a text, not Enter.
    execute!(io::stderr(), EnableBracketedPaste)
}

/// Stops the process, as Ctrl-Z does outside raw mode, and returns when the process resumes.
pub(super) fn suspend() -> io::Result<()> {
    restore();
    signal_hook::low_level::raise(SIGTSTP)?;
    IS_RAW.store(true, Ordering::SeqCst);
    reenter()
}

/// Restores the mode and the cursor, also for a program that ends without dropping anything. It restores the mode every
/// time it is called, because a thread that still waits for a key at the end may have made the mode raw once more.
pub(crate) fn restore() {
    let Some(saved) = SAVED.get() else {
        return;
    };
    // The terminal may be gone; in the background, it is another program's.
    if IS_RAW.swap(false, Ordering::SeqCst) && is_in_foreground() {
        let _ = execute!(io::stderr(), DisableBracketedPaste, cursor::Show);
    }
    if is_in_foreground() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, saved);
    }
}

/// Whether the process is in the foreground. True if the terminal does not control the process: then there is no
/// background.
fn is_in_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |foreground| foreground == getpgrp())
}
