//! The demo on a PostgreSQL and a MariaDB:
//!
//! ```sh
//! scripts/databases cargo test -p doorstep-demo --test servers -- --include-ignored
//! ```

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::time::{Duration, Instant};

use doorstep::password::{Bcrypt, Hashers};

use self::util::{Place, basic, login};

/// The same as on SQLite, in short.
async fn walk(mut place: Place, server: &str, name: &str) {
    place.database = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let old = Hashers::new(Bcrypt::new(4).unwrap()).hash("old password".into());
    let line = format!("dora:{}\nno hash\n", old.unwrap().run().unwrap());
    for accepted in ["1 accepted, 1 refused", "0 accepted, 2 refused"] {
        let report = place.import(line.as_bytes());
        assert!(String::from_utf8(report.stdout).unwrap().contains(accepted));
    }
    let server = place.start(&[]);
    server.send("GET", "/health", &[], "").await.is(200);
    // Byte for byte, whatever the collation.
    for username in ["admin", "Admin", "admin ", "adm\u{131}n", "z\u{eb}", "ze\u{308}"] {
        server.post("/users", login(username, username)).await.is(201);
        server.post("/users", login(username, "again")).await.is(409);
        server.protected(&basic(username, username)).await.is(200);
        server.protected(&basic(username, "again")).await.is(401);
    }
    server.protected(&basic("ADMIN", "admin")).await.is(401);

    let made = server.post("/tokens", login("admin", "admin")).await.is(201).json();
    let token = format!("Bearer {}", made["token"].as_str().unwrap());
    server.protected(&token).await.is(200);
    server.authorized("DELETE", "/tokens/current", &token).await.is(204);
    server.protected(&token).await.is(401);

    // The page renews the hash: once, and for the other process, too.
    let form: (&str, &[u8]) = ("content-type", b"application/x-www-form-urlencoded");
    let fields = "do=login&username=dora&password=old+password";
    let page = server.send("POST", "/", &[form], fields).await.is(200);
    assert!(page.body.contains("5 Granted"));
    let page = server.send("POST", "/", &[form], fields).await.is(200);
    assert!(page.body.contains("3 Granted"));
    let other = place.start(&["--algorithm", "bcrypt", "--cost", "5"]);
    other.protected(&basic("dora", "old password")).await.is(200);
    // It renews after the response, to what it prefers itself.
    let begun = Instant::now();
    while !server.send("POST", "/", &[form], fields).await.body.contains("5 Granted") {
        assert!(begun.elapsed() < Duration::from_secs(30), "the other one has not renewed it");
    }
    server.stop().await;
    other.stop().await;
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/databases"))
}

#[tokio::test]
#[ignore = "needs DOORSTEP_POSTGRES_URL: scripts/databases"]
async fn on_postgres() {
    let (place, server) = (Place::new("postgres").await, variable("DOORSTEP_POSTGRES_URL"));
    let pool = sqlx::PgPool::connect(&server).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE doorstep_demo TEMPLATE template0").execute(&pool).await.unwrap();
    pool.close().await;
    walk(place, &server, "doorstep_demo").await;
}

#[tokio::test]
#[ignore = "needs DOORSTEP_MYSQL_URL: scripts/databases"]
async fn on_mysql() {
    let (place, server) = (Place::new("mysql").await, variable("DOORSTEP_MYSQL_URL"));
    let pool = sqlx::MySqlPool::connect(&server).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE doorstep_demo").execute(&pool).await.unwrap();
    pool.close().await;
    walk(place, &server, "doorstep_demo").await;
}
