//! An address with or without a port, as both fields write it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// ```text
/// node      = nodename [ ":" node-port ]
/// nodename  = IPv4address / "[" IPv6address "]" / "unknown" / obfnode
/// node-port = 1*5DIGIT / obfport
/// ```
///
/// RFC 7239 §6. `None` is `unknown`, an obfuscated node, and whatever else is no address: all of them
/// end the walk.
pub(super) fn address(node: &str) -> Option<IpAddr> {
    let (name, port) = match node.strip_prefix('[') {
        Some(rest) => {
            let (name, rest) = rest.split_once(']')?;
            (IpAddr::from(Ipv6Addr::from_str(name).ok()?), rest)
        }
        None => {
            let (name, rest) = node.split_at(node.find(':').unwrap_or(node.len()));
            (IpAddr::from(Ipv4Addr::from_str(name).ok()?), rest)
        }
    };
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

/// `obfport = "_" 1*( ALPHA / DIGIT / "." / "_" / "-" )`
fn is_port(port: &str) -> bool {
    match port.strip_prefix('_') {
        Some(rest) => !rest.is_empty() && rest.bytes().all(is_obfuscated),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn is_obfuscated(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
