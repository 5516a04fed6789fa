//! Starts the server on a free port and walks through all that it does, as a client.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use doorstep::TokenFormat;
use doorstep::password::{
    Argon2, Bcrypt, Hasher, Hashers, Pbkdf2, Prf, Secret, ShaCrypt, ShaCryptVariant,
};
use serde_json::json;
use tokio::net::TcpStream;

use self::util::{Place, all, basic, login};

fn hash(hasher: impl Hasher, password: &str) -> String {
    Hashers::new(hasher).hash(Secret::from(password)).unwrap().run().unwrap()
}

/// One hash of each algorithm, all of them cheaper than today's.
fn old_hashes(password: &str) -> [(&'static str, String); 5] {
    [
        ("argon2", hash(Argon2::new(64, 1, 1).unwrap(), password)),
        ("bcrypt", hash(Bcrypt::new(4).unwrap(), password)),
        ("pbkdf2_sha256", hash(Pbkdf2::new(Prf::Sha256, 100).unwrap(), password)),
        ("sha256_crypt", hash(ShaCrypt::new(ShaCryptVariant::Sha256, 1000).unwrap(), password)),
        ("sha512_crypt", hash(ShaCrypt::new(ShaCryptVariant::Sha512, 1000).unwrap(), password)),
    ]
}

#[tokio::test]
async fn users_register_log_in_and_end_their_tokens() {
    let place = Place::new("users").await;
    let server = place.start(&[]);
    assert_eq!(server.send("GET", "/health", &[], "").await.is(200).json()["status"], "ok");

    // Users.
    let registered = server.post("/users", login("alice", "correct horse")).await.is(201);
    assert_eq!(registered.json(), json!({ "username": "alice" }));
    server.post("/users", login("alice", "another")).await.is(409);
    server.post("/users", login("Alice", "another case, another user")).await.is(201);
    server.post("/users", login("zoë", "p:a:s:s ✓")).await.is(201);
    let more = json!({ "username": "bob", "password": "x", "admin": true, "hash": [] });
    server.post("/users", more).await.is(201);

    let long = |len| "x".repeat(len);
    for (username, password) in [
        ("", "x"),
        ("carol", ""),
        ("carol\n", "x"),
        ("carol", "x\u{7f}"),
        ("ca:rol", "x"),
        (&long(256), "x"),
        ("carol", &long(4097)),
    ] {
        server.post("/users", login(username, password)).await.is(422);
    }
    server.post("/users", login(&long(255), &long(4096))).await.is(201);
    server.protected(&basic(&long(255), &long(4096))).await.is(200);
    let json: (&str, &[u8]) = ("content-type", b"application/json; charset=utf-8");
    for body in ["", "{", "{\"username\":\"a", "nonsense", &"[".repeat(10_000), "{}{}"] {
        let status = server.send("POST", "/users", &[json], body.to_owned()).await.status;
        assert!([400, 422].contains(&status), "{body:.20}: {status}");
    }
    server.send("POST", "/users", &[json], "{\"username\":\"a").await.is(400);
    server.send("POST", "/users", &[json], &b"{\"username\":\"\xff\"}"[..]).await.is(400);
    server.send("POST", "/users", &[json], "{\"username\":1,\"password\":[]}").await.is(422);
    server.send("POST", "/users", &[json], vec![b' '; 16 * 1024 + 1]).await.is(413);
    server.send("POST", "/users", &[], login("dave", "x").to_string()).await.is(415);

    // By password.
    let hello = server.protected(&basic("alice", "correct horse")).await.is(200);
    assert_eq!(hello.json(), json!({ "message": "Hello, alice!" }));
    server.protected(&basic("zoë", "p:a:s:s ✓")).await.is(200);
    server.protected(&basic("Alice", "correct horse")).await.challenged();
    server.protected(&basic("ALICE", "correct horse")).await.challenged();
    server.protected(&basic("alice ", "correct horse")).await.challenged();
    server.send("GET", "/protected", &[], "").await.challenged();
    server.protected("Negotiate abc").await.challenged();

    // By token, which is made by password, in the header or in the body.
    let by_header =
        server.authorized("POST", "/tokens", &basic("alice", "correct horse")).await.is(201);
    assert_eq!(by_header.field("cache-control"), ["no-store"]);
    let by_body = server.post("/tokens", login("alice", "correct horse")).await.is(201);
    assert_eq!(by_body.field("cache-control"), ["no-store"]);
    assert!(by_body.json()["expires"].as_u64().unwrap() > 1_700_000_000);
    let [first, second] =
        [by_header, by_body].map(|answer| answer.json()["token"].as_str().unwrap().to_owned());
    assert_ne!(first, second);
    assert!(TokenFormat::new("ds_").unwrap().check(first.as_bytes()));
    server.post("/tokens", login("alice", "wrong")).await.challenged();
    server.authorized("POST", "/tokens", &basic("alice", "wrong")).await.challenged();
    server.send("POST", "/tokens", &[], "").await.challenged();
    server.send("POST", "/tokens", &[json], "{").await.is(400);
    server.authorized("POST", "/tokens", &format!("Bearer {first}")).await.is(403);
    for scheme in ["Bearer", "Token", "bEARER"] {
        let hello = server.protected(&format!("{scheme} {first}")).await.is(200);
        assert_eq!(hello.json()["message"], "Hello, alice!");
    }

    // Its end.
    server.authorized("DELETE", "/tokens/current", &format!("Token {first}")).await.is(204);
    server.authorized("DELETE", "/tokens/current", &format!("Token {first}")).await.challenged();
    let revoked = server.protected(&format!("Bearer {first}")).await.challenged();
    let never = TokenFormat::new("ds_").unwrap().generate().unwrap();
    let never = String::from_utf8(never.expose().to_vec()).unwrap();
    assert_eq!(server.protected(&format!("Bearer {never}")).await, revoked);
    assert_eq!(server.protected("Bearer abc").await, revoked);
    server.protected(&format!("Bearer {second}")).await.is(200);
    server.authorized("DELETE", "/tokens/current", &basic("bob", "x")).await.is(400);
    place.execute("UPDATE doorstep_tokens SET expires = 1").await;
    assert_eq!(server.protected(&format!("Bearer {second}")).await, revoked);

    server.send("GET", "/nothing", &[], "").await.is(404);
    server.send("PUT", "/users", &[], "").await.is(405);

    // Nothing that is secret is in the log or, but for hashes, in the file.
    let log = server.log();
    let hash = place.hash("alice").await;
    server.stop().await;
    let file = fs::read(place.directory.join("demo.sqlite")).unwrap();
    let file = String::from_utf8_lossy(&file);
    for secret in ["correct horse", "p:a:s:s", &first, &second] {
        assert!(!log.contains(secret) && !file.contains(secret));
    }
    assert!(!log.contains(&hash) && file.contains(&hash));

    // What is in the file is for its owner alone.
    let mode = fs::metadata(place.directory.join("demo.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);

    // It is all there at the next start.
    let server = place.start(&[]);
    server.protected(&basic("alice", "correct horse")).await.is(200);
    server.stop().await;
}

#[tokio::test]
async fn garbage_is_refused_and_never_a_500() {
    let place = Place::new("garbage").await;
    let server = place.start(&[]);
    server.post("/users", login("alice", "x")).await.is(201);

    for authorization in [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic YWxpY2U6eA",
        "Basic YWxpY2U6eB==",
        "Basic YWxpY2U6eA===",
        "Basic !!!!",
        "Basic YWxpY2U=",
        "Basic YWxpY2UAOng=",
        "Basic /////w==",
        "Basic YWxpY2U6eA==,Basic YWxpY2U6eA==",
        "\"",
        "Digest username=\"alice\"",
    ] {
        let status = server.protected(authorization).await.status;
        assert_eq!(status, 401, "{authorization}");
    }
    // RFC 6750 §3.1, and `Token` is read like `Bearer`.
    for authorization in ["Bearer a b", "Bearer", "Token", "Token \"a\""] {
        let malformed = server.protected(authorization).await.is(400);
        assert_eq!(malformed.field("www-authenticate").len(), 3);
    }
    let good = basic("alice", "x");
    let latin1: &[u8] = b"Basic \xe9";
    server.send("GET", "/protected", &[("authorization", latin1)], "").await.challenged();
    let twice = [("authorization", good.as_bytes()), ("Authorization", good.as_bytes())];
    server.send("GET", "/protected", &twice, "").await.challenged();
    let long = format!("Basic {}", "A".repeat(9000));
    server.protected(&long).await.challenged();
    server.protected(&"A".repeat(20_000)).await.is(431);
    let many: Vec<(&str, &[u8])> = vec![("x-many", b"1"); 500];
    server.send("GET", "/protected", &many, "").await.is(431);

    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET /protected\r\n\r\n",
        b"GET /protected HTTP/1.1\r\nauthorization\r\n\r\n",
        b"GET /protected HTTP/1.1\r\nauthorization: Basic \0\r\n\r\n",
        b"POST /users HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: -1\r\n\r\n",
        b"POST /users HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
        b"POST /users HTTP/1.1\r\ncontent-type: application/json\r\n\
          transfer-encoding: chunked\r\n\r\nZZ\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &[b'A'; 100_000],
    ] {
        let answer = server.raw(bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }

    // A user-id that would write a line of its own into the log.
    let forged = "bob\u{85}2026 INFO granted\u{2028}\u{202e}";
    server.protected(&basic(forged, "x")).await.challenged();
    assert!(server.log().lines().all(|line| line.starts_with("20")));
    assert!(!server.log().contains('\u{2028}') && !server.log().contains('\u{202e}'));
    server.protected(&good).await.is(200);
    server.stop().await;
}

#[tokio::test]
async fn old_hashes_are_imported_and_renewed_by_a_login() {
    let place = Place::new("import").await;
    let hashes = old_hashes("old password");
    let mut lines = Vec::new();
    for (name, hash) in &hashes {
        lines.extend_from_slice(format!("{name}-user:{hash}\n").as_bytes());
    }
    let [_, (_, bcrypt), ..] = &hashes;
    // Line 6 to the end.
    for line in [
        format!("\u{e9}t\u{e9}:{bcrypt}\r").as_bytes(),
        b"",
        b"no colon",
        b"\xff:$2b$04$",
        format!("bcrypt-user:{bcrypt}").as_bytes(),
        format!(":{bcrypt}").as_bytes(),
        b"without:",
        b"plain:secret words",
        b"old:$2x$04$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
        b"short:$2b$04$CCCC",
        b"dear:$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI",
        format!("{bcrypt}:alice").as_bytes(),
        &[b'x'; 100_000],
        format!("last:{bcrypt}").as_bytes(),
    ] {
        lines.extend_from_slice(line);
        lines.push(b'\n');
    }
    lines.pop();
    let output = place.import(&lines);
    let report = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
    let expected = "\
line 1: accepted \"argon2-user\", argon2
line 2: accepted \"bcrypt-user\", bcrypt
line 3: accepted \"pbkdf2_sha256-user\", pbkdf2_sha256
line 4: accepted \"sha256_crypt-user\", sha256_crypt
line 5: accepted \"sha512_crypt-user\", sha512_crypt
line 6: accepted \"été\", bcrypt
line 8: refused: there is no colon: username:hash
line 9: refused: the line is not UTF-8
line 10: refused: the user is there already, and was not overwritten
line 11: refused: the username is empty
line 12: refused: there is no hash
line 13: refused: no accepted format claims this hash
";
    assert!(report.starts_with(expected), "{report}");
    for line in [14, 15, 16, 17, 18] {
        assert!(report.contains(&format!("\nline {line}: refused: ")), "{report}");
    }
    assert!(
        report.ends_with("line 19: accepted \"last\", bcrypt\n7 accepted, 11 refused, 1 blank\n")
    );
    assert!(!report.contains("$2b$") && !report.contains("secret words"), "{report}");

    // Logging in replaces the hash, after the answer.
    let server = place.start(&[]);
    for (name, old) in &hashes {
        let username = format!("{name}-user");
        assert_eq!(place.hash(&username).await, *old);
        server.protected(&basic(&username, "wrong")).await.challenged();
        assert_eq!(place.hash(&username).await, *old);
        server.protected(&basic(&username, "old password")).await.is(200);
        let begun = Instant::now();
        while place.hash(&username).await == *old {
            assert!(begun.elapsed() < Duration::from_secs(10), "{name} is not renewed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let new = place.hash(&username).await;
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        server.protected(&basic(&username, "old password")).await.is(200);
        server.protected(&basic(&username, "wrong")).await.challenged();
        assert_eq!(place.hash(&username).await, new, "renewed once");
    }

    // Importing again, also while the server runs, overwrites nobody's new hash.
    let output = place.import(format!("bcrypt-user:{bcrypt}").as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(place.hash("bcrypt-user").await.starts_with("$argon2id$"));
    // A renewal that is still to be done when the server stops is done.
    server.protected(&basic("last", "old password")).await.is(200);
    server.stop().await;
    assert!(place.hash("last").await.starts_with("$argon2id$"));

    let many: String = (0..1234).map(|number| format!("user-{number}:{bcrypt}\n")).collect();
    let output = place.import(many.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.ends_with(b"\n1234 accepted, 0 refused, 0 blank\n"));
}

#[tokio::test]
async fn nobody_can_tell_a_wrong_password_from_an_unknown_user() {
    let place = Place::new("same").await;
    let server = place.start(&[]);
    for username in ["alice", "without", "disabled", "corrupt", "dear"] {
        server.post("/users", login(username, "right")).await.is(201);
    }
    place.execute("UPDATE doorstep_users SET hash = NULL WHERE username = 'without'").await;
    place.execute("UPDATE doorstep_users SET disabled = 1 WHERE username = 'disabled'").await;
    place.execute("UPDATE doorstep_users SET hash = 'right' WHERE username = 'corrupt'").await;
    let dear = "UPDATE doorstep_users SET hash = '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$\
                CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI' WHERE username = 'dear'";
    place.execute(dear).await;

    let wrong = server.protected(&basic("alice", "wrong")).await.challenged();
    let wrong_login = server.post("/tokens", login("alice", "wrong")).await.challenged();
    let users = ["alice", "nobody", "without", "disabled", "corrupt", "dear"];
    let mut fastest = [Duration::MAX; 6];
    for _ in 0..8 {
        for (username, fastest) in users.into_iter().zip(&mut fastest) {
            let password = if username == "alice" { "wrong" } else { "right" };
            let begun = Instant::now();
            assert_eq!(server.protected(&basic(username, password)).await, wrong, "{username}");
            *fastest = begun.elapsed().min(*fastest);
            assert_eq!(server.post("/tokens", login(username, password)).await, wrong_login);
        }
    }
    println!("fastest of 8: {users:?} {fastest:.2?}");
    server.stop().await;
}

#[tokio::test]
async fn overlapping_logins_are_judged_rightly_in_bounded_memory() {
    const LOGINS: usize = 64;
    let (threads, queue, memory_kib) = (2, 8, 2 * 19 * 1024);
    let place = Place::new("overlapping").await;
    let args = ["--hash-threads", "2", "--hash-queue", "8", "--hash-memory-kib", "38912"];
    let server = place.start(&args);
    for number in 0..8 {
        let user = login(&format!("user-{number}"), &format!("password-{number}"));
        server.post("/users", user).await.is(201);
    }
    let before = server.peak_kib();
    let server = &server;
    let begun = Instant::now();
    let one = async |number: usize| {
        let (user, right) = (number % 8, number.is_multiple_of(2));
        let password = if right { user } else { user + 1 };
        let authorization = basic(&format!("user-{user}"), &format!("password-{password}"));
        let mut refused = 0;
        loop {
            let answer = server.protected(&authorization).await;
            if answer.status == 503 {
                let [seconds] = answer.field("retry-after")[..] else { panic!("{answer:?}") };
                assert!((1..60).contains(&seconds.parse::<u64>().unwrap()));
                assert!(answer.field("www-authenticate").is_empty());
                refused += 1;
                // Earlier than it was told to, so that the queue is filled again.
                tokio::time::sleep(Duration::from_millis(50)).await;
            } else if right {
                let hello = format!("Hello, user-{user}!");
                assert_eq!(answer.is(200).json()["message"], hello);
                return refused;
            } else {
                answer.challenged();
                return refused;
            }
        }
    };
    let refused = all((0..LOGINS).map(one).collect()).await;
    let took = begun.elapsed();
    let refusals: usize = refused.iter().sum();
    let at_once = refused.iter().filter(|refused| **refused == 0).count();
    let peak = server.peak_kib();
    println!(
        "{LOGINS} overlapping logins, half of them wrong: {threads} threads, queue of {queue}, \
         {memory_kib} KiB for hashing\n\
         all judged rightly in {took:.2?}; {at_once} at their first attempt; {refusals} answers of \
         503, each with Retry-After\n\
         peak memory of the process: {before:?} KiB before, {peak:?} KiB after"
    );
    assert!(refusals > 0, "the queue was never full");
    // A thread may not have taken its first yet when the queue is full.
    assert!(at_once >= queue);
    if let Some(peak) = peak {
        assert!(peak < memory_kib + 64 * 1024);
    }
    // The event loop was free all the while, and the pool is as before.
    server.protected(&basic("user-0", "password-0")).await.is(200);
}

#[tokio::test]
async fn a_client_that_hangs_up_gives_back_its_place_and_not_the_thread() {
    let place = Place::new("hang-up").await;
    // Much work, and three times as much. Nobody knows the passwords, which is as much work.
    let slow = |rounds| {
        format!(
            "$pbkdf2-sha256${rounds}$x9h7j/Ge8x6DMEao1VqrdQ$\
             kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A"
        )
    };
    let lines = format!("slow:{}\nslower:{}\n", slow(3_000_000), slow(10_000_000));
    assert_eq!(place.import(lines.as_bytes()).status.code(), Some(0));
    let server = place.start(&["--hash-threads", "1", "--hash-queue", "1"]);
    server.post("/users", login("alice", "right")).await.is(201);
    let mut slow = Duration::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        server.protected(&basic("slow", "x")).await.challenged();
        slow = slow.min(begun.elapsed());
    }

    // One runs, one waits, and there is no place for a third.
    let begun = Instant::now();
    let running = server.leave(&basic("slow", "x")).await;
    tokio::time::sleep(slow / 8).await;
    let waiting = server.leave(&basic("slower", "x")).await;
    tokio::time::sleep(slow / 8).await;
    let busy = server.protected(&basic("alice", "right")).await.is(503);
    assert_eq!(busy.field("retry-after").len(), 1);
    // Nothing else waits for a hash.
    server.send("GET", "/health", &[], "").await.is(200);

    // Both hang up. The place is free at once; the thread is not, until it is done.
    drop((running, waiting));
    tokio::time::sleep(slow / 8).await;
    server.protected(&basic("alice", "right")).await.is(200);
    let waited = begun.elapsed();
    println!("slow: {slow:.2?}; alice waited for it: {waited:.2?}");
    assert!(waited > slow * 6 / 10, "the thread was taken from a job that ran");
    assert!(waited < slow * 4, "a job ran that nobody waited for");
    server.stop().await;
}

#[tokio::test]
async fn it_stops_when_it_is_told_to_and_answers_first() {
    let place = Place::new("stop").await;
    for signal in ["INT", "TERM"] {
        let mut server = place.start(&["--hash-threads", "1"]);
        let _ = server.post("/users", login("alice", "right")).await;
        let idle = TcpStream::connect(server.address).await.unwrap();
        let logins = (0..8).map(|_| async {
            server.authorized("GET", "/protected", &basic("alice", "right")).await.status
        });
        let (statuses, ()) = tokio::join!(all(logins.collect()), async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            server.signal(signal);
        });
        assert_eq!(statuses, [200; 8]);
        assert_eq!(server.ended().await.code(), Some(0));
        assert!(TcpStream::connect(server.address).await.is_err());
        drop(idle);
        // Everything is in the one file.
        assert!(!place.directory.join("demo.sqlite-wal").exists());
    }
    assert!(fs::read_to_string(place.directory.join("log")).unwrap().ends_with("stopped\n"));
}

#[tokio::test]
async fn a_broken_database_is_a_503_that_says_nothing() {
    let place = Place::new("broken").await;
    let server = place.start(&[]);
    server.post("/users", login("alice", "right")).await.is(201);
    place.execute("ALTER TABLE doorstep_users RENAME TO elsewhere").await;
    let answer = server.protected(&basic("alice", "right")).await.is(503);
    assert_eq!(answer.json(), json!({ "error": "Service Unavailable" }));
    assert_eq!(answer.field("retry-after"), ["1"]);
    server.send("GET", "/health", &[], "").await.is(503);
    server.post("/users", login("bob", "x")).await.is(503);
    server.post("/tokens", login("alice", "right")).await.is(503);
    assert!(server.log().contains("the tables are not those of this version"));
    assert!(!server.log().contains("right"));
    place.execute("ALTER TABLE elsewhere RENAME TO doorstep_users").await;
    server.protected(&basic("alice", "right")).await.is(200);
    server.stop().await;
}

#[tokio::test]
async fn new_hashes_are_made_as_the_options_say() {
    let place = Place::new("options").await;
    for (algorithm, cost, begins) in [
        ("bcrypt", "4", "$2b$04$"),
        ("pbkdf2_sha256", "100", "$pbkdf2-sha256$100$"),
        ("sha512_crypt", "1000", "$6$rounds=1000$"),
        ("argon2", "64", "$argon2id$v=19$m=64,t=2,p=1$"),
    ] {
        let server = place.start(&["--algorithm", algorithm, "--cost", cost]);
        server.post("/users", login(algorithm, "x")).await.is(201);
        assert!(place.hash(algorithm).await.starts_with(begins), "{algorithm}");
        server.protected(&basic(algorithm, "x")).await.is(200);
        server.stop().await;
    }
    for (args, says) in [
        (["--algorithm", "md5_crypt"], "sha512_crypt"),
        (["--cost", "1"], "argon2 cannot cost 1"),
        (["--database", "mongodb://user:hidden@127.0.0.1/x"], "mongodb database"),
        (["--database", "postgres://user:hidden@127.0.0.1:1/x"], "postgres database"),
        (["--database", "mysql://user:hidden@127.0.0.1:1/x"], "mysql database"),
    ] {
        let output = place.run(&args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(says) && !stderr.contains("hidden"), "{args:?}: {stderr}");
    }
}
