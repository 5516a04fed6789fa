//! One of the three databases, and how statements run on it: prepared, each in a transaction of its
//! own, with a deadline. The only room that knows which one it is.

use std::time::Duration;

#[cfg(feature = "mysql")]
use sqlx::mysql::{MySqlPool, MySqlRow};
use sqlx::pool::PoolConnection;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgPool, PgRow};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Connection as _, Database, Row as _};
use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind};
use crate::sql::{Sql, Value};

/// A pool of connections to one of the databases: from one of sqlx's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pool {
    /// To SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePool),
    /// To PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
    /// To MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    MySql(MySqlPool),
}

/// The same words for each database that is compiled in. Their types have no trait in common that
/// says enough, and bounds that do would be longer than the code.
macro_rules! on_each {
    ($value:expr, $kind:ident($inner:ident, $spelling:ident) => $body:expr) => {
        match $value {
            #[cfg(feature = "sqlite")]
            $kind::Sqlite($inner) => {
                let $spelling = |sql: &Sql| sql.numbered;
                $body
            }
            #[cfg(feature = "postgres")]
            $kind::Postgres($inner) => {
                let $spelling = |sql: &Sql| sql.numbered;
                $body
            }
            #[cfg(feature = "mysql")]
            $kind::MySql($inner) => {
                let $spelling = |sql: &Sql| sql.positional;
                $body
            }
        }
    };
    ($value:expr, $kind:ident($inner:ident) => $body:expr) => {
        match $value {
            #[cfg(feature = "sqlite")]
            $kind::Sqlite($inner) => $body,
            #[cfg(feature = "postgres")]
            $kind::Postgres($inner) => $body,
            #[cfg(feature = "mysql")]
            $kind::MySql($inner) => $body,
        }
    };
}

/// The statement with its values, which are bound and never written into it.
macro_rules! prepared {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match *value {
                Value::Int(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            };
        }
        query
    }};
}

