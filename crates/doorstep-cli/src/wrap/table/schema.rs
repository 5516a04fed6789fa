//! A table as its database describes it, and the statements that read and change it. Names are quoted,
//! so that each is that of a column and never SQL; what a row holds is bound.

use std::borrow::Cow;
use std::fmt;
use std::slice;

use doorstep_password::Limits;

use crate::database::Kind;
use crate::database::connection::{Cell, Connection, Value, code, refusal};
use crate::refusal::Refusal;
use crate::wrap::args::Columns;

/// Rows that are held at once.
const PAGE: usize = 500;

/// What a column is at least to be widened to, in characters: hashes grow.
const LEAST_WIDTH: usize = 255;

pub(super) struct Table {
    kind: Kind,
    /// As it is quoted.
    name: String,
    hash: Column,
    original: Column,
    /// The statements.
    first_page: String,
    next_page: String,
    change: String,
}

/// A row as it was read.
pub(super) struct Row {
    pub(super) key: Value,
    pub(super) hash: Cell,
    /// Whether its column for the old hash holds something.
    pub(super) is_kept: bool,
}

/// What the database says of a column.
struct Column {
    name: String,
    /// In the database's words.
    data_type: String,
    /// In characters, if it is bounded.
    width: Option<usize>,
    is_nullable: bool,
}

impl Table {
    /// Finds the table, and makes sure that it can be wrapped.
    pub(super) async fn find(
        connection: &mut Connection,
        name: &str,
        columns: &Columns,
    ) -> Result<Self, Refusal> {
        let kind = connection.kind();
        let hash = columns.column.as_deref().unwrap_or_default();
        let key = columns.key.as_deref().unwrap_or_default();
        let original = columns.original.clone().unwrap_or_else(|| format!("{hash}_original"));
        let names = [hash, key, &original];
        for (at, name) in names.iter().enumerate() {
            if names[..at].iter().any(|before| before.eq_ignore_ascii_case(name)) {
                return Err(Refusal::usage("--column, --key and --original are three columns"));
            }
        }
        let place = Place {
            schema: columns.schema.as_deref().map(|schema| quoted(kind, schema)).transpose()?,
            table: quoted(kind, name)?,
        };
        let quoted_name = place.to_string();
        let [hash_sql, key_sql, original_sql] = names.map(|name| quoted(kind, name));
        let (hash_sql, key_sql, original_sql) = (hash_sql?, key_sql?, original_sql?);

        let mut found = described(connection, &place).await?;
        if found.is_empty() {
            return Err(schema(format!("there is no table {quoted_name}")));
        }
        let mut take = |name: &str| {
            let is_it = |column: &Column| match kind {
                Kind::Postgres => column.name == name,
                Kind::Sqlite | Kind::MySql => column.name.eq_ignore_ascii_case(name),
            };
            found.iter().position(is_it).map(|at| found.swap_remove(at))
        };
        let missing = |name: &str| schema(format!("{quoted_name} has no column {name}"));
        let hash = take(hash).ok_or_else(|| missing(&hash_sql))?;
        let key = match take(key) {
            Some(key) => Key::of(kind, key_sql, &key.data_type)?,
            // It has no description, and is there.
            None if kind == Kind::Sqlite && key.eq_ignore_ascii_case("rowid") => {
                Key::of(kind, key_sql, "INTEGER")?
            }
            None => return Err(missing(&key_sql)),
        };
        let original = take(&original).ok_or_else(|| {
            schema(format!(
                "{quoted_name} has no column {original_sql} to keep the old hashes in; this makes it: \
                 ALTER TABLE {quoted_name} ADD COLUMN {original_sql} TEXT"
            ))
        })?;
        let table =
            Self::new(kind, quoted_name, &key, [hash, original], [&hash_sql, &original_sql]);
        table.make_sure_of_key(connection, &key).await?;
        Ok(table)
    }

    fn new(
        kind: Kind,
        name: String,
        key: &Key,
        [hash, original]: [Column; 2],
        [hash_sql, original_sql]: [&str; 2],
    ) -> Self {
        let Key { sql: key_sql, read: key_read, .. } = key;
        let (text, is_old) = match kind {
            Kind::Sqlite => {
                (hash_sql.to_owned(), format!("{hash_sql} = {} COLLATE BINARY", mark(kind, 3)))
            }
            Kind::Postgres => (
                format!("{hash_sql}::text"),
                format!("({hash_sql}::text COLLATE \"C\") = {}", mark(kind, 3)),
            ),
            // Whatever the column's collation takes for equal.
            Kind::MySql => (
                hash_sql.to_owned(),
                format!("CAST(CONVERT({hash_sql} USING utf8mb4) AS BINARY) = {}", mark(kind, 3)),
            ),
        };
        // One more than a hash may have tells that it is too long.
        let most = Limits::default().stored_len + 1;
        let select = format!(
            "SELECT {key_read}, substr({text}, 1, {most}), \
             CASE WHEN {original_sql} IS NULL THEN NULL ELSE 'kept' END FROM {name} AS page"
        );
        // By the name alone, PostgreSQL would order by what is selected, which is its text.
        let order = format!("ORDER BY page.{key_sql} LIMIT {PAGE}");
        Self {
            kind,
            hash,
            original,
            first_page: format!("{select} {order}"),
            next_page: format!("{select} WHERE page.{key_sql} > {} {order}", key.bound(1)),
            // In this order: MySQL takes what a column is by then.
            change: format!(
                "UPDATE {name} SET {original_sql} = {hash_sql}, {hash_sql} = {} \
                 WHERE {key_sql} = {} AND {is_old} AND {original_sql} IS NULL",
                mark(kind, 1),
                key.bound(2)
            ),
            name,
        }
    }

