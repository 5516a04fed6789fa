//! `doorstep wrap --table`: what differs from one database to the other, and what only a server does.

use std::process::{Command, Stdio};
use std::time::Duration;

use doorstep_password::{Argon2, Hashers, Secret, Verdict, Wrapped};
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use super::server;
use super::util::{CHEAP, Ran, program, ran};

/// Of Django's tests (`tests/auth_tests/test_hashers.py`): of "lètmein".
const DJANGO: &str = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
/// Apache's documentation of its password formats: of "myPassword".
const APR1: &str = "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/";
/// As good as what `CHEAP` makes.
const NEW: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A database of the test's own, on a server.
struct Bed {
    url: String,
    connection: Connection,
}

enum Connection {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Bed {
    async fn new(variable: &str, name: &str) -> Self {
        let server = server(variable);
        let (host, _) = server.rsplit_once('/').unwrap();
        let (name, url) = (format!("doorstep_{name}"), format!("{host}/doorstep_{name}"));
        let is_postgres = server.starts_with("postgres");
        let connection = if is_postgres {
            let mut connection = PgConnection::connect(&server).await.unwrap();
            connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
            Connection::Postgres(PgConnection::connect(&url).await.unwrap())
        } else {
            let mut connection = MySqlConnection::connect(&server).await.unwrap();
            connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
            let mut connection = MySqlConnection::connect(&url).await.unwrap();
            connection.execute("SET autocommit = 1").await.unwrap();
            Connection::MySql(connection)
        };
        Self { url, connection }
    }

    /// Runs a statement, and says how many rows it changed.
    async fn sql(&mut self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &mut self.connection {
            Connection::Postgres(connection) => {
                connection.execute(sql).await.unwrap().rows_affected()
            }
            Connection::MySql(connection) => connection.execute(sql).await.unwrap().rows_affected(),
        }
    }

    /// The text in the first column of what a query finds.
    async fn texts(&mut self, sql: &str) -> Vec<Option<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &mut self.connection {
            Connection::Postgres(connection) => {
                let rows = connection.fetch_all(sql).await.unwrap();
                rows.iter().map(|row| row.get_unchecked(0)).collect()
            }
            Connection::MySql(connection) => {
                let rows = connection.fetch_all(sql).await.unwrap();
                rows.iter().map(|row| row.get_unchecked(0)).collect()
            }
        }
    }

    async fn count(&mut self, of: &str) -> u64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {of}"));
        let count: i64 = match &mut self.connection {
            Connection::Postgres(connection) => connection.fetch_one(sql).await.unwrap().get(0),
            Connection::MySql(connection) => connection.fetch_one(sql).await.unwrap().get(0),
        };
        count.try_into().unwrap()
    }

    fn is_postgres(&self) -> bool {
        matches!(self.connection, Connection::Postgres(_))
    }

    /// `doorstep wrap` of the column `Password`, whose originals go into `old`.
    fn command(&self, table: &str, options: &[&str]) -> Command {
        let mut command = program();
        command.args(["wrap", "--json", "--table", table, "--column", "Password"]);
        command.args(["--original", "old"]).args(CHEAP).args(options);
        command.env("DOORSTEP_DATABASE", &self.url);
        if !options.contains(&"--key") {
            command.args(["--key", "id"]);
        }
        command
    }

    fn wrap(&self, table: &str, options: &[&str]) -> Ran {
        ran(self.command(table, options).output().unwrap())
    }

    /// A table with so many users, of one password.
    async fn table(&mut self, name: &str, key: &str, rows: &str) {
        let (quote, password) = if self.is_postgres() { ("\"", "text") } else { ("`", "longtext") };
        let table = format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)));
        let column = format!("{quote}Password{quote}");
        self.sql(&format!(
            "CREATE TABLE {table} (id {key} PRIMARY KEY, {column} {password}, old {password})"
        ))
        .await;
        self.sql(&format!("INSERT INTO {table} (id, {column}) {rows}")).await;
    }

    /// The rows of `table` for the numbers from 1 to `count`.
    async fn many(&mut self, table: &str, count: u64) {
        let key = if self.is_postgres() { "int" } else { "int unsigned" };
        let numbers = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
        );
        let rows = if self.is_postgres() {
            format!("{numbers} SELECT i, '{APR1}' FROM n")
        } else {
            format!("SELECT * FROM ({numbers} SELECT i, '{APR1}' FROM n) AS numbers")
        };
        if !self.is_postgres() {
            self.sql("SET max_recursive_iterations = 100000").await;
        }
        self.table(table, key, &rows).await;
    }
}

