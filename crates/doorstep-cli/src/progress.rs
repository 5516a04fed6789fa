//! How far a command is, on standard error if that is a terminal.

use std::io::{self, IsTerminal, Read, Write};
use std::time::{Duration, Instant};

/// How often it is said.
const EVERY: Duration = Duration::from_millis(100);

/// A line that is written over and over, and cleared at its end.
pub(crate) struct Progress {
    is_shown: bool,
    said: Option<Instant>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_shown: io::stderr().is_terminal(), said: None }
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if self.is_shown && self.said.is_none_or(|said| said.elapsed() >= EVERY) {
            self.said = Some(Instant::now());
            // Nobody may be reading it.
            let _ = write!(io::stderr(), "\r{}", text());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.said.is_some() {
            let _ = write!(io::stderr(), "\r{:60}\r", "");
        }
    }
}

/// A source of bytes that says how much of it was read.
pub(crate) struct Watched<R> {
    source: R,
    /// In bytes, if it is known.
    len: Option<u64>,
    read: u64,
    progress: Progress,
}

impl<R: Read> Watched<R> {
    pub(crate) fn new(source: R, len: Option<u64>) -> Self {
        Self { source, len: len.filter(|len| *len > 0), read: 0, progress: Progress::new() }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let more = self.source.read(buffer)?;
        self.read += more as u64;
        let (read, len) = (self.read, self.len);
        self.progress.say(|| {
            let mib = read >> 20;
            let Some(len) = len else { return format!("{mib} MiB") };
            let percent = (100 * u128::from(read) / u128::from(len)).min(100) as usize;
            format!("[{:25}] {percent:3} %, {mib} MiB", "#".repeat(percent / 4))
        });
        Ok(more)
    }
}
