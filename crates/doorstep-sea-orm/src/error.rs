//! Why a lookup failed. Holds no value and no message of the database's, which cite user-ids and
//! hashes.

use std::fmt;

use sea_orm::DbErr;

/// A lookup or a replacement failed. A host answers it with 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No connection was free in time, or none could be made.
    Unavailable,
    /// The database refuses the statement, or broke off while it ran.
    Failed,
    /// A column holds what is neither text nor bytes in UTF-8: it is not the right one.
    NotText,
    /// Two rows have this user-id: the column is not unique.
    Ambiguous,
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

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let kind = match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => ErrorKind::Unavailable,
            _ => ErrorKind::Failed,
        };
        Self { kind }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::Unavailable => "the database is not available",
            ErrorKind::Failed => "the database failed",
            ErrorKind::NotText => "a column for user-ids or hashes holds no text",
            ErrorKind::Ambiguous => "two rows have the same user-id",
        })
    }
}

impl std::error::Error for Error {}
