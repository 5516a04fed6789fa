//! A connection to tables that are not the stores': those that `audit` reads and `wrap` changes.
//! Knows no table.
//!
//! Messages of a database can cite what is in a row, and URLs hold passwords: neither is shown but for
//! what is said of the statement's own words.

use std::fmt;
use std::io::{self, ErrorKind};
use std::str::FromStr;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, TypeInfo as _,
    ValueRef as _,
};
use tokio::time::timeout;

use super::{Access, Kind, Url};
use crate::refusal::Refusal;

/// How long a statement waits for somebody else's lock, and the same for MySQL, in seconds.
const LOCK_WAIT: Duration = Duration::from_secs(LOCK_WAIT_SECS);
const LOCK_WAIT_SECS: u64 = 30;

/// When a page that is read or written is given up, so that a network that swallows what is sent ends.
const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// What is bound.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a row holds in a column.
pub(crate) enum Cell {
    Null,
    Value(Value),
    /// Of a type that is none of a [`Value`]'s.
    Other,
}

/// The same words for each database. Their types have no trait in common that says enough, and bounds
/// that do would be longer than the code.
macro_rules! on_each {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            Connection::Sqlite($inner) => $body,
            Connection::Postgres($inner) => $body,
            Connection::MySql($inner) => $body,
        }
    };
}

/// The statement with its values, which are bound and never written into it.
macro_rules! prepared {
    ($sql:expr, $values:expr) => {{
        // Its names are quoted, or it is whoever runs the program that wrote it.
        let mut query = sqlx::query(AssertSqlSafe($sql.to_owned()));
        for value in $values {
            query = match value {
                Value::Int(value) => query.bind(*value),
                Value::Text(value) => query.bind(value.as_str()),
                Value::Bytes(value) => query.bind(value.as_slice()),
            };
        }
        query
    }};
}

impl Connection {
    /// Opens what is there. For reading, the database is asked to let nothing be written.
    pub(super) async fn open(url: &Url, access: Access) -> Result<Self, Refusal> {
        let opened = match url.kind {
            Kind::Sqlite => Self::sqlite(&url.text, access).await,
            Kind::Postgres => Self::postgres(&url.text, access).await,
            Kind::MySql => Self::mysql(&url.text, access).await,
        };
        opened.map_err(refusal)
    }

    async fn sqlite(url: &str, access: Access) -> Result<Self, sqlx::Error> {
        let mut options =
            SqliteConnectOptions::from_str(url)?.create_if_missing(false).busy_timeout(LOCK_WAIT);
        // The URL can ask for it too.
        if access == Access::Read {
            options = options.read_only(true);
        }
        Ok(Self::Sqlite(options.connect().await?))
    }