const COUNTS: [&str; 5] = ["rows", "wrapped", "wrapped_before", "changed", "refused_rows"];

#[track_caller]
fn counts(ran: &Ran) -> [u64; 5] {
    let report = ran.json();
    COUNTS.map(|key| report[key].as_u64().unwrap())
}

#[track_caller]
fn verdict(password: &str, stored: &str) -> Verdict {
    let argon2 = || Argon2::new(8, 1, 1).unwrap();
    let hashers = Hashers::new(argon2()).accept(Wrapped::of_all(argon2()));
    hashers.verify(Secret::from(password), stored).unwrap().run().unwrap()
}

/// Django's column has 128 characters, which is too few, and stays as it was until it has more.
async fn a_narrow_column_is_refused(variable: &str) {
    let mut bed = Bed::new(variable, "narrow").await;
    let quote = if bed.is_postgres() { "\"" } else { "`" };
    bed.sql(&format!(
        "CREATE TABLE auth_user (id serial PRIMARY KEY, {quote}Password{quote} varchar(128) NOT NULL, \
         old varchar(40))"
    ))
    .await;
    let column = format!("{quote}Password{quote}");
    // The longest is no hash, and counts for nothing.
    let junk = "x".repeat(128);
    bed.sql(&format!(
        "INSERT INTO auth_user ({column}) VALUES ('{APR1}'), ('{DJANGO}'), ('{junk}')"
    ))
    .await;
    for holds in
        ["holds 40 characters, and the longest old", "holds 128 characters, and the longest"]
    {
        let refused = bed.wrap("auth_user", &[]).refuses(holds);
        assert_eq!(counts(&refused), [0; 5]);
        assert_eq!(refused.json()["refused"]["reason"], "schema");
        let all = bed.texts(&format!("SELECT {column} FROM auth_user ORDER BY id")).await;
        assert_eq!(all, [APR1, DJANGO, &junk].map(|text| Some(text.to_owned())));
        // What it says makes room.
        let (_, statement) = refused.stderr.split_once("this makes room: ").unwrap();
        bed.sql(statement.trim()).await;
    }
    let done = bed.wrap("auth_user", &[]).exits(1);
    assert_eq!(counts(&done), [3, 2, 0, 0, 1]);
    assert_eq!(done.json()["refusals"][0]["key"], "3");
    let olds = bed.texts("SELECT old FROM auth_user ORDER BY id").await;
    assert_eq!(olds, [Some(APR1.to_owned()), Some(DJANGO.to_owned()), None]);
    let new = bed.texts(&format!("SELECT {column} FROM auth_user WHERE id = 2")).await;
    assert_eq!(verdict("lètmein", new[0].as_deref().unwrap()), Verdict::Outdated);
}

