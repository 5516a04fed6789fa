//! `doorstep user`, `doorstep token` and `doorstep wrap --table` on a PostgreSQL and a MariaDB:
//!
//! ```sh
//! scripts/databases cargo test -p doorstep-cli --test servers -- --include-ignored
//! ```

#![cfg(feature = "database")]
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "servers/table.rs"]
mod table;
mod util;

use doorstep::driver::drive;
use doorstep::password::{Argon2, Hashers, Secret};
use doorstep::{Authenticator, Bearer, UnixTime};
use doorstep_sqlx::SqlStore;

use util::{CHEAP, Ran, with_stdin};

#[track_caller]
fn server(variable: &str) -> String {
    let url = std::env::var(variable);
    url.unwrap_or_else(|_| panic!("{variable} is not set: run scripts/databases"))
}

/// The same as on SQLite, in short. The server is the test's own.
async fn walk(variable: &str) {
    let url = server(variable);
    let doorstep = |args: &[&str], stdin: &[u8]| -> Ran {
        with_stdin(&[args, &["--database", &url]].concat(), stdin)
    };
    let add = |name: &str, password: &[u8]| {
        doorstep(&[&["user", "add", name, "--stdin"], &CHEAP as &[&str]].concat(), password)
    };
    // Byte for byte, whatever the collation.
    for name in ["admin", "Admin", "admin ", "adm\u{131}n"] {
        add(name, name.as_bytes()).exits(0);
        add(name, b"again").exits(1);
    }
    let made = doorstep(&["token", "new", "admin", "--scopes", "read"], b"").exits(0);
    let token = made.stdout.trim_end();
    doorstep(&["user", "disable", "Admin"], b"").exits(0);
    let listed = doorstep(&["user", "list"], b"").exits(0).stdout;
    assert_eq!(listed.lines().count(), 4, "{listed}");
    assert_eq!(listed.matches("  disabled  ").count(), 1, "{listed}");

    let store = SqlStore::connect(&url).await.unwrap();
    let hashers = Hashers::new(Argon2::new(8, 1, 1).unwrap());
    let auth = Authenticator::builder("test", hashers).scheme(Bearer::new()).build().unwrap();
    let now = UnixTime::from_secs(1_700_000_000);
    for (name, password, lets_in) in [
        ("admin", "admin", true),
        ("admin", "Admin", false),
        ("Admin", "Admin", false),
        ("admin ", "admin ", true),
        ("ADMIN", "admin", false),
    ] {
        let outcome = drive(auth.login(name, Secret::from(password)), &store, now).await.unwrap();
        assert_eq!(outcome.granted().is_some(), lets_in, "{name:?} {password:?}");
    }
    let value = format!("Bearer {token}");
    let bear = || auth.begin([("authorization", value.as_bytes())]);
    assert!(drive(bear(), &store, now).await.unwrap().granted().is_some());
    doorstep(&["token", "revoke", "--stdin"], token.as_bytes()).exits(0);
    assert!(drive(bear(), &store, now).await.unwrap().granted().is_none());
    doorstep(&["user", "remove", "admin"], b"").exits(0);
    doorstep(&["token", "list", "admin"], b"").exits(1);
    store.close().await;
}

#[tokio::test]
#[ignore = "needs DOORSTEP_POSTGRES_URL: scripts/databases"]
async fn on_postgres() {
    walk("DOORSTEP_POSTGRES_URL").await;
}

#[tokio::test]
#[ignore = "needs DOORSTEP_MYSQL_URL: scripts/databases"]
async fn on_mysql() {
    walk("DOORSTEP_MYSQL_URL").await;
}
