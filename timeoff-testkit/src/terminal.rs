//! A pseudo-terminal, and what a person at it sees.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{
    Child, CommandBuilder, ExitStatus, MasterPty, PtyPair, PtySize, SlavePty, native_pty_system,
};

use crate::process::signal;

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

const ROWS: u16 = 50;
const COLUMNS: u16 = 160;

/// Keys that are not characters.
#[derive(Clone, Copy)]
pub enum Key {
    /// Enter.
    Enter,
    /// The arrow up.
    Up,
    /// The arrow down.
    Down,
    /// Escape.
    Escape,
    /// Ctrl-C.
    CtrlC,
    /// Ctrl-D.
    CtrlD,
    /// Ctrl-Z.
    CtrlZ,
}

impl Key {
    fn bytes(self) -> &'static [u8] {
        match self {
            Key::Enter => b"\r",
            Key::Up => b"\x1b[A",
            Key::Down => b"\x1b[B",
            Key::Escape => b"\x1b",
            Key::CtrlC => b"\x03",
            Key::CtrlD => b"\x04",
            Key::CtrlZ => b"\x1a",
        }
    }
}

/// A terminal with a service in it. Dropping it kills the service.
pub struct Terminal {
    screen: Arc<Mutex<vt100::Parser>>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    // Kept open, so that the terminal outlives the service, as a shell's does.
    _slave: Box<dyn SlavePty + Send>,
    mode_before: String,
}

impl Terminal {
    /// Opens a terminal and starts the service in it.
    pub fn open(command: &Command) -> Terminal {
        Terminal::open_at(ROWS, COLUMNS, command)
    }

    /// Opens a terminal of that size and starts the service in it.
    pub fn open_at(rows: u16, cols: u16, command: &Command) -> Terminal {
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let PtyPair { slave, master } = native_pty_system().openpty(size).unwrap();
        let mode_before = mode(&*master);
        let (rows, columns) = (NonZeroU16::new(rows), NonZeroU16::new(cols));
        let screen = vt100::Parser::new(rows.unwrap(), columns.unwrap(), 0);
        let screen = Arc::new(Mutex::new(screen));
        let (of_thread, mut output) = (screen.clone(), master.try_clone_reader().unwrap());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                lock(&of_thread).process(&bytes[..count]);
            }
        });
        Terminal {
            child: slave.spawn_command(in_terminal(command)).unwrap(),
            keyboard: master.take_writer().unwrap(),
            screen,
            master,
            _slave: slave,
            mode_before,
        }
    }

    /// Types a text, without Enter.
    pub fn type_text(&mut self, text: &str) {
        self.send(text.as_bytes());
    }

    /// Types a text and presses Enter.
    pub fn enter(&mut self, text: &str) {
        self.type_text(text);
        self.press(Key::Enter);
    }

    /// Presses a key.
    pub fn press(&mut self, key: Key) {
        self.send(key.bytes());
    }

    /// Pastes a text, as a terminal in bracketed-paste mode does.
    pub fn paste(&mut self, text: &str) {
        self.type_text(&format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r")));
    }

    /// Gives the window another size.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let size = PtySize {
            rows,
            cols,
            ..PtySize::default()
        };
        let (new_rows, new_columns) = (NonZeroU16::new(rows), NonZeroU16::new(cols));
        lock(&self.screen)
            .screen_mut()
            .set_size(new_rows.unwrap(), new_columns.unwrap());
        self.master.resize(size).unwrap();
    }

    fn send(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Sends the service a signal, by its name without SIG.
    pub fn signal(&self, name: &str) {
        signal(name, self.pid());
    }

    /// The service's process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        lock(&self.screen).screen().contents()
    }

    /// Waits until one line of the screen has all of these. Returns how long it took.
    pub fn wait_for(&mut self, parts: &[&str]) -> Duration {
        self.wait_until(&format!("{parts:?} is on a line"), |text| {
            has_line(text, parts)
        })
    }

    /// Waits until the screen meets the condition. Returns how long it took.
    pub fn wait_until(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> Duration {
        let waiting = Instant::now();
        while !condition(&self.text()) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && waiting.elapsed() < PATIENCE,
                "waited in vain until {what} ({ended:?}); on the screen:\n{}",
                self.text()
            );
            std::thread::sleep(POLL);
        }
        waiting.elapsed()
    }

    /// Waits for the service's end: it must exit with 0 and leave the terminal as it found it. Returns how long it took
    /// and what is on the screen.
    pub fn done(self) -> (Duration, String) {
        let (took, status, text) = self.end();
        assert!(status.success(), "{status}; on the screen:\n{text}");
        (took, text)
    }

    /// As [`Terminal::done`], with another exit code. Returns what is on the screen.
    pub fn exited_with(self, code: u32) -> String {
        let (_, status, text) = self.end();
        assert_eq!(status.exit_code(), code, "{status}; on the screen:\n{text}");
        text
    }

    fn end(mut self) -> (Duration, ExitStatus, String) {
        let waiting = Instant::now();
        let status: ExitStatus = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                waiting.elapsed() < PATIENCE,
                "the service does not end; on the screen:\n{}",
                self.text()
            );
            std::thread::sleep(POLL);
        };
        let took = waiting.elapsed();
        assert_eq!(
            mode(&*self.master),
            self.mode_before,
            "mode of the terminal"
        );
        self.wait_for_the_last_output();
        let text = self.text();
        let parser = lock(&self.screen);
        let screen = parser.screen();
        assert!(!screen.hide_cursor(), "the cursor stays hidden");
        assert!(!screen.alternate_screen(), "the other screen stays");
        assert!(!screen.bracketed_paste(), "pasting stays bracketed");
        drop(parser);
        (took, status, text)
    }

    /// Output from before the end may still be in the terminal. It comes before the echo of what we type now.
    fn wait_for_the_last_output(&mut self) {
        const MARK: &str = "=end=";
        let before = self.text().matches(MARK).count();
        self.type_text(MARK);
        let waiting = Instant::now();
        while self.text().matches(MARK).count() == before {
            assert!(
                waiting.elapsed() < PATIENCE,
                "the terminal echoes no more; on the screen:\n{}",
                self.text()
            );
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has_line(text: &str, parts: &[&str]) -> bool {
    text.lines()
        .any(|line| parts.iter().all(|part| line.contains(part)))
}

/// The terminal's mode, as `stty -a` would show it.
fn mode(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

/// The same command, to be started in a terminal.
fn in_terminal(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.cwd(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        }
    }
    if command.get_envs().all(|(name, _)| name != "TERM") {
        builder.env("TERM", "xterm-256color");
    }
    builder
}

fn lock(screen: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}
