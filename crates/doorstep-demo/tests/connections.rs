//! Clients that open many connections and send little: who logs in is answered all the same.
//! SECURITY.md, "The demo's connections". `scripts/assure faults` opens 10 000.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use self::util::{Place, Server, basic, login};

/// Longer than anything takes that is well.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many connections the server has room for; unless told, the test opens five times as many.
const ROOM: usize = 100;
/// What it may take besides: 1 GiB of addresses, and as many files as a process is let open.
const LIMITS: &str = "ulimit -v 1048576; ulimit -n 256";
const ARGS: [&str; 6] =
    ["--connections", "100", "--hash-threads", "2", "--hash-memory-kib", "38912"];

/// How many connections to open: `DOORSTEP_CONNECTIONS`.
fn many() -> usize {
    std::env::var("DOORSTEP_CONNECTIONS").map_or(5 * ROOM, |number| number.parse().unwrap())
}

async fn open(server: &Server) -> TcpStream {
    let open = TcpStream::connect(server.address);
    timeout(PATIENCE, open).await.expect("it accepts nobody").unwrap()
}

/// Logs in rightly and wrongly, on connections of their own.
async fn answers(server: &Server) {
    let logins = async {
        server.protected(&basic("alice", "right")).await.is(200);
        server.protected(&basic("alice", "wrong")).await.is(401);
    };
    timeout(PATIENCE, logins).await.expect("nobody can log in");
}

/// Memory of the whole process: for hashing, and for what each connection may send before it is
/// read.
fn is_bounded(server: &Server, what: &str) {
    let Some(peak) = server.peak_kib() else { return };
    println!("{} {what}: peak memory {peak} KiB", many());
    assert!(peak < 38_912 + 64 * 1024 + ROOM as u64 * 32, "{peak} KiB");
}

/// How many connections were ended for others, as the log has it, and not for their age.
fn made_room(server: &Server) -> usize {
    server.log().matches("an idle connection made room").count()
}

/// Whether the server has ended it.
fn ended(connection: &TcpStream) -> bool {
    let read = connection.try_read(&mut [0]);
    !read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let place = Place::new("idle").await;
    let server = place.start_limited(LIMITS, &ARGS);
    server.post("/users", login("alice", "right")).await.is(201);
    let mut idle = Vec::new();
    for _ in 0..many() {
        idle.push(open(&server).await);
    }
    answers(&server).await;
    // As many as have no place, but for those that were ended for their age; a login needs one.
    let (made_room, without) = (made_room(&server), many() - ROOM);
    println!("{} idle connections: {made_room} have made room", many());
    assert!((1..=without + 8).contains(&made_room), "{made_room}");
    // The youngest have theirs still, and are answered.
    let mut youngest = idle.pop().unwrap();
    let head = format!(
        "GET /protected HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {}\r\n\r\n",
        basic("alice", "right")
    );
    youngest.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    youngest.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    is_bounded(&server, "idle connections");
    server.stop().await;
}

#[tokio::test]
async fn slow_heads_keep_nobody_out() {
    let place = Place::new("slow").await;
    let server = place.start_limited(LIMITS, &ARGS);
    server.post("/users", login("alice", "right")).await.is(201);
    // A byte each time around, of a head that never ends.
    let mut slow = Vec::new();
    for _ in 0..many() {
        slow.push(open(&server).await);
    }
    for round in 0..5 {
        for connection in &mut slow {
            let byte = b"GET /protected HTTP/1.1\r\nx: ";
            // It may have made room.
            let _ = connection.write_all(&byte[round..=round]).await;
        }
        answers(&server).await;
    }
    assert!(made_room(&server) > 0);
    is_bounded(&server, "slow heads");
    server.stop().await;
}

#[tokio::test]
async fn without_a_free_file_descriptor_the_idle_make_room() {
    let place = Place::new("descriptors").await;
    // The server believes that it has room for all of them.
    let server = place.start_limited("ulimit -n 64", &["--connections", "100000"]);
    server.post("/users", login("alice", "right")).await.is(201);
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(open(&server).await);
    }
    answers(&server).await;
    assert!(made_room(&server) > 0);
    server.stop().await;
}

#[tokio::test]
#[ignore = "takes as long as a head may, 10 seconds: scripts/assure faults"]
async fn a_slow_head_comes_to_an_end() {
    let place = Place::new("end").await;
    let server = place.start_limited(LIMITS, &ARGS);
    let mut slow = open(&server).await;
    let mut sent = 0;
    let ends = async {
        while slow.write_all(b"G").await.is_ok() && !ended(&slow) {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, ends).await.expect("it waits for ever");
    println!("a slow head was ended after {sent} bytes, one each tenth of a second");
    let mut idle = open(&server).await;
    let ends = timeout(PATIENCE, idle.read(&mut [0])).await.expect("it waits for ever");
    assert!(!ends.is_ok_and(|read| read > 0));
    server.stop().await;
}