/// Each more than a page long, so that rows are found behind a key.
async fn keys_of_every_type(variable: &str, keys: &[(&str, &str, &str)]) {
    let mut bed = Bed::new(variable, "keys").await;
    let is_postgres = bed.is_postgres();
    let quote = if is_postgres { "\"" } else { "`" };
    if !bed.is_postgres() {
        bed.sql("SET max_recursive_iterations = 100000").await;
    }
    for (number, (data_type, of_number, shown)) in keys.iter().enumerate() {
        let hostile = format!("Users {number}\"; DROP TABLE x; --`'$1?");
        let numbers =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)";
        let rows = format!(
            "{numbers} SELECT {of_number}, CASE i WHEN 1 THEN 'hunter2' ELSE '{APR1}' END FROM n"
        );
        let rows = if is_postgres { rows } else { format!("SELECT * FROM ({rows}) AS numbers") };
        bed.table(&hostile, data_type, &rows).await;
        let table = format!("{quote}{}{quote}", hostile.replace(quote, &quote.repeat(2)));
        let done = bed.wrap(&hostile, &[]).exits(1);
        assert_eq!(counts(&done), [1200, 1199, 0, 0, 1], "{data_type}");
        assert_eq!(done.json()["refusals"][0]["key"], *shown, "{data_type}");
        assert_eq!(bed.count(&format!("{table} WHERE old = '{APR1}'")).await, 1199);
        let again = bed.wrap(&hostile, &[]).exits(1);
        assert_eq!(counts(&again), [1200, 0, 1199, 0, 1], "{data_type}");
    }
    for data_type in ["timestamp", "double precision"] {
        bed.sql("DROP TABLE IF EXISTS other").await;
        bed.sql(&format!(
            "CREATE TABLE other (id {data_type}, {quote}Password{quote} text, old text)"
        ))
        .await;
        bed.wrap("other", &[]).refuses("a key of integers, text, UUIDs or bytes");
    }
    bed.wrap("nope", &[]).exits(2);
    bed.wrap("other", &["--schema", "nope"]).exits(2);
}

