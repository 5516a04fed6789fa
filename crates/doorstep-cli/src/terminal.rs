//! Asks for a password at the terminal, without echo.
//!
//! Byte by byte, since a terminal that collects lines cuts them silently (Linux at 4095 bytes), and
//! since Ctrl-C must give the echo back before it ends the program.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;

use doorstep_password::Secret;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::{Zeroize, Zeroizing};

use crate::refusal::Refusal;

/// The controlling terminal, silent until this is dropped.
pub(crate) struct Terminal {
    device: File,
    /// As it was, and will be again.
    before: Termios,
}

impl Terminal {
    pub(crate) fn open() -> Result<Self, Refusal> {
        Self::silence().map_err(|error| {
            Refusal::io(format!("no terminal to ask for the password at ({error}); use --stdin"))
        })
    }

    fn silence() -> io::Result<Self> {
        let device = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&device)?;
        let mut silent = before.clone();
        silent.local_modes -=
            LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before was shown: it is no password.
        tcsetattr(&device, OptionalActions::Flush, &silent)?;
        Ok(Self { device, before })
    }

    /// Prompts, and reads a line of at most `limit` bytes.
    pub(crate) fn ask(&mut self, prompt: &str, limit: usize) -> Result<Secret, Refusal> {
        let broken = |error| Refusal::io(format!("the terminal failed: {error}"));
        self.device.write_all(prompt.as_bytes()).map_err(broken)?;
        let line = self.read_line(limit);
        self.device.write_all(b"\n").map_err(broken)?;
        match line.map_err(broken)? {
            Line::Whole(secret) => Ok(secret),
            Line::TooLong => Err(Refusal::too_long()),
            Line::Control => Err(Refusal::new(
                "password",
                "a control character was typed, by an arrow key perhaps; --stdin takes any bytes",
            )),
            Line::Ended => Err(Refusal::io("the terminal ended")),
            Line::Interrupted(signal) => {
                self.restore();
                let _ = kill_process(getpid(), signal);
                // Only if the signal is ignored.
                Err(Refusal::io("interrupted"))
            }
        }
    }

    /// Reads up to the line's end, whatever stands before it: the rest would be the shell's.
    fn read_line(&mut self, limit: usize) -> io::Result<Line> {
        let mut line = Zeroizing::new(Vec::with_capacity(limit));
        let (mut too_long, mut control) = (false, false);
        loop {
            match self.read_key()? {
                Key::End if line.is_empty() => return Ok(Line::Ended),
                Key::Enter | Key::End if too_long => return Ok(Line::TooLong),
                Key::Enter | Key::End if control => return Ok(Line::Control),
                Key::Enter | Key::End => {
                    return Ok(Line::Whole(Secret::from(mem::take(&mut *line))));
                }
                Key::Signal(signal) => return Ok(Line::Interrupted(signal)),
                Key::Kill => {
                    line.zeroize();
                    (too_long, control) = (false, false);
                }
                // A character of UTF-8 is a byte and what continues it.
                Key::Erase => while line.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {},
                Key::Byte(byte) if byte.is_ascii_control() => control = true,
                Key::Byte(_) if line.len() == limit => too_long = true,
                Key::Byte(byte) => line.push(byte),
            }
        }
    }

    fn read_key(&mut self) -> io::Result<Key> {
        let mut buffer = Zeroizing::new([0]);
        loop {
            match self.device.read(&mut *buffer) {
                Ok(0) => return Ok(Key::End),
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let byte = buffer[0];
        // NUL (on some systems 0xff) stands for a key that there is not.
        let is = |code| byte != 0 && byte != 0xff && self.before.special_codes[code] == byte;
        Ok(match byte {
            b'\n' | b'\r' => Key::Enter,
            _ if is(SpecialCodeIndex::VINTR) => Key::Signal(Signal::INT),
            _ if is(SpecialCodeIndex::VQUIT) => Key::Signal(Signal::QUIT),
            _ if is(SpecialCodeIndex::VEOF) => Key::End,
            _ if is(SpecialCodeIndex::VKILL) => Key::Kill,
            // Backspace and Delete, whichever of them the terminal says it has.
            0x08 | 0x7f => Key::Erase,
            _ if is(SpecialCodeIndex::VERASE) => Key::Erase,
            _ => Key::Byte(byte),
        })
    }

    fn restore(&mut self) {
        let _ = tcsetattr(&self.device, OptionalActions::Flush, &self.before);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}

enum Line {
    Whole(Secret),
    TooLong,
    Control,
    Ended,
    Interrupted(Signal),
}

enum Key {
    Enter,
    End,
    Signal(Signal),
    Kill,
    Erase,
    Byte(u8),
}
