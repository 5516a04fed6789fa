//! `audit` over the rows of a query: what it counts, that it writes nothing, and that it cites no row.

#![cfg(feature = "database")]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use util::{file, program, ran, run};

/// `U*U` (passlib 1.7.4, `passlib/tests/test_handlers_bcrypt.py`).
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// A database with a table of four users, of whom one has no password and one no hash.
fn database(name: &str) -> String {
    let path = file(name, b"");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(&path);
        let mut connection = options.connect().await.unwrap();
        let rows = format!("(1, '{BCRYPT}'), (2, NULL), (3, 'hunter2hunter2'), (4, '{BCRYPT}')");
        let statements = format!(
            "CREATE TABLE users (id INTEGER, password TEXT); INSERT INTO users VALUES {rows}"
        );
        connection.execute(sqlx::AssertSqlSafe(statements)).await.unwrap();
        connection.close().await.unwrap();
    });
    path
}

#[test]
fn rows_are_counted() {
    let url = format!("sqlite:{}", database("audited.db"));
    for query in [
        "SELECT password FROM users ORDER BY id",
        "SELECT id, password FROM users ORDER BY id",
        "SELECT coalesce(password, '') FROM users ORDER BY id",
        "SELECT id, coalesce(password, '') FROM users ORDER BY id",
    ] {
        let report = run(&["audit", "--json", "--database", &url, "--query", query]).exits(1);
        let report = report.json();
        let counts = ["lines", "hashes", "without_password", "refused_lines"];
        assert_eq!(counts.map(|key| report[key].as_u64().unwrap()), [4, 2, 1, 1], "{query}");
        assert_eq!(report["refusals"][0]["lines"][0], 3, "{query}");
        assert_eq!(report["salts"]["sharing"], 2, "{query}");
    }
}

/// The variable keeps a password out of sight of others; the option goes before it.
#[test]
fn the_database_is_the_variables_too() {
    let url = format!("sqlite:{}", database("variable.db"));
    let audit = |variable: &str, options: &[&str]| {
        let mut command = program();
        command.args(["audit", "--json", "--query", "SELECT password FROM users"]).args(options);
        ran(command.env("DOORSTEP_DATABASE", variable).output().unwrap())
    };
    assert_eq!(audit(&url, &[]).exits(1).json()["lines"], 4);
    assert_eq!(audit("sqlite:/nowhere", &["--database", &url]).exits(1).json()["lines"], 4);
    audit("", &[]).refuses("--database URL, or DOORSTEP_DATABASE");
    // Of a file, whatever the variable says.
    let dump = file("variable.txt", BCRYPT.as_bytes());
    let mut command = program();
    command.args(["audit", &dump]).env("DOORSTEP_DATABASE", &url);
    ran(command.output().unwrap()).exits(0);
    run(&["audit", &dump, "--database", &url]).exits(2);
}

#[test]
fn a_database_stays_as_it_is_and_is_not_cited() {
    let path = database("untouched.db");
    let url = format!("sqlite:{path}");
    let before = fs::read(&path).unwrap();
    let refused = |url: &str, query: &str, why: &str| {
        let ran = run(&["audit", "--database", url, "--query", query]).refuses(why);
        assert!(!ran.stderr.contains("hunter2") && !ran.stderr.contains(BCRYPT), "{ran:?}");
    };
    refused(&url, "UPDATE users SET password = 'x'", "the database refuses");
    refused(&url, "SELECT nope FROM users", "no such column");
    refused(&url, "SELECT id, id FROM users", "no column of text");
    refused(&format!("{url}.not"), "SELECT 1", "the database refuses");
    refused("mongodb://hunter2@localhost", "SELECT 1", "sqlite:, postgres: or mysql:");
    refused("postgres://u:hunter2@[", "SELECT 1", "malformed");
    assert_eq!(fs::read(&path).unwrap(), before);
    run(&["audit", "--database", &url]).exits(2);
    run(&["audit", "--database", &url, "--query", "SELECT 1", &path]).exits(2);
}