    /// Rows with the same key, or without one, would be passed.
    async fn make_sure_of_key(
        &self,
        connection: &mut Connection,
        Key { sql, .. }: &Key,
    ) -> Result<(), Refusal> {
        let statement = format!(
            "SELECT 1 FROM {} GROUP BY {sql} HAVING count(*) > 1 OR {sql} IS NULL LIMIT 1",
            self.name
        );
        match connection.rows(&statement, &[]).await.map_err(refusal)?.is_empty() {
            true => Ok(()),
            false => Err(not_a_key()),
        }
    }

    /// The first rows, or those behind a key.
    pub(super) async fn page(
        &self,
        connection: &mut Connection,
        after: Option<&Value>,
    ) -> Result<Vec<Row>, Refusal> {
        let rows = match after {
            None => connection.rows(&self.first_page, &[]).await,
            Some(key) => connection.rows(&self.next_page, slice::from_ref(key)).await,
        };
        let rows = rows.map_err(refusal)?.into_iter().map(|cells| {
            let [Cell::Value(key), hash, kept] =
                <[Cell; 3]>::try_from(cells).map_err(|_| not_a_key())?
            else {
                return Err(not_a_key());
            };
            Ok(Row { key, hash, is_kept: !matches!(kept, Cell::Null) })
        });
        let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
        // Then it would never end.
        if rows.last().is_some_and(|last| Some(&last.key) == after) {
            return Err(not_a_key());
        }
        Ok(rows)
    }

    /// Changes rows, of each the new hash, the key and the old hash, and says of each whether it was.
    pub(super) async fn change(
        &self,
        connection: &mut Connection,
        batch: &[[Value; 3]],
    ) -> Result<Vec<u64>, Refusal> {
        let changed = connection.change_each(&self.change, batch).await.map_err(|error| {
            // "String data, right truncation": the table was altered meanwhile, or a wider hash came.
            match code(&error).as_deref() {
                Some("22001") => schema(format!("{} has no room for a wrapped hash", self.name)),
                _ => refusal(error),
            }
        })?;
        if changed.iter().any(|count| *count > 1) {
            return Err(not_a_key());
        }
        Ok(changed)
    }

    /// Whether there is a bound to what its columns hold.
    pub(super) fn is_narrow(&self) -> bool {
        self.hash.width.is_some() || self.original.width.is_some()
    }

    /// Makes sure that the longest hashes have room in their columns.
    pub(super) fn make_sure_of_room(&self, old_len: usize, new_len: usize) -> Result<(), Refusal> {
        for (column, what, len) in
            [(&self.original, "old", old_len), (&self.hash, "wrapped", new_len)]
        {
            let Some(width) = column.width.filter(|width| *width < len) else { continue };
            let name = quoted(self.kind, &column.name)?;
            let width_wanted = len.max(LEAST_WIDTH);
            let mut why = format!(
                "{name} holds {width} characters, and the longest {what} hash has {len}; \
                 this makes room: ALTER TABLE {} ",
                self.name
            );
            why += &match self.kind {
                Kind::MySql => {
                    let null = if column.is_nullable { "" } else { " NOT NULL" };
                    format!("MODIFY {name} VARCHAR({width_wanted}){null}")
                }
                _ => format!("ALTER COLUMN {name} TYPE VARCHAR({width_wanted})"),
            };
            return Err(schema(why));
        }
        Ok(())
    }
}

/// How the column that tells rows apart is read and bound.
struct Key {
    kind: Kind,
    /// As it is quoted.
    sql: String,
    /// What is selected.
    read: String,
    /// What stands before and behind a value that is bound.
    around: (&'static str, String),
}

impl Key {
    fn of(kind: Kind, sql: String, data_type: &str) -> Result<Self, Refusal> {
        let (read, around) = match kind {
            // There each value has a type of its own.
            Kind::Sqlite => (sql.clone(), ("", String::new())),
            Kind::Postgres => {
                let name = postgres_key(data_type).ok_or_else(|| not_of_a_key(&sql, data_type))?;
                (format!("{sql}::text"), ("CAST(", format!(" AS {name})")))
            }
            Kind::MySql => {
                let name = data_type.split(['(', ' ']).next().unwrap_or_default();
                let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
                if ends(&["binary", "blob"]) {
                    (format!("HEX({sql})"), ("UNHEX(", ")".into()))
                } else if ends(&["int"]) && data_type.contains("unsigned") {
                    // Beyond what a number that may be negative has room for.
                    (format!("CAST({sql} AS CHAR)"), ("CAST(", " AS UNSIGNED)".into()))
                } else if ends(&["int", "char", "text", "uuid"]) {
                    (sql.clone(), ("", String::new()))
                } else {
                    return Err(not_of_a_key(&sql, data_type));
                }
            }
        };
        Ok(Self { kind, sql, read, around })
    }

