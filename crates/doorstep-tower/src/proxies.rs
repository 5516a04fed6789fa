//! Whose word on a client's address is taken: that of proxies that the host names, and of nobody else.
//!
//! `Forwarded` and `X-Forwarded-For` come with the request, and anybody can send them. What a proxy
//! adds stands at the right end. So the walk begins at the other end of the connection and goes on to
//! the next address on the left only while the one that it is at is a named proxy's:
//!
//! ```text
//! X-Forwarded-For: 192.0.2.66, 198.51.100.7, 10.0.0.2      connection from 10.0.0.1
//!                  anybody's   │ the client  │ named       named
//!                              └─ what counts
//! ```
//!
//! - Which of the two fields is read is the host's explicit choice. A proxy sets one of them; the
//!   other passes through it as the client sent it.
//! - Whatever names no address ends the walk: an empty element, `unknown`, an obfuscated identifier,
//!   anything malformed. Then the last proxy that was reached counts, since the next address on the
//!   left would be a stranger's word. So empty list elements are not skipped, as RFC 9110 §5.6.1.2
//!   would have it.
//! - At most [`MAX_HOPS`] are looked at.

mod forwarded;
mod node;
#[cfg(test)]
mod tests;
mod x_forwarded_for;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::header::FORWARDED;
use ipnet::{IpNet, Ipv4Net};

use crate::peer::{Peer, X_FORWARDED_FOR};

/// More proxies in a row than this are a mistake or an attempt to keep the server busy.
pub const MAX_HOPS: usize = 32;

/// The proxies whose word on a client's address is taken, and the field that they write it into. The
/// [default](Self::default) names none: what counts is the other end of the connection.
///
/// ```
/// use doorstep_tower::Proxies;
///
/// let proxies = Proxies::x_forwarded_for(["10.0.0.0/8", "2001:db8::7"])?;
/// # let peer = doorstep_tower::Peer::from(std::net::IpAddr::from([10, 0, 0, 1]));
/// let client = proxies.client(&peer);
/// # assert_eq!(client, peer.address());
/// # Ok::<(), doorstep_tower::InvalidPrefix>(())
/// ```
///
/// Name a proxy only if it appends to the field, or overwrites it. One that passes on what it was
/// sent lets every client be whom it likes.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    named: Arc<[IpNet]>,
    field: Field,
}

#[derive(Clone, Copy, Debug, Default)]
enum Field {
    /// Of RFC 7239.
    #[default]
    Forwarded,
    XForwardedFor,
}

impl Proxies {
    /// Proxies that write `Forwarded` (RFC 7239), by address or prefix.
    ///
    /// # Errors
    /// [`InvalidPrefix`], if one is neither.
    pub fn forwarded<'a>(named: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidPrefix> {
        Ok(Self { named: prefixes(named)?, field: Field::Forwarded })
    }

    /// Proxies that write `X-Forwarded-For`, by address or prefix.
    ///
    /// # Errors
    /// [`InvalidPrefix`], if one is neither.
    pub fn x_forwarded_for<'a>(
        named: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidPrefix> {
        Ok(Self { named: prefixes(named)?, field: Field::XForwardedFor })
    }

    /// The client's address: the first that is no named proxy's, seen from here. `None` if nothing is
    /// known of the connection, for then nobody can tell who wrote the fields.
    pub fn client(&self, peer: &Peer) -> Option<IpAddr> {
        let nearest = peer.address()?.to_canonical();
        let lines = |name| peer.forwarded().get_all(name).iter().rev();
        Some(match self.field {
            Field::Forwarded => {
                let lines = lines(FORWARDED);
                self.walk(nearest, lines.flat_map(|line| forwarded::hops(line.as_bytes())))
            }
            Field::XForwardedFor => {
                let lines = lines(X_FORWARDED_FOR);
                self.walk(nearest, lines.flat_map(|line| x_forwarded_for::hops(line.as_bytes())))
            }
        })
    }

    /// `hops` come from right to left, and are read no further than the walk goes.
    fn walk(&self, mut nearest: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut hops = hops.take(MAX_HOPS);
        while self.names(nearest) {
            match hops.next() {
                Some(Some(next)) => nearest = next.to_canonical(),
                Some(None) | None => break,
            }
        }
        nearest
    }

    fn names(&self, address: IpAddr) -> bool {
        self.named.iter().any(|prefix| prefix.contains(&address))
    }
}

fn prefixes<'a>(named: impl IntoIterator<Item = &'a str>) -> Result<Arc<[IpNet]>, InvalidPrefix> {
    let prefixes = named.into_iter().enumerate();
    prefixes.map(|(index, text)| prefix(text).ok_or(InvalidPrefix { index })).collect()
}

fn prefix(text: &str) -> Option<IpNet> {
    let prefix = match IpAddr::from_str(text) {
        Ok(address) => IpNet::from(address),
        Err(_) => IpNet::from_str(text).ok()?,
    };
    // Addresses are compared in their canonical form.
    if let (IpNet::V6(mapped), IpAddr::V4(address)) = (prefix, prefix.addr().to_canonical()) {
        let len = mapped.prefix_len().checked_sub(96)?;
        return Ipv4Net::new(address, len).ok().map(IpNet::from);
    }
    Some(prefix)
}

/// One of the named proxies is neither an address nor a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidPrefix {
    /// Which of them, counted from 0.
    pub index: usize,
}

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy {} is neither an address nor a prefix", self.index)
    }
}

impl std::error::Error for InvalidPrefix {}
