//! The rows of a query, one after the other. Reads, and asks the database to let it do nothing else.
//!
//! Messages of a database can cite what is in a row, and URLs hold passwords: neither is shown but for
//! what is said of the query itself.

use std::str::FromStr;

use futures_util::TryStreamExt as _;
use sqlx::mysql::{MySql, MySqlConnectOptions};
use sqlx::postgres::{PgConnectOptions, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnectOptions};
use sqlx::{
    AssertSqlSafe, Column as _, ColumnIndex, ConnectOptions as _, Connection, Database, Decode,
    Executor, Row as _, Type, TypeInfo as _, ValueRef as _,
};

use crate::database::runtime;
use crate::dump::entry::{Entry, Field};
use crate::progress::Progress;
use crate::refusal::Refusal;

/// Shows the first column of text in each row to `take`.
pub(crate) fn read(url: &str, query: &str, take: impl FnMut(Entry<'_>)) -> Result<(), Refusal> {
    runtime()?.block_on(async {
        match url.split(':').next() {
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url).map_err(refusal)?;
                let options = options.read_only(true).create_if_missing(false);
                rows::<Sqlite>(options.connect().await.map_err(refusal)?, query, take).await
            }
            Some("postgres" | "postgresql") => {
                let options = PgConnectOptions::from_str(url).map_err(refusal)?;
                let options = options.options([("default_transaction_read_only", "on")]);
                rows::<Postgres>(options.connect().await.map_err(refusal)?, query, take).await
            }
            Some("mysql" | "mariadb") => {
                let options = MySqlConnectOptions::from_str(url).map_err(refusal)?;
                let mut connection = options.connect().await.map_err(refusal)?;
                let read_only = connection.execute("SET SESSION TRANSACTION READ ONLY");
                read_only.await.map_err(refusal)?;
                rows::<MySql>(connection, query, take).await
            }
            _ => Err(Refusal::usage("the database is named by sqlite:, postgres: or mysql:")),
        }
    })
}

async fn rows<D: Database>(
    mut connection: D::Connection,
    query: &str,
    mut take: impl FnMut(Entry<'_>),
) -> Result<(), Refusal>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    for<'q> D::Arguments: sqlx::IntoArguments<D>,
    for<'r> String: Decode<'r, D> + Type<D>,
    usize: ColumnIndex<D::Row>,
{
    let mut progress = Progress::new();
    let (mut number, mut column) = (0, None);
    {
        // It is whoever runs the program that wrote it.
        let mut rows = sqlx::query(AssertSqlSafe(query.to_owned())).fetch(&mut connection);
        while let Some(row) = rows.try_next().await.map_err(refusal)? {
            number += 1;
            let at = match column {
                Some(at) => at,
                None => *column.insert(column_of_text(&row)?),
            };
            // Unchecked, since to MySQL a column in a binary collation is bytes.
            let field = match row.try_get_unchecked::<Option<String>, _>(at) {
                Ok(Some(text)) => {
                    take(Entry { line: number, field: Field::Bytes(text.as_bytes()) });
                    progress.say(|| format!("{number} rows"));
                    continue;
                }
                Ok(None) => Field::Null,
                Err(_) => Field::NotText,
            };
            take(Entry { line: number, field });
        }
    }
    // What is not said properly goodbye to is gone all the same.
    let _ = connection.close().await;
    Ok(())
}

/// The first column of text; or the only one, whatever it is.
fn column_of_text<R>(row: &R) -> Result<usize, Refusal>
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
{
    let columns = row.columns();
    if columns.len() == 1 {
        return Ok(0);
    }
    let declared = columns.iter().position(|column| is_text(column.type_info().name()));
    // SQLite's expressions are of the type of their value.
    let is_text_here =
        |at: &usize| row.try_get_raw(*at).is_ok_and(|value| is_text(value.type_info().name()));
    let found = declared.or_else(|| (0..columns.len()).find(is_text_here));
    found.ok_or_else(|| Refusal::usage("the query has no column of text"))
}

/// `TEXT`, `VARCHAR`, `LONGTEXT`, `BPCHAR`, `NAME`, `CITEXT` and the like.
fn is_text(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["CHAR", "TEXT", "NAME"].iter().any(|part| name.contains(part))
}

fn refusal(error: sqlx::Error) -> Refusal {
    use sqlx::Error as E;
    match error {
        E::Database(error) => {
            let code = error.code().unwrap_or_default();
            // SQLSTATE's classes of who connects and to what, and of the query's own words; and the code
            // by which SQLite says such things. Others cite values.
            let is_of_the_query =
                ["08", "28", "3D", "42"].iter().any(|class| code.starts_with(class));
            if is_of_the_query || code == "1" {
                Refusal::io(format!("the database refuses: {}", error.message()))
            } else {
                Refusal::io(format!("the database refuses, with code {code}"))
            }
        }
        E::Configuration(_) => Refusal::usage("the URL of the database is malformed"),
        E::Io(error) => Refusal::io(format!("the database is not reached: {error}")),
        E::Tls(_) => Refusal::io("the database is not reached: TLS fails"),
        _ => Refusal::io("the database fails"),
    }
}
