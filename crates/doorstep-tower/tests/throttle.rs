//! Throttling at a real server on the loopback, which tells the layer its clients' addresses. What
//! counts, and when, is tested beside the throttle, where its clock can be set. Issue 5 §1.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use doorstep_tower::{AuthLayer, Failures, Granted, Proxies, Throttle, ThrottleLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};

use util::{Db, TOKEN, User, authenticator, basic, bearer};

/// Three, and then none for longer than a test runs.
fn three() -> Failures {
    let ThrottleLimits { known, .. } = ThrottleLimits::default();
    Failures { burst: 3.try_into().unwrap(), one_each: known.one_each }
}

fn limits() -> ThrottleLimits {
    let mut limits = ThrottleLimits::default();
    limits.username = three();
    limits
}

async fn serve(throttle: impl Into<Throttle>) -> SocketAddr {
    let hello = async |granted: Granted<User>| format!("hello {}", granted.user());
    let layer = AuthLayer::new(authenticator(), Db::new()).throttle(throttle);
    let app = Router::new().route("/", get(hello)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// What a client at 127.0.0.`from` is answered: status and body.
async fn answer(server: SocketAddr, from: u8, fields: &str) -> (u16, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    if status == 429 {
        let after = head.lines().find_map(|line| line.strip_prefix("retry-after: ")).unwrap();
        assert!((1..=360).contains(&after.parse::<u32>().unwrap()), "{head}");
        assert!(!head.contains("www-authenticate"), "{head}");
    }
    (status, body.to_owned())
}

async fn login(server: SocketAddr, from: u8, username: &str, password: &str) -> u16 {
    let fields = format!("authorization: {}\r\n", basic(username, password));
    answer(server, from, &fields).await.0
}

#[tokio::test]
async fn a_user_under_attack_still_logs_in_from_home() {
    let server = serve(limits()).await;
    let (home, attacker, hotel) = (2, 3, 4);
    assert_eq!(login(server, home, "Aladdin", "open sesame").await, 200);
    for status in [401, 401, 401, 429, 429] {
        assert_eq!(login(server, attacker, "Aladdin", "wrong").await, status);
    }
    for status in [401, 401, 401, 429, 429] {
        assert_eq!(login(server, attacker, "Nobody", "wrong").await, status);
    }
    assert_eq!(login(server, hotel, "Aladdin", "open sesame").await, 429);
    assert_eq!(login(server, home, "Aladdin", "wrong").await, 429);
    assert_eq!(login(server, home, "Aladdin", "open sesame").await, 200);
    // Without credentials, and with a token, as ever.
    assert_eq!(answer(server, attacker, "").await.0, 401);
    let token = format!("authorization: {}\r\n", bearer());
    assert_eq!(answer(server, attacker, &token).await, (200, "hello Aladdin".into()));
}

#[tokio::test]
async fn an_address_is_throttled_whatever_it_claims() {
    let mut limits = limits();
    limits.address = three();
    limits.proxies = Proxies::forwarded(["127.0.0.9"]).unwrap();
    let server = serve(limits).await;
    let guess = async |from, forwarded: String| {
        let fields = format!("authorization: Bearer unknown\r\nforwarded: {forwarded}\r\n");
        answer(server, from, &fields).await.0
    };
    for (n, status) in [401, 401, 401, 429, 429].into_iter().enumerate() {
        assert_eq!(guess(2, format!("for=192.0.2.{n}")).await, status);
    }
    // The proxy's clients are told apart, and the key of one of them is no other's.
    for (n, status) in [401, 401, 401, 429, 429].into_iter().enumerate() {
        assert_eq!(guess(9, format!("for=192.0.2.{n}, for=198.51.100.7")).await, status);
    }
    assert_eq!(guess(9, "for=198.51.100.8".into()).await, 401);
    let key = format!("x-api-key: {TOKEN}\r\n");
    assert_eq!(answer(server, 2, &key).await.0, 429);
    assert_eq!(answer(server, 3, &key).await.0, 200);
}

/// One throttle for several servers: else each of them would grant its own guesses.
#[tokio::test]
async fn layers_share_a_throttle() {
    let throttle = Throttle::new(limits());
    let servers = [serve(throttle.clone()).await, serve(throttle).await];
    for (n, status) in [401, 401, 401, 429, 429].into_iter().enumerate() {
        assert_eq!(login(servers[n % 2], 2, "Aladdin", "wrong").await, status);
    }
}

/// A layer goes between threads, and shows its limits.
#[test]
fn auto_traits() {
    fn all<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    all::<Throttle>();
    all::<ThrottleLimits>();
    all::<Failures>();
    all::<Proxies>();
}
