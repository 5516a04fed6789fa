//! The rows of a query, one after the other. Reads, and asks the database to let it do nothing else.

use futures_util::TryStreamExt as _;
use sqlx::mysql::MySql;
use sqlx::postgres::Postgres;
use sqlx::sqlite::Sqlite;
use sqlx::{
    AssertSqlSafe, Column as _, ColumnIndex, Database, Decode, Executor, Row as _, Type,
    TypeInfo as _, ValueRef as _,
};

use crate::database::connection::{Connection, refusal};
use crate::database::{self, Access};
use crate::dump::entry::{Entry, Field};
use crate::progress::Progress;
use crate::refusal::Refusal;

/// Shows the first column of text in each row to `take`.
pub(crate) fn read(
    database: &database::Database,
    query: &str,
    take: impl FnMut(Entry<'_>),
) -> Result<(), Refusal> {
    database.connect(Access::Read, async |connection| match connection {
        Connection::Sqlite(connection) => rows::<Sqlite>(connection, query, take).await,
        Connection::Postgres(connection) => rows::<Postgres>(connection, query, take).await,
        Connection::MySql(connection) => rows::<MySql>(connection, query, take).await,
    })
}

async fn rows<D: Database>(
    connection: &mut D::Connection,
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
    // It is whoever runs the program that wrote it.
    let mut rows = sqlx::query(AssertSqlSafe(query.to_owned())).fetch(connection);
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
