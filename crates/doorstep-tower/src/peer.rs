//! From where a request comes, for throttling by address. Believes nobody.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName};

/// From where a request comes: the address at the other end of its connection, and what proxies, or
/// somebody who pretends to be one, wrote into `Forwarded` (RFC 7239) and `X-Forwarded-For`.
///
/// Of an axum server it is an extractor, if the router is served
/// [with connect info](https://docs.rs/axum/0.8/axum/struct.Router.html#method.into_make_service_with_connect_info);
/// other servers put a `SocketAddr`, or a `Peer`, into the request's extensions. A peer of which
/// nothing is known is the [default](Self::default).
#[derive(Clone, Debug, Default)]
pub struct Peer {
    address: Option<IpAddr>,
    forwarded: HeaderMap,
}

pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Peer {
    /// What is known of a request's.
    pub fn of(request: &Parts) -> Self {
        if let Some(peer) = request.extensions.get::<Self>() {
            return peer.clone();
        }
        let mut forwarded = HeaderMap::new();
        for name in [FORWARDED, X_FORWARDED_FOR] {
            for value in request.headers.get_all(&name) {
                forwarded.append(&name, value.clone());
            }
        }
        Self { address: connected(&request.extensions), forwarded }
    }

    /// The address at the other end of the connection: the client's, or its last proxy's.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The lines of `Forwarded` and `X-Forwarded-For`. Anybody can send them.
    pub fn forwarded(&self) -> &HeaderMap {
        &self.forwarded
    }
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self { address: Some(address), forwarded: HeaderMap::new() }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::from(address.ip())
    }
}

fn connected(extensions: &Extensions) -> Option<IpAddr> {
    #[cfg(feature = "axum")]
    if let Some(info) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return Some(info.0.ip());
    }
    extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

/// Where credentials came from. The peer is looked for only when somebody asks.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    Request(&'a Parts),
    Peer(&'a Peer),
}

impl<'a> Origin<'a> {
    pub(crate) fn peer(self) -> Cow<'a, Peer> {
        match self {
            Self::Request(parts) => match parts.extensions.get() {
                Some(peer) => Cow::Borrowed(peer),
                None => Cow::Owned(Peer::of(parts)),
            },
            Self::Peer(peer) => Cow::Borrowed(peer),
        }
    }
}