/// Killed with SIGKILL, and its connection by the server, while users log in: whenever that is, each
/// row has its old hash in one column or the other, or the new one of a login.
async fn nothing_is_lost(variable: &str) {
    const ROWS: u64 = 4_000;
    let mut bed = Bed::new(variable, "lost").await;
    bed.many("users", ROWS).await;
    let column = if bed.is_postgres() { "\"Password\"" } else { "`Password`" };
    let whole = format!(
        "users WHERE (old IS NULL AND {column} IN ('{APR1}', '{NEW}')) \
         OR (old = '{APR1}' AND {column} LIKE '$wrapped$%')"
    );
    let (mut kills, mut cut, mut renewed) = (0_u64, 0, 0);
    loop {
        let mut child = bed
            .command("users", &["--jobs", "2"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Of a login while it runs, by the statement of a store.
        let began = bed.count("users WHERE old IS NOT NULL").await;
        let id = 1 + (kills * 997) % ROWS;
        renewed += bed
            .sql(&format!(
                "UPDATE users SET {column} = '{NEW}' WHERE id = {id} AND {column} = '{APR1}'"
            ))
            .await;
        // In its midst, if there is one left.
        while bed.count("users WHERE old IS NOT NULL").await == began
            && child.try_wait().unwrap().is_none()
        {}
        std::thread::sleep(Duration::from_millis(7 * (kills % 5)));
        if kills % 2 == 0 {
            // On Unix this is SIGKILL.
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let end = if bed.is_postgres() {
                "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    .to_owned()
            } else {
                let others = "SELECT CAST(id AS CHAR) FROM information_schema.processlist \
                              WHERE db = database() AND id <> connection_id()";
                let others = bed.texts(others).await;
                others.into_iter().flatten().map(|id| format!("KILL {id}; ")).collect()
            };
            if !end.is_empty() {
                bed.end(&end).await;
            }
            let ended = ran(child.wait_with_output().unwrap());
            if ended.code == Some(2) {
                let report = ended.json();
                assert_eq!(report["refused"]["reason"], "database", "{ended:?}");
                if report["rows"] != 0 {
                    assert!(ended.stderr.contains("the same command goes on"), "{ended:?}");
                    cut += 1;
                }
                let wrapped = report["wrapped"].as_u64().unwrap();
                assert!(bed.count("users WHERE old IS NOT NULL").await >= began + wrapped);
            }
        }
        assert_eq!(bed.count(&whole).await, ROWS, "after {kills} kills");
        assert_eq!(bed.count(&format!("users WHERE {column} = '{NEW}'")).await, renewed);
        kills += 1;
        if bed.count(&format!("users WHERE {column} = '{APR1}'")).await == 0 {
            break;
        }
        assert!(kills < 500, "it never ends");
    }
    let done = bed.wrap("users", &[]).exits(0);
    assert_eq!(counts(&done), [ROWS, 0, ROWS - renewed, 0, 0]);
    let new = bed.texts(&format!("SELECT {column} FROM users WHERE id % 499 = 3")).await;
    for stored in new.iter().flatten().filter(|stored| *stored != NEW) {
        assert_eq!(verdict("myPassword", stored), Verdict::Outdated);
    }
    println!(
        "{variable}: {kills} ends, {cut} of them by the server in the midst, {renewed} logins"
    );
    assert!(kills > 3, "{kills}");
}

impl Bed {
    /// Ends somebody else's connections, which may be gone by then.
    async fn end(&mut self, statements: &str) {
        for statement in statements.split("; ").filter(|statement| !statement.is_empty()) {
            let statement = AssertSqlSafe(statement.to_owned());
            let _ = match &mut self.connection {
                Connection::Postgres(connection) => connection.execute(statement).await.map(drop),
                Connection::MySql(connection) => connection.execute(statement).await.map(drop),
            };
        }
    }
}

const POSTGRES: &str = "DOORSTEP_POSTGRES_URL";
const MYSQL: &str = "DOORSTEP_MYSQL_URL";

#[tokio::test]
#[ignore = "needs DOORSTEP_POSTGRES_URL: scripts/databases"]
async fn tables_of_postgres() {
    a_narrow_column_is_refused(POSTGRES).await;
    nothing_is_lost(POSTGRES).await;
    keys_of_every_type(
        POSTGRES,
        &[
            ("smallint", "i", "1"),
            ("bigint", "i * 7205759403792793", "7205759403792793"),
            ("numeric(40, 2)", "i * 10000000000000000000000", "10000000000000000000000.00"),
            ("uuid", "md5('k' || i)::uuid", "b637b17a-f08a-ced8-850c-18cccde915da"),
            ("bytea", "decode(md5('k' || i), 'hex')", "\\xb637b17af08aced8850c18cccde915da"),
            ("varchar(50)", "'User ' || i", "User 1"),
            ("text", "'\u{e4}''\"\\' || i", "\u{e4}'\"\\1"),
            ("char(20)", "'key' || i", "key1"),
            ("name", "'key' || i", "key1"),
        ],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs DOORSTEP_MYSQL_URL: scripts/databases"]
async fn tables_of_mysql() {
    a_narrow_column_is_refused(MYSQL).await;
    nothing_is_lost(MYSQL).await;
    keys_of_every_type(
        MYSQL,
        &[
            ("smallint unsigned", "i", "1"),
            ("bigint unsigned", "18446744073709551615 - i", "18446744073709551614"),
            ("bigint", "1 - i", "0"),
            ("binary(16)", "unhex(md5(concat('k', i)))", "B637B17AF08ACED8850C18CCCDE915DA"),
            ("varbinary(20)", "concat(char(0), char(255), i)", "00FF31"),
            ("varchar(50)", "concat('User ', i)", "User 1"),
            ("varchar(50) collate utf8mb4_bin", "concat('\u{e4}''\"', i)", "\u{e4}'\"1"),
            ("varchar(50) character set latin1", "concat('\u{e4}', i)", "\u{e4}1"),
            ("char(20)", "concat('key', i)", "key1"),
            (
                "uuid",
                "concat('00000000-0000-4000-8000-', lpad(i, 12, '0'))",
                "00000000-0000-4000-8000-000000000001",
            ),
        ],
    )
    .await;
}
