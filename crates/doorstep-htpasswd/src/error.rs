//! Why the file is not to be had. Names lines and never what is in them.

use std::{fmt, io};

/// The file could not be read or written. A host answers it with 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system's.
    Io(io::ErrorKind),
    /// The file is longer than [`Options::file_len`](crate::Options::file_len).
    FileTooLong,
    /// A line is longer than [`Options::line_len`](crate::Options::line_len).
    LineTooLong {
        /// The line, from 1.
        line: usize,
    },
    /// The file changes faster than it can be read.
    Changing,
    /// The store was not asked to write.
    ReadOnly,
    /// The hash has a character that a line of the file cannot hold.
    InvalidHash,
    /// The user-id is not one that Apache would find again: it is empty, has a colon or a control
    /// character, or begins as a comment or with a blank.
    InvalidUsername,
    /// It is no regular file, but a device or a directory.
    NotAFile,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self { kind: ErrorKind::Io(error.kind()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::Io(kind) => write!(f, "the password file: {kind}"),
            ErrorKind::FileTooLong => f.write_str("the password file is too long"),
            ErrorKind::LineTooLong { line } => {
                write!(f, "the password file, line {line}: it is too long")
            }
            ErrorKind::Changing => f.write_str("the password file changes while it is read"),
            ErrorKind::ReadOnly => f.write_str("the password file is not to be written"),
            ErrorKind::InvalidUsername => {
                f.write_str("the user-id cannot stand in a password file")
            }
            ErrorKind::NotAFile => f.write_str("the password file is not a regular file"),
            ErrorKind::InvalidHash => f.write_str("the hash cannot stand in a password file"),
        }
    }
}

impl std::error::Error for Error {}
