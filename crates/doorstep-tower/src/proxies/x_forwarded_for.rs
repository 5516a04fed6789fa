//! `X-Forwarded-For`, which no RFC defines: addresses with commas between them. IPv6 addresses stand
//! there bare, too.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use super::node;

/// Of one line, from right to left, each read when it is asked for.
pub(super) fn hops(line: &[u8]) -> impl Iterator<Item = Option<IpAddr>> {
    line.rsplit(|&byte| byte == b',').map(hop)
}

fn hop(element: &[u8]) -> Option<IpAddr> {
    let element = str::from_utf8(element).ok()?.trim_matches([' ', '\t']);
    Ipv6Addr::from_str(element).map(IpAddr::from).ok().or_else(|| node::address(element))
}
