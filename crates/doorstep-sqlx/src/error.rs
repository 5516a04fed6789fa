//! Why the database did not do it. Holds no value, no URL and no message of the server's, which
//! cite user-ids and hashes.

use std::fmt;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// A database failed, or did not take what it was given.
///
/// What a lookup fails with is answered with 503, whatever it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    code: Code,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// It took too long to find a free connection, to wait for a lock or to run the statement. If
    /// the database says so, with a [`code`](Error::code), nothing was changed; otherwise it is not
    /// known.
    Timeout,
    /// The database is not reached or breaks the connection off. Whether a change was made is not
    /// known.
    Unavailable,
    /// The database refuses the statement. Nothing was changed.
    Refused,
    /// The tables are not those of this version: [`migrate`](crate::SqlStore::migrate) was not run,
    /// or that of another version was.
    Schema,
    /// There is something in a row that was never written there by this crate.
    Corrupt,
    /// The URL is malformed, or of a database whose feature is off.
    Url,
    /// There is a user with this user-id, or a token with this digest.
    Taken,
    /// There is no user with this id, or no longer.
    NoSuchUser,
    /// The user-id is longer than [`MAX_USERNAME_LEN`](crate::SqlStore::MAX_USERNAME_LEN), or holds
    /// a NUL, which PostgreSQL cannot store.
    InvalidUsername,
    /// The hash is longer than [`MAX_HASH_LEN`](crate::SqlStore::MAX_HASH_LEN), or holds a NUL.
    InvalidHash,
    /// The scopes are longer than [`MAX_SCOPES_LEN`](crate::SqlStore::MAX_SCOPES_LEN).
    InvalidScopes,
    /// There was no entropy for a token.
    NoEntropy,
}

/// At most five letters and digits, padded with zeros.
type Code = [u8; 5];

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self { kind, code: [0; 5] }
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the database calls it: PostgreSQL's SQLSTATE, MySQL's error number, SQLite's result
    /// code.
    pub fn code(&self) -> Option<&str> {
        let len = self.code.iter().position(|&byte| byte == 0).unwrap_or(self.code.len());
        std::str::from_utf8(&self.code[..len]).ok().filter(|code| !code.is_empty())
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let kind = match error {
            E::Database(error) => return Self::from_database(&*error),
            E::PoolTimedOut => ErrorKind::Timeout,
            E::Configuration(_) | E::InvalidArgument(_) => ErrorKind::Url,
            E::Encode(_) => ErrorKind::Refused,
            E::TypeNotFound { .. }
            | E::ColumnIndexOutOfBounds { .. }
            | E::ColumnNotFound(_)
            | E::ColumnDecode { .. }
            | E::Decode(_) => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind)
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            _ => Self::new(ErrorKind::Schema),
        }
    }
}

impl Error {
    fn from_database(error: &dyn DatabaseError) -> Self {
        let (code, kind) = code_and_kind(error);
        let kind = match error.kind() {
            sqlx::error::ErrorKind::UniqueViolation => ErrorKind::Taken,
            sqlx::error::ErrorKind::ForeignKeyViolation => ErrorKind::NoSuchUser,
            _ => kind,
        };
        let mut padded = Code::default();
        for (to, from) in padded.iter_mut().zip(code.bytes()) {
            *to = from;
        }
        Self { kind, code: padded }
    }
}

fn code_and_kind(error: &dyn DatabaseError) -> (String, ErrorKind) {
    // Its SQLSTATE is `HY000` for most things.
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return (error.number().to_string(), mysql(error.number()));
    }
    let code = error.code().unwrap_or_default().into_owned();
    #[cfg(feature = "sqlite")]
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        let kind = code.parse().map_or(ErrorKind::Refused, sqlite);
        return (code, kind);
    }
    #[cfg(feature = "postgres")]
    let kind = postgres(&code);
    #[cfg(not(feature = "postgres"))]
    let kind = ErrorKind::Refused;
    (code, kind)
}

/// By SQLSTATE: appendix A of PostgreSQL's manual.
#[cfg(feature = "postgres")]
fn postgres(code: &str) -> ErrorKind {
    match code {
        // Canceled, as it is for statement_timeout; a lock that is not to be had.
        "57014" | "55P03" => ErrorKind::Timeout,
        // No such table, no such column.
        "42P01" | "42703" => ErrorKind::Schema,
        // Too many clients.
        "53300" => ErrorKind::Unavailable,
        // The connection; shutting down and starting up.
        code if code.starts_with("08") || code.starts_with("57P") => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

#[cfg(feature = "mysql")]
fn mysql(number: u16) -> ErrorKind {
    match number {
        // The lock's wait, a statement that was canceled, MariaDB's max_statement_time, MySQL's
        // max_execution_time.
        1205 | 1317 | 1969 | 3024 => ErrorKind::Timeout,
        // No such table, no such column.
        1146 | 1054 => ErrorKind::Schema,
        // Too many connections, of all and of this user; shutting down; killed, two ways.
        1040 | 1203 | 1053 | 1927 | 4031 => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

/// By result code, whose lowest byte says what and whose others say why: sqlite.org/rescode.html.
#[cfg(feature = "sqlite")]
fn sqlite(code: u32) -> ErrorKind {
    match code & 0xff {
        // Busy, locked.
        5 | 6 => ErrorKind::Timeout,
        // It says no more of a statement that it cannot prepare, and ours do not change.
        1 => ErrorKind::Schema,
        // Cannot read or write the disk, cannot open the file; the file is damaged, or none of its.
        10 | 14 | 11 | 26 => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ErrorKind::Timeout => "the database took too long",
            ErrorKind::Unavailable => "the database is not available",
            ErrorKind::Refused => "the database refused the statement",
            ErrorKind::Schema => "the tables are not those of this version",
            ErrorKind::Corrupt => "a row holds what was never written there",
            ErrorKind::Url => "the URL is malformed, or its database is not compiled in",
            ErrorKind::Taken => "the user-id or the token is there already",
            ErrorKind::NoSuchUser => "there is no such user",
            ErrorKind::InvalidUsername => "the user-id is too long or holds a NUL",
            ErrorKind::InvalidHash => "the hash is too long or holds a NUL",
            ErrorKind::InvalidScopes => "the scopes are too long",
            ErrorKind::NoEntropy => "there is no entropy",
        })?;
        match self.code() {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.kind).field("code", &self.code()).finish()
    }
}

impl std::error::Error for Error {}
