//! Connections: so many at once, their heads bounded in size and time, and an end to all of them.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Connections at once; the next ones wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// The longest head, in bytes: what is longer is answered with 431.
const MAX_HEAD_LEN: usize = 16 * 1024;
/// How long a client may take to send a head, the time between two requests included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests may still take when the server is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `stop`, then until every request that has begun is answered.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, router.clone(), &graceful));
                }
                Err(error) => pause(error).await,
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {STOP_TIMEOUT:?}; they are cut off");
    }
    connections.shutdown().await;
}

/// One connection, to its end. A client that hangs up ends it, and the request that is under way.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Answers are small, and nothing follows them that they could wait for.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        // For those who ask from where it comes.
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_LEN)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// After a failed `accept`: out of file descriptors, most likely, and trying again at once would only
/// keep a core busy.
async fn pause(error: io::Error) {
    tracing::warn!(%error, "could not accept a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
