//! Standard output and standard error, each written to by its own thread.
//!
//! A pipe that nobody reads fills up, and then blocks the thread that writes to it for as long as its reader likes.
//! Here that is not the thread that learns of a stop request.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a stream may take nothing after a stop request before it is given up. What is written after the request has
/// as long, as a busy machine may need a moment for it.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often a waiting writer checks for a stop request.
const LOOK: Duration = Duration::from_millis(50);

/// When a stop was requested.
static STOP: OnceLock<Instant> = OnceLock::new();

/// Nobody read the output, and then a stop was requested.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output: the rest of it was dropped when the stop was requested")]
pub(crate) struct NotTaken;

/// The writing thread has ended, which it does only if it panics.
#[derive(Debug, thiserror::Error)]
#[error("the output cannot be written: the thread that writes it has ended")]
pub(crate) struct WriterEnded;

/// A stream that is given up after a stop request if it takes nothing.
pub(crate) struct Outlet {
    stream: Mutex<Option<Stream>>,
    open: fn() -> Box<dyn Write + Send>,
}

/// Our ends of the channels to the writing thread.
struct Stream {
    orders: SyncSender<Vec<u8>>,
    answers: Receiver<(io::Result<()>, Vec<u8>)>,
    /// The buffer of the last write, for reuse.
    spare: Vec<u8>,
    is_given_up: bool,
}

/// Standard output.
pub(crate) static OUTPUT: Outlet = Outlet::new(|| Box::new(io::stdout()));

/// Standard error.
pub(crate) static ERRORS: Outlet = Outlet::new(|| Box::new(io::stderr()));

/// Notes that a stop was requested.
pub(crate) fn note_stop() {
    let _ = STOP.set(Instant::now());
}

impl Outlet {
    const fn new(open: fn() -> Box<dyn Write + Send>) -> Outlet {
        Outlet {
            stream: Mutex::new(None),
            open,
        }
    }

    /// Writes all of it, and returns when the stream has taken it.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if stream.is_none() {
            *stream = Some(Stream::start((self.open)())?);
        }
        match &mut *stream {
            Some(stream) => stream.write(bytes),
            None => Ok(()),
        }
    }
}

impl Stream {
    fn start(mut stream: Box<dyn Write + Send>) -> io::Result<Stream> {
        let (orders, to_write) = sync_channel::<Vec<u8>>(1);
        let (answer, answers) = sync_channel(1);
        std::thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                while let Ok(bytes) = to_write.recv() {
                    let written = stream.write_all(&bytes).and_then(|()| stream.flush());
                    if answer.send((written, bytes)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Stream {
            orders,
            answers,
            spare: Vec::new(),
            is_given_up: false,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_given_up {
            return Err(io::Error::other(NotTaken));
        }
        let mut order = std::mem::take(&mut self.spare);
        order.clear();
        order.extend_from_slice(bytes);
        let began = Instant::now();
        // Not reported as a closed pipe, which would not count as a failure.
        let gone = || io::Error::other(WriterEnded);
        self.orders.send(order).map_err(|_| gone())?;
        loop {
            match self.answers.recv_timeout(LOOK) {
                Ok((written, spare)) => {
                    self.spare = spare;
                    return written;
                }
                Err(RecvTimeoutError::Timeout) => {
                    if STOP
                        .get()
                        .is_some_and(|&stop| stop.max(began).elapsed() >= PATIENCE)
                    {
                        self.is_given_up = true;
                        return Err(io::Error::other(NotTaken));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }
}

/// Standard error, for writing whole lines.
pub struct StandardError;

/// Standard error.
pub fn stderr() -> StandardError {
    StandardError
}

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ERRORS.write(bytes)?;
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, text: std::fmt::Arguments<'_>) -> io::Result<()> {
        // In one piece, as other threads may write as well.
        ERRORS.write(text.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{Stream, WriterEnded};

    struct Panics;

    impl Write for Panics {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("as a broken library would")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_thread_that_has_ended_is_not_taken_for_a_closed_pipe() {
        let mut stream = Stream::start(Box::new(Panics)).expect("starts");
        // Noticed while waiting for the thread, and again by the next write.
        for _ in 0..2 {
            let error = stream.write(b"a line").expect_err("nobody writes");
            assert_ne!(error.kind(), io::ErrorKind::BrokenPipe);
            let cause = error.into_inner().expect("a cause");
            assert!(cause.is::<WriterEnded>(), "{cause}");
        }
    }
}
