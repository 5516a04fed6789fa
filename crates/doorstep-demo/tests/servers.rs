//! The demo on a PostgreSQL and a MariaDB:
//!
//! ```sh
//! scripts/databases cargo test -p doorstep-demo --test servers -- --include-ignored
//! ```

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../../doorstep-sqlx/tests/util/proxy.rs"]
mod proxy;
mod util;

use std::time::{Duration, Instant};

use doorstep::password::{Bcrypt, Hashers};

use self::proxy::{Proxy, Way};
use self::util::{Place, basic, login, outage};

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
    goes_away_and_returns(place).await;
}

/// The database is gone for a while: 503, and after it all is well by itself.
async fn goes_away_and_returns(mut place: Place) {
    let proxy = Proxy::to(&place.database).await;
    place.database = proxy.url.clone();
    let server = place.start(&[]);
    let token = server.post("/tokens", login("admin", "admin")).await.is(201).json();
    let token = format!("Bearer {}", token["token"].as_str().unwrap());
    let (right, wrong) = (basic("admin", "admin"), basic("admin", "again"));

    let (begun, mut unavailable) = (Instant::now(), 0);
    proxy.is(Way::Cut);
    while begun.elapsed() < outage() {
        for credentials in [&right, &wrong, &token] {
            server.protected(credentials).await.is(503);
            unavailable += 1;
        }
        server.post("/users", login("new", "password")).await.is(503);
        server.send("GET", "/health", &[], "").await.is(503);
    }
    proxy.is(Way::Open);
    println!("{unavailable} answers of 503 in {:?}", outage());
    let begun = Instant::now();
    while server.send("GET", "/health", &[], "").await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (credentials, status) in [(&right, 200), (&wrong, 401), (&token, 200)] {
        server.protected(credentials).await.is(status);
    }
    server.post("/users", login("new", "password")).await.is(201);
    server.stop().await;
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/databases"))
}

// The proxy goes on while the test waits for a line of the server's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs DOORSTEP_POSTGRES_URL: scripts/databases"]
async fn on_postgres() {
    let (place, server) = (Place::new("postgres").await, variable("DOORSTEP_POSTGRES_URL"));
    let pool = sqlx::PgPool::connect(&server).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE doorstep_demo TEMPLATE template0").execute(&pool).await.unwrap();
    pool.close().await;
    walk(place, &server, "doorstep_demo").await;
}

// The proxy goes on while the test waits for a line of the server's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs DOORSTEP_MYSQL_URL: scripts/databases"]
async fn on_mysql() {
    let (place, server) = (Place::new("mysql").await, variable("DOORSTEP_MYSQL_URL"));
    let pool = sqlx::MySqlPool::connect(&server).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE doorstep_demo").execute(&pool).await.unwrap();
    pool.close().await;
    walk(place, &server, "doorstep_demo").await;
}
