//! A real server on the loopback: a plain answer, an upgraded connection, and a client that hangs up.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::get;
use doorstep_tower::{AuthLayer, Granted, Pool, PoolLimits};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use util::{Db, User, authenticator, basic, bearer};

async fn serve(layer: AuthLayer<Db>) -> SocketAddr {
    let hello = async |granted: Granted<User>| format!("hello {}", granted.user());
    let app = Router::new().route("/", get(hello)).route("/echo", get(echo)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Switches protocols (RFC 9110 §7.8) and sends everything back.
async fn echo(_: Granted<User>, request: Request<Body>) -> Response<Body> {
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        tokio::io::copy(&mut read, &mut write).await.unwrap();
    });
    let switch = Response::builder().status(101).header("connection", "upgrade");
    switch.header("upgrade", "websocket").body(Body::empty()).unwrap()
}

async fn send(address: SocketAddr, path: &str, fields: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The response up to `end`.
async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        text.push(char::from(stream.read_u8().await.unwrap()));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_over_a_real_connection() {
    let address = serve(AuthLayer::new(authenticator(), Db::new())).await;
    let fields = format!("authorization: {}\r\n", basic("Aladdin", "open sesame"));
    let response = read_to(&mut send(address, "/", &fields).await, "hello Aladdin").await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    let wrong = format!("authorization: {}\r\n", basic("Aladdin", "wrong"));
    let response = read_to(&mut send(address, "/", &wrong).await, "\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{response}");
    assert_eq!(response.matches("www-authenticate: ").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgraded_connection_passes_untouched() {
    let address = serve(AuthLayer::new(authenticator(), Db::new())).await;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
    let fields = format!("{upgrade}authorization: {}\r\n", bearer());
    let mut stream = send(address, "/echo", &fields).await;
    let response = read_to(&mut stream, "\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{response}");
    stream.write_all(b"\x81\x05hello").await.unwrap();
    let mut back = [0; 7];
    stream.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"\x81\x05hello");
    // And nobody is upgraded who is not let in.
    let response = read_to(&mut send(address, "/echo", upgrade).await, "\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_frees_its_place() {
    let mut limits = PoolLimits::default();
    limits.threads = std::num::NonZeroUsize::MIN;
    let pool = Pool::start(limits).unwrap();
    let address = serve(AuthLayer::new(authenticator(), Db::new()).pool(pool.clone())).await;
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let held = tokio::spawn({
        let pool = pool.clone();
        let cost = doorstep::password::Cost::new(1, 1);
        async move { pool.run(cost, move |_| ended.recv().is_err()).await }
    });
    let load = async |running, waiting| {
        while (pool.load().running, pool.load().waiting) != (running, waiting) {
            tokio::task::yield_now().await;
        }
    };
    load(1, 0).await;
    let fields = format!("authorization: {}\r\n", basic("Aladdin", "open sesame"));
    let stream = send(address, "/", &fields).await;
    load(1, 1).await;
    drop(stream);
    load(1, 0).await;
    drop(end);
    assert_eq!(held.await.unwrap(), Ok(true));
}
