//! Where passwords and stored hashes come from. Reads no more than the limits allow, into buffers
//! that never grow and are wiped.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::mem;
use std::path::Path;

use doorstep_password::{Hashers, Limits, Refused, Secret};
use zeroize::Zeroizing;

use crate::args::{Source, Stored};
use crate::refusal::Refusal;
use crate::terminal::Terminal;

/// A password, and whether it came from standard input.
pub(crate) struct Password {
    pub(crate) secret: Secret,
    pub(crate) from_stdin: bool,
}

impl Password {
    /// Reads a password that exists already.
    pub(crate) fn read(source: &Source, hashers: &Hashers) -> Result<Self, Refusal> {
        let limit = hashers.password_len();
        if source.stdin {
            return Ok(Self { secret: read_stdin(limit)?, from_stdin: true });
        }
        let secret = Terminal::open()?.ask("Password: ", limit)?;
        Ok(Self { secret, from_stdin: false })
    }

    /// Reads a password that is to be kept: a typing error would be kept with it.
    pub(crate) fn read_new(source: &Source, hashers: &Hashers) -> Result<Self, Refusal> {
        if source.stdin {
            return Self::read(source, hashers);
        }
        let mut terminal = Terminal::open()?;
        let secret = terminal.ask("New password: ", hashers.password_len())?;
        let again = terminal.ask("The same again: ", hashers.password_len())?;
        if secret != again {
            return Err(Refusal::new("password", "the two passwords differ"));
        }
        Ok(Self { secret, from_stdin: false })
    }
}

/// A token on standard input; one line end is none of it.
#[cfg(feature = "database")]
pub(crate) fn read_token() -> Result<Secret, Refusal> {
    // Longer than any that is made.
    let secret = read_stdin(1024)?;
    let bytes = secret.expose();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Ok(Secret::new(bytes.strip_suffix(b"\r").unwrap_or(bytes)))
}

/// The stored hash, from the argument or from the file.
pub(crate) fn stored_hash(stored: &Stored) -> Result<String, Refusal> {
    match (&stored.hash, &stored.hash_file) {
        (_, Some(path)) => read_hash(path),
        (hash, None) => Ok(hash.clone().unwrap_or_default()),
    }
}

fn read_hash(path: &Path) -> Result<String, Refusal> {
    let cannot = |why: &dyn std::fmt::Display| {
        Refusal::io(format!("cannot read a hash from {}: {why}", path.display()))
    };
    let limit = Limits::default().stored_len;
    let mut file = File::open(path).map_err(|error| cannot(&error))?;
    // Two for the line's end, one to know that there is more.
    let mut bytes = vec![0; limit + 3];
    let len = fill(&mut file, &mut bytes).map_err(|error| cannot(&error))?;
    if len == bytes.len() {
        return Err(Refused::StoredTooLong.into());
    }
    bytes.truncate(len);
    let mut text = String::from_utf8(bytes).map_err(|_| cannot(&"it is not UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// All of standard input, byte for byte.
fn read_stdin(limit: usize) -> Result<Secret, Refusal> {
    if io::stdin().is_terminal() {
        return Err(Refusal::usage(
            "standard input is a terminal, which would show the password: leave --stdin away",
        ));
    }
    let cannot = |error| Refusal::io(format!("cannot read standard input: {error}"));
    let mut stdin = unbuffered_stdin().map_err(cannot)?;
    let mut bytes = Zeroizing::new(vec![0; limit + 1]);
    let len = fill(&mut stdin, &mut bytes).map_err(cannot)?;
    if len > limit {
        return Err(Refusal::too_long());
    }
    bytes.truncate(len);
    Ok(Secret::from(mem::take(&mut *bytes)))
}

/// Standard input without the standard library's buffer, which is never wiped.
pub(crate) fn unbuffered_stdin() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(File::from(owned))
}

/// Reads until the end or until `buffer` is full, and says how much that was.
pub(crate) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match source.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