    /// The place of a key among what is bound.
    fn bound(&self, number: usize) -> String {
        let (before, behind) = &self.around;
        format!("{before}{}{behind}", mark(self.kind, number))
    }
}

/// The type to which the text of a key is cast, so that it compares as the column does; `None` if not
/// every value comes back from its text as it was.
fn postgres_key(data_type: &str) -> Option<&str> {
    match data_type {
        "smallint" | "integer" | "bigint" | "numeric" | "uuid" | "bytea" | "text"
        | "character varying" | "name" => Some(data_type),
        // By its other name it has one character.
        "character" => Some("bpchar"),
        // An extension's, in whatever schema.
        other => (other.rsplit('.').next() == Some("citext")).then_some(other),
    }
}

fn not_of_a_key(sql: &str, data_type: &str) -> Refusal {
    schema(format!("{sql} is {data_type}, and a key of integers, text, UUIDs or bytes is wanted"))
}

fn not_a_key() -> Refusal {
    schema("the key is NULL in a row, the same in several, or neither integer nor text nor bytes")
}

/// A table and what it is in, as they are quoted.
struct Place {
    schema: Option<String>,
    table: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.table),
            None => f.write_str(&self.table),
        }
    }
}

/// A name that can be nothing else to the database: its quotation marks are doubled.
///
/// Between these, SQLite takes no unknown name for a string.
fn quoted(kind: Kind, name: &str) -> Result<String, Refusal> {
    if name.is_empty() || name.contains('\0') {
        return Err(Refusal::usage("a name of a table or a column is empty or holds a NUL"));
    }
    let quote = if kind == Kind::Postgres { "\"" } else { "`" };
    Ok(format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2))))
}

/// The place of a value that is bound. Each stands once and in its order, since MySQL's know no number.
fn mark(kind: Kind, number: usize) -> String {
    match kind {
        Kind::MySql => "?".into(),
        Kind::Sqlite | Kind::Postgres => format!("${number}"),
    }
}

/// The columns of a table; none if there is no such table.
async fn described(connection: &mut Connection, place: &Place) -> Result<Vec<Column>, Refusal> {
    const POSTGRES: &str = "\
        SELECT a.attname::text, a.atttypid::regtype::text, \
        CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END, \
        CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 \
        THEN (a.atttypmod - 4)::text END \
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
        WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";
    let rows = match connection.kind() {
        Kind::Sqlite => {
            let schema = place.schema.as_ref().map_or(String::new(), |schema| format!("{schema}."));
            let pragma = format!("PRAGMA {schema}table_xinfo({})", place.table);
            connection.rows(&pragma, &[]).await
        }
        Kind::Postgres => connection.rows(POSTGRES, &[Value::Text(place.to_string())]).await,
        Kind::MySql => connection.rows(&format!("SHOW COLUMNS FROM {place}"), &[]).await,
    };
    let rows = rows.map_err(refusal)?;
    Ok(rows.into_iter().map(|cells| Column::of(connection.kind(), cells)).collect())
}

impl Column {
    fn of(kind: Kind, cells: Vec<Cell>) -> Self {
        let mut texts = cells.into_iter().map(|cell| match cell {
            Cell::Value(Value::Text(text)) => text,
            _ => String::new(),
        });
        // SQLite's stand behind a number.
        let mut texts = texts.by_ref().skip(usize::from(kind == Kind::Sqlite));
        let (name, data_type) =
            (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        let is_nullable = texts.next().as_deref() != Some("NO");
        let width = match kind {
            // It keeps to no width.
            Kind::Sqlite => None,
            Kind::Postgres => texts.next().and_then(|width| width.parse().ok()),
            Kind::MySql => mysql_width(&data_type),
        };
        Self { name, data_type, width, is_nullable }
    }
}

/// Of `varchar(128)` and the like. The others have room for more than any hash.
fn mysql_width(data_type: &str) -> Option<usize> {
    let (name, rest) = data_type.split_once('(').unwrap_or((data_type, ""));
    match name {
        "char" | "varchar" | "binary" | "varbinary" => rest.split(')').next()?.parse().ok(),
        "tinytext" | "tinyblob" => Some(255),
        _ => None,
    }
}

fn schema(why: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new("schema", why)
}
