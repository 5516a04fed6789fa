//! Connections: so many at once, their heads bounded in size and time, and an end to all of them.
//!
//! When all places are taken, a new connection gets that of the one that has been idle for the
//! longest: who opens thousands, or sends a byte now and then, keeps nobody out.

mod idle;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
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
use tokio::time::timeout;

use self::idle::Idle;

/// The longest head, in bytes: what is longer is answered with 431.
const MAX_HEAD_LEN: usize = 16 * 1024;
/// How long a client may take to send a head, the time between two requests included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a head may still take when the server is told to stop.
const STOP_HEAD_TIMEOUT: Duration = Duration::from_secs(1);
/// How long requests may still take when the server is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves so many connections at once until `stop`, then until every request that has begun is
/// answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    max: NonZeroUsize,
    stop: impl Future<Output = ()>,
) {
    let (mut connections, idle) = (JoinSet::new(), Arc::new(Idle::default()));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let full = connections.len() >= max.get();
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            // So that the next one finds a place.
            () = idle.came(), if full => drop(idle.end_oldest()),
            accepted = listener.accept(), if !full => match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(stream, peer, router.clone(), &idle, &graceful);
                    connections.spawn(connection);
                }
                // Out of file descriptors, most likely.
                Err(_) if idle.end_oldest() => drop(connections.join_next().await),
                Err(error) => pause(error).await,
            },
        }
    }
    drop(listener);
    let mut ended = pin!(graceful.shutdown());
    if timeout(STOP_HEAD_TIMEOUT, &mut ended).await.is_err() {
        while idle.end_oldest() {}
        if timeout(STOP_TIMEOUT, ended).await.is_err() {
            tracing::warn!(
                "requests were still under way after {STOP_TIMEOUT:?}; they are cut off"
            );
        }
    }
    connections.shutdown().await;
}

/// One connection, to its end. A client that hangs up ends it, and the request that is under way.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    idle: &Arc<Idle>,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Answers are small, and nothing follows them that they could wait for.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let known = idle.connection();
    let this = known.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let busy = this.busy();
        // For those who ask from where it comes.
        request.extensions_mut().insert(peer);
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(busy);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_LEN)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    async move {
        tokio::select! {
            // First what has come already, and what is still to be sent.
            biased;
            ended = connection => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            },
            () = known.ends() => tracing::debug!("an idle connection made room"),
        }
    }
}

/// After a failed `accept` that no connection can make room for: trying again at once would only
/// keep a core busy.
async fn pause(error: io::Error) {
    tracing::warn!(%error, "could not accept a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
