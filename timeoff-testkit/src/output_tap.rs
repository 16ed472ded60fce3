//! The lines that come out of a pipe, as they come.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Reads a pipe on its own thread. It can be held: then the pipe fills, and its writer has to wait.
pub struct OutputTap {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// Once this many lines have come, no more are read.
    held_at: Option<usize>,
    is_closed: bool,
}

impl OutputTap {
    /// One that reads everything.
    pub fn new(pipe: impl Read + Send + 'static) -> OutputTap {
        OutputTap::start(pipe, None)
    }

    /// One that reads this many lines, at least one, and then no more until it is released: the writer gets no further
    /// than a full pipe.
    pub fn held_at(lines: usize, pipe: impl Read + Send + 'static) -> OutputTap {
        OutputTap::start(pipe, Some(lines))
    }

    fn start(pipe: impl Read + Send + 'static, held_at: Option<usize>) -> OutputTap {
        let shared = Arc::new(Shared::default());
        shared.lock().held_at = held_at;
        let of_thread = shared.clone();
        let thread = std::thread::spawn(move || {
            of_thread.read(BufReader::new(pipe));
            of_thread.lock().is_closed = true;
        });
        OutputTap {
            shared,
            thread: Some(thread),
        }
    }

    /// Goes on reading until this many lines have come in all.
    pub fn hold_at(&self, lines: usize) {
        self.shared.lock().held_at = Some(lines);
        self.shared.changed.notify_all();
    }

    /// Goes on reading.
    pub fn release(&self) {
        self.shared.lock().held_at = None;
        self.shared.changed.notify_all();
    }

    /// How many lines have come.
    pub fn count(&self) -> usize {
        self.shared.lock().lines.len()
    }

    /// All lines that have come.
    pub fn text(&self) -> String {
        self.shared.lock().lines.join("\n")
    }

    /// Whether no more will come.
    pub fn is_closed(&self) -> bool {
        self.shared.lock().is_closed
    }

    /// Waits until no more comes.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// Takes all lines that have come; none are kept.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().lines)
    }
}

impl Shared {
    fn read(&self, mut pipe: impl BufRead) {
        let mut line = Vec::new();
        // A last line without its end was cut off by a kill.
        while pipe.read_until(b'\n', &mut line).unwrap() > 0 && line.pop() == Some(b'\n') {
            let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
            let mut state = self.lock();
            state.lines.push(text);
            while state
                .held_at
                .is_some_and(|lines| state.lines.len() >= lines)
            {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