impl Pool {
    /// Runs a statement, and says how many rows it found to change.
    pub(crate) async fn execute(
        &self,
        deadline: Duration,
        sql: &Sql,
        values: &[Value<'_>],
    ) -> Result<u64, Error> {
        on_each!(self, Pool(pool, spelling) => {
            let mut lease = Lease::take(pool, deadline).await?;
            let query = prepared!(spelling(sql), values);
            let done = timeout(deadline, query.execute(lease.connection()?)).await;
            Ok(lease.end(done)?.rows_affected())
        })
    }

    /// The rows that a statement finds.
    pub(crate) async fn rows(
        &self,
        deadline: Duration,
        sql: &Sql,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, Error> {
        on_each!(self, Pool(pool, spelling) => {
            let mut lease = Lease::take(pool, deadline).await?;
            let query = prepared!(spelling(sql), values);
            let rows = timeout(deadline, query.fetch_all(lease.connection()?)).await;
            Ok(lease.end(rows)?.into_iter().map(Row::from).collect())
        })
    }

    /// Runs a statement that inserts a row, and gives the row's key. Where there is a word for it,
    /// the statement returns it.
    pub(crate) async fn insert(
        &self,
        deadline: Duration,
        sql: &Sql,
        values: &[Value<'_>],
    ) -> Result<i64, Error> {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => {
                let mut lease = Lease::take(pool, deadline).await?;
                let query = prepared!(sql.positional, values);
                let done = timeout(deadline, query.execute(lease.connection()?)).await;
                let key = lease.end(done)?.last_insert_id();
                i64::try_from(key).map_err(|_| ErrorKind::Corrupt.into())
            }
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            other => {
                let rows = other.rows(deadline, sql, values).await?;
                rows.first().ok_or(ErrorKind::Corrupt)?.int(0)
            }
        }
    }

    /// Runs a statement once for each of `batch`, all of them or none, and says for each whether
    /// its row was new.
    pub(crate) async fn insert_all(
        &self,
        deadline: Duration,
        sql: &Sql,
        batch: &[Vec<Value<'_>>],
    ) -> Result<Vec<bool>, Error> {
        on_each!(self, Pool(pool, spelling) => {
            let mut lease = Lease::take(pool, deadline).await?;
            let connection = lease.connection()?;
            let all = async {
                let mut transaction = connection.begin().await?;
                let mut inserted = Vec::with_capacity(batch.len());
                for values in batch {
                    let query = prepared!(spelling(sql), values);
                    inserted.push(match query.execute(&mut *transaction).await {
                        Ok(done) => done.rows_affected() == 1,
                        // MySQL, where the statement has no word for it, undoes it alone.
                        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => false,
                        Err(error) => return Err(error),
                    });
                }
                transaction.commit().await?;
                Ok(inserted)
            };
            let done = timeout(deadline, all).await;
            lease.end(done)
        })
    }

    pub(crate) async fn close(&self) {
        on_each!(self, Pool(pool) => pool.close().await);
    }
}

/// A connection while a statement runs on it.
///
/// A pool takes a connection back when it answers, for which it waits without an end. If the network
/// swallows what is sent, the connections of all requests that were given up would be lost to it.
struct Lease<D: Database> {
    connection: Option<PoolConnection<D>>,
    deadline: Duration,
}

impl<D: Database> Lease<D> {
    async fn take(pool: &sqlx::Pool<D>, deadline: Duration) -> Result<Self, Error> {
        Ok(Self { connection: Some(pool.acquire().await?), deadline })
    }

    fn connection(&mut self) -> Result<&mut D::Connection, Error> {
        Ok(self.connection.as_deref_mut().ok_or(ErrorKind::Unavailable)?)
    }

    /// What came of the statement. After a deadline nobody knows what the connection still waits
    /// for: it is closed.
    fn end<T>(mut self, done: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, Error> {
        let connection = self.connection.take();
        match done {
            Ok(done) => Ok(done?),
            Err(_) => {
                connection.into_iter().for_each(|mut connection| connection.close_on_drop());
                Err(ErrorKind::Timeout.into())
            }
        }
    }
}

impl<D: Database> Drop for Lease<D> {
    /// Without `end`: the request was given up, as it is when a client hangs up.
    fn drop(&mut self) {
        let (Some(mut connection), deadline) = (self.connection.take(), self.deadline) else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else { return connection.close_on_drop() };
        runtime.spawn(async move {
            if !matches!(timeout(deadline, connection.ping()).await, Ok(Ok(()))) {
                connection.close_on_drop();
            }
        });
    }
}

macro_rules! from_sqlx {
    ($($feature:literal $name:ident $pool:ident $row:ident),+) => {$(
        #[cfg(feature = $feature)]
        impl From<$pool> for Pool {
            fn from(pool: $pool) -> Self {
                Self::$name(pool)
            }
        }

        #[cfg(feature = $feature)]
        impl From<$row> for Row {
            fn from(row: $row) -> Self {
                Self::$name(row)
            }
        }
    )+};
}

from_sqlx!(
    "sqlite" Sqlite SqlitePool SqliteRow,
    "postgres" Postgres PgPool PgRow,
    "mysql" MySql MySqlPool MySqlRow
);

/// What was found, by the order in which the statement names it. Numbers are `BIGINT` on all.
pub(crate) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(PgRow),
    #[cfg(feature = "mysql")]
    MySql(MySqlRow),
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Error> {
        Ok(on_each!(self, Row(row) => row.try_get(column))?)
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, Error> {
        Ok(on_each!(self, Row(row) => row.try_get(column))?)
    }

    /// UTF-8. Unchecked is only the name of its type: on MySQL it is bytes.
    pub(crate) fn text(&self, column: usize) -> Result<String, Error> {
        Ok(on_each!(self, Row(row) => row.try_get_unchecked(column))?)
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<String>, Error> {
        Ok(on_each!(self, Row(row) => row.try_get_unchecked(column))?)
    }

    pub(crate) fn digest(&self, column: usize) -> Result<[u8; 32], Error> {
        let bytes: Vec<u8> = on_each!(self, Row(row) => row.try_get(column))?;
        bytes.try_into().map_err(|_| ErrorKind::Corrupt.into())
    }
}