    async fn postgres(url: &str, access: Access) -> Result<Self, sqlx::Error> {
        let wait = format!("{LOCK_WAIT_SECS}s");
        let mut options = PgConnectOptions::from_str(url)?.options([("lock_timeout", wait)]);
        if access == Access::Read {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        Ok(Self::Postgres(options.connect().await?))
    }

    async fn mysql(url: &str, access: Access) -> Result<Self, sqlx::Error> {
        let mut connection = MySqlConnectOptions::from_str(url)?.connect().await?;
        // A server may be set to commit nothing by itself, whose reads would then be of the past; and
        // to cut what a column has no room for.
        let settings = format!(
            "SET SESSION autocommit = 1, innodb_lock_wait_timeout = {LOCK_WAIT_SECS}, \
             sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')"
        );
        connection.execute(AssertSqlSafe(settings)).await?;
        if access == Access::Read {
            connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
        }
        Ok(Self::MySql(connection))
    }

    /// Which database it is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
            Self::MySql(_) => Kind::MySql,
        }
    }

    /// The rows that a statement finds, which must be few.
    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Vec<Cell>>, sqlx::Error> {
        match self {
            Self::Sqlite(connection) => {
                let rows = timely(prepared!(sql, values).fetch_all(connection)).await?;
                rows.iter().map(sqlite_cells).collect()
            }
            Self::Postgres(connection) => {
                let rows = timely(prepared!(sql, values).fetch_all(connection)).await?;
                rows.iter().map(postgres_cells).collect()
            }
            Self::MySql(connection) => {
                let rows = timely(prepared!(sql, values).fetch_all(connection)).await?;
                rows.iter().map(mysql_cells).collect()
            }
        }
    }

    /// Runs a statement once for each of `batch`, all of them or none, and says how many rows each
    /// has changed. If any has changed more than one, nothing is.
    pub(crate) async fn change_each(
        &mut self,
        sql: &str,
        batch: &[[Value; 3]],
    ) -> Result<Vec<u64>, sqlx::Error> {
        on_each!(self, connection => {
            timely(async {
                let mut transaction = connection.begin().await?;
                let mut changed = Vec::with_capacity(batch.len());
                for values in batch {
                    let done = prepared!(sql, values).execute(&mut *transaction).await?;
                    changed.push(done.rows_affected());
                }
                if changed.iter().all(|count| *count <= 1) {
                    transaction.commit().await?;
                }
                Ok(changed)
            })
            .await
        })
    }

    pub(super) async fn close(self) {
        // What is not said properly goodbye to is gone all the same.
        let _ = on_each!(self, connection => timely(connection.close()).await);
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Bytes(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

async fn timely<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let late = |_| Err(sqlx::Error::Io(io::Error::new(ErrorKind::TimedOut, "it does not answer")));
    timeout(DEADLINE, work).await.unwrap_or_else(late)
}

fn sqlite_cells(row: &SqliteRow) -> Result<Vec<Cell>, sqlx::Error> {
    let cell = |at| {
        // Of the value, whatever the column was declared as.
        let raw = row.try_get_raw(at)?;
        let value = match raw.type_info().name() {
            _ if raw.is_null() => return Ok(Cell::Null),
            "INTEGER" => row.try_get_unchecked(at).map(Value::Int),
            "TEXT" => row.try_get_unchecked(at).map(Value::Text),
            "BLOB" => row.try_get_unchecked(at).map(Value::Bytes),
            _ => return Ok(Cell::Other),
        };
        Ok(or_other(value))
    };
    (0..row.len()).map(cell).collect()
}

/// Of text alone, which is what statements for PostgreSQL ask for.
fn postgres_cells(row: &PgRow) -> Result<Vec<Cell>, sqlx::Error> {
    let cell = |at| match row.try_get_raw(at)?.is_null() {
        true => Ok(Cell::Null),
        false => Ok(or_other(row.try_get(at).map(Value::Text))),
    };
    (0..row.len()).map(cell).collect()
}

fn mysql_cells(row: &MySqlRow) -> Result<Vec<Cell>, sqlx::Error> {
    let cell = |at| {
        let raw = row.try_get_raw(at)?;
        let info = raw.type_info();
        let name = info.name();
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        if name.ends_with("INT") || name == "BOOLEAN" {
            return Ok(or_other(row.try_get_unchecked(at).map(Value::Int)));
        }
        if !["CHAR", "TEXT", "BINARY", "BLOB"].iter().any(|part| name.contains(part)) {
            return Ok(Cell::Other);
        }
        // Unchecked, since a column in a binary collation has the name of bytes.
        let bytes = row.try_get_unchecked::<Vec<u8>, _>(at).map(|bytes| {
            String::from_utf8(bytes).map_or_else(|e| Value::Bytes(e.into_bytes()), Value::Text)
        });
        Ok(or_other(bytes))
    };
    (0..row.len()).map(cell).collect()
}

fn or_other(value: Result<Value, sqlx::Error>) -> Cell {
    value.map_or(Cell::Other, Cell::Value)
}

/// The code by which a database refuses: a SQLSTATE, or SQLite's own.
pub(crate) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Into::into)
}

pub(crate) fn refusal(error: sqlx::Error) -> Refusal {
    use sqlx::Error as E;
    let failed = |message: String| Refusal::new("database", message);
    match error {
        E::Database(error) => {
            let code = error.code().unwrap_or_default();
            // SQLSTATE's classes of who connects and to what, and of the statement's own words; and
            // the code by which SQLite says such things. Others cite values.
            let is_of_the_statement =
                ["08", "28", "3D", "42"].iter().any(|class| code.starts_with(class));
            if is_of_the_statement || code == "1" {
                failed(format!("the database refuses: {}", error.message()))
            } else {
                failed(format!("the database refuses, with code {code}"))
            }
        }
        E::Configuration(_) => Refusal::usage("the URL of the database is malformed"),
        E::Io(error) => failed(format!("the database is not reached: {error}")),
        E::Tls(_) => failed("the database is not reached: TLS fails".into()),
        _ => failed("the database fails".into()),
    }
}
