//! A table of Django's is imported as it is, everybody in it logs in, and nobody keeps an old hash.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqlitePool;

use self::util::{Place, basic};

/// What `scripts/auth_user.py dump` printed: Django 5.2.19 made the table and every hash.
const DUMP: &str = include_str!("auth_user.csv");

/// How many of its users there are of each format.
const FORMATS: [(&str, usize); 8] = [
    ("django_argon2", 12),
    ("django_bcrypt", 6),
    ("django_bcrypt_sha256", 12),
    ("django_pbkdf2_sha1", 12),
    ("django_pbkdf2_sha256", 58),
    ("django_salted_md5", 10),
    ("django_scrypt", 4),
    ("no password", 6),
];

/// The rule of that script.
fn password(username: &str) -> String {
    format!("{username}'s pässword: 1,000")
}

async fn users(database: &SqlitePool) -> Vec<(String, Option<String>)> {
    let sql = "SELECT username, hash FROM doorstep_users ORDER BY username";
    sqlx::query_as(sql).fetch_all(database).await.unwrap()
}

/// Issue 6, "Shown by": "a Django dump imported into the demo, everyone logs in".
#[tokio::test]
async fn everybody_of_a_django_table_logs_in_and_keeps_no_old_hash() {
    let place = Place::new("django").await;
    let output = place.import_from("django", DUMP.as_bytes());
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.ends_with("\n120 accepted, 0 refused, 0 blank\n"), "{report}");
    let mut formats = BTreeMap::new();
    for line in report.lines().filter(|line| line.contains(": accepted ")) {
        *formats.entry(line.rsplit_once(", ").unwrap().1).or_default() += 1;
    }
    assert_eq!(formats, BTreeMap::from(FORMATS));

    let server = place.start(&[]);
    let database = place.open().await;
    let imported = users(&database).await;
    assert_eq!(imported.len(), 120);
    for (username, hash) in &imported {
        // As it was, to the letter.
        assert!(hash.as_ref().is_none_or(|hash| DUMP.contains(hash)), "{username}");
        server.protected(&basic(username, &password("somebody"))).await.challenged();
        let right = server.protected(&basic(username, &password(username))).await;
        let Some(old) = hash else {
            right.challenged();
            continue;
        };
        assert_eq!(right.is(200).json()["message"], format!("Hello, {username}!"));
        renewed(&database, username, old).await;
    }
    for ((username, before), (_, hash)) in imported.iter().zip(users(&database).await) {
        let is_new = hash.as_ref().map(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(is_new, before.as_ref().map(|_| true), "{username}");
        // And it is of the same password.
        let right = server.protected(&basic(username, &password(username))).await;
        right.is(if hash.is_some() { 200 } else { 401 });
    }

    // Again: nobody is overwritten.
    let before = users(&database).await;
    let output = place.import_from("django", DUMP.as_bytes());
    assert!(output.stdout.ends_with(b"\n0 accepted, 120 refused, 0 blank\n"));
    assert_eq!(users(&database).await, before);
    server.stop().await;
}

/// Waits until a login's renewal is done, after its response.
async fn renewed(database: &SqlitePool, username: &str, old: &str) {
    let begun = Instant::now();
    let sql = "SELECT hash FROM doorstep_users WHERE username = ?";
    loop {
        let hash: String =
            sqlx::query_scalar(sql).bind(username).fetch_one(database).await.unwrap();
        if hash != old {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{username} is not renewed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_dump_without_its_columns_is_not_imported() {
    let place = Place::new("columns").await;
    let dump = DUMP.replace("username,password\n", "id,password\n");
    let output = place.import_from("django", dump.as_bytes());
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        report,
        "line 1: refused: there is no column username\n0 accepted, 1 refused, 0 blank\n"
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.ends_with("the first line is to name the columns\n"), "{stderr}");
}
