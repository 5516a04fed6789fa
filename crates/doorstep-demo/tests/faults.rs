//! A database that is full, read-only, held by somebody else or gone for a while: logins go on
//! where they can, nobody loses a password, and the server recovers by itself. `scripts/assure
//! faults` has it be gone for ten seconds, and the disk really full.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use doorstep::password::{Bcrypt, Hashers};
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use self::util::{Place, Server, all, basic, login, outage};

/// With Dora, whose hash is old.
fn import_dora(place: &Place) {
    let old = Hashers::new(Bcrypt::new(4).unwrap()).hash("old password".into());
    let line = format!("dora:{}\n", old.unwrap().run().unwrap());
    assert_eq!(place.import(line.as_bytes()).status.code(), Some(0));
}

/// Dora logs in, alone, and nothing is renewed of her hash.
async fn is_let_in_and_not_renewed(place: &Place, server: &Server) {
    server.protected(&basic("dora", "old password")).await.is(200);
    server.protected(&basic("dora", "wrong")).await.is(401);
    server.protected(&basic("nobody", "old password")).await.is(401);
    assert!(place.hash("dora").await.starts_with("$2b$04$"));
}

/// All is well again: within a minute, and by itself.
async fn recovers(place: &Place, server: &Server) {
    let begun = Instant::now();
    loop {
        let created = server.post("/users", login("new", "password")).await.status;
        let _ = server.protected(&basic("dora", "old password")).await;
        let renewed = place.hash("dora").await.starts_with("$argon2id$");
        if [201, 409].contains(&created) && renewed {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not recover: {created}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (username, password) in [("dora", "old password"), ("new", "password")] {
        server.protected(&basic(username, password)).await.is(200);
        server.protected(&basic(username, "wrong")).await.is(401);
        server.post("/tokens", login(username, password)).await.is(201);
    }
    server.send("GET", "/health", &[], "").await.is(200);
}

/// Nothing in the file is damaged.
async fn is_whole(place: &Place) {
    let database = place.open().await;
    let check: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&database).await.unwrap();
    database.close().await;
    assert_eq!(check, "ok");
}

/// What needs a place on the disk is 503, and what does not goes on.
async fn is_full(place: &Place, server: &Server) {
    server.post("/users", login("new", "password")).await.is(503);
    server.post("/tokens", login("dora", "old password")).await.is(503);
    for _ in 0..3 {
        is_let_in_and_not_renewed(place, server).await;
    }
}

/// The system takes no byte beyond 4 KiB of any file, the log included, as it takes none on a disk
/// that is full.
#[tokio::test]
async fn a_file_that_may_not_grow_lets_in_and_loses_nothing() {
    let place = Place::new("grow").await;
    import_dora(&place);
    // A write that is refused is an error, and not the end of the process.
    let server = place.start_limited("trap '' XFSZ", &[]);
    let limit = |bytes: &str| {
        let (pid, limit) = (server.child.id().to_string(), format!("--fsize={bytes}:"));
        Command::new("prlimit").args(["--pid", &pid, &limit]).status().is_ok_and(|it| it.success())
    };
    if !limit("4096") {
        eprintln!("SKIPPED: there is no prlimit(1) that limits another process");
        return;
    }
    is_full(&place, &server).await;
    assert!(limit("unlimited"));
    recovers(&place, &server).await;
    server.stop().await;
    is_whole(&place).await;
}

/// On a small file system, `DOORSTEP_SMALL_DISK`, which `scripts/assure faults` makes.
#[tokio::test]
#[ignore = "needs a small file system: scripts/assure faults"]
async fn a_full_disk_lets_in_and_loses_nothing() {
    let mut place = Place::new("full").await;
    let disk = std::env::var("DOORSTEP_SMALL_DISK").expect("DOORSTEP_SMALL_DISK: scripts/assure");
    let (database, filler) = (format!("{disk}/demo.sqlite"), format!("{disk}/filler"));
    place.database = format!("sqlite:{database}");
    import_dora(&place);
    let server = place.start(&[]);
    fill(Path::new(&filler));
    is_full(&place, &server).await;
    fs::remove_file(filler).unwrap();
    recovers(&place, &server).await;
    server.stop().await;
    is_whole(&place).await;
}

/// To the last byte.
fn fill(filler: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(filler).unwrap();
    let full = (0..1_000_000).find_map(|_| file.write_all(&[0; 512]).err()).unwrap();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
}

#[tokio::test]
async fn a_read_only_database_lets_in_and_says_so() {
    let mut place = Place::new("read-only").await;
    import_dora(&place);
    let writable = place.database.clone();
    place.database += "?mode=ro";
    let server = place.start(&[]);
    place.database = writable;
    is_full(&place, &server).await;
    server.stop().await;

    // Nothing of it stays.
    let server = place.start(&[]);
    recovers(&place, &server).await;
    server.stop().await;
}

/// Somebody holds the lock of all who write: a backup, or another program's transaction.
#[tokio::test]
async fn a_held_database_lets_in_and_goes_on_when_it_is_free() {
    let place = Place::new("held").await;
    import_dora(&place);
    let server = place.start(&[]);
    let mut holder = SqliteConnection::connect(&place.database).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let held = async {
        let begun = Instant::now();
        while begun.elapsed() < outage() {
            is_let_in_and_not_renewed(&place, &server).await;
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    };
    // It waits for five seconds, and is then told to come again.
    let waits = async { server.post("/users", login("waits", "password")).await.status };
    let ((), status) = tokio::join!(held, waits);
    assert!([201, 503].contains(&status), "{status}");
    recovers(&place, &server).await;
    server.stop().await;
    is_whole(&place).await;
}

/// Its file is moved away, and back: no other is made in its place, which would have no accounts,
/// and whose connections would stay.
#[tokio::test]
async fn a_file_that_goes_away_and_returns_is_found_again() {
    let place = Place::new("moved").await;
    import_dora(&place);
    let server = place.start(&[]);
    let database = place.directory.join("demo.sqlite");
    let away = place.directory.join("away");
    fs::create_dir(&away).unwrap();
    let files = ["demo.sqlite", "demo.sqlite-wal", "demo.sqlite-shm"];
    let rename = |from: &Path, to: &Path| {
        for file in files {
            fs::rename(from.join(file), to.join(file)).unwrap();
        }
    };
    rename(&place.directory, &away);

    // As many at once as there may be connections: those that are open still reach it.
    let logins = async || {
        let one = async |at: usize| {
            let (password, status) = [("old password", 200), ("wrong", 401)][at % 2];
            let answered = server.protected(&basic("dora", password)).await.status;
            assert!([status, 503].contains(&answered), "{password}: {answered}");
            answered == 503
        };
        let unavailable = all((0..16).map(one).collect()).await;
        unavailable.into_iter().filter(|unavailable| *unavailable).count()
    };
    let (begun, mut unavailable) = (Instant::now(), 0);
    while begun.elapsed() < outage() {
        unavailable += logins().await;
    }
    println!("{unavailable} answers of 503 in {:?}", outage());
    assert!(!database.exists(), "an empty one was made");
    rename(&away, &place.directory);
    assert_eq!(logins().await, 0);
    recovers(&place, &server).await;
    assert_eq!(logins().await, 0);
    server.stop().await;
    is_whole(&place).await;
}
