//! Which addresses are one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A client's address, as far as it tells clients apart: an IPv4 address, or the /64 of one of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => match translated(address) {
                Some(address) => address.into(),
                None => prefix(address, 64).into(),
            },
        })
    }

    pub(super) fn host(self) -> IpAddr {
        self.0
    }

    /// The /48, of IPv6 alone.
    pub(super) fn site(self) -> Option<IpAddr> {
        match self.0 {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(prefix(address, 48).into()),
        }
    }
}

/// Behind a translator all of IPv4 is one /96 (RFC 6052 §2.1), and so one /64.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    const WELL_KNOWN: u128 = 0x0064_ff9b << 96;
    let bits = address.to_bits();
    (bits & !u128::from(u32::MAX) == WELL_KNOWN).then(|| Ipv4Addr::from_bits(bits as u32))
}

fn prefix(address: Ipv6Addr, len: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - len)))
}
