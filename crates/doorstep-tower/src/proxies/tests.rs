//! RFC 7239, what strangers write into its field, and how far the walk goes. Issue 5 §1: addresses
//! come from the peer, from fields only if the host names its proxies.

#![allow(clippy::unwrap_used)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{HeaderName, HeaderValue, Request};
use proptest::prelude::*;

use super::{InvalidPrefix, MAX_HOPS, Proxies, forwarded, x_forwarded_for};
use crate::peer::Peer;

const PROXY: &str = "10.0.0.1";
const NAMED: [&str; 2] = ["10.0.0.0/8", "2001:db8::/32"];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn peer(address: &str, lines: &[(&'static str, &[u8])]) -> Peer {
    let mut request = Request::new(());
    request.extensions_mut().insert(SocketAddr::from((ip(address), 7)));
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(HeaderName::from_static(name), value);
    }
    Peer::of(&request.into_parts().0)
}

#[track_caller]
fn forwarded_from(line: &str) -> String {
    let peer = peer(PROXY, &[("forwarded", line.as_bytes())]);
    Proxies::forwarded(NAMED).unwrap().client(&peer).unwrap().to_string()
}

#[track_caller]
fn x_forwarded_from(line: &str) -> String {
    let peer = peer(PROXY, &[("x-forwarded-for", line.as_bytes())]);
    Proxies::x_forwarded_for(NAMED).unwrap().client(&peer).unwrap().to_string()
}

/// A hostile field from a peer that nobody named.
#[test]
fn strangers_are_not_believed() {
    let lines: [(_, &[u8]); 2] =
        [("x-forwarded-for", b"198.51.100.7"), ("forwarded", b"for=198.51.100.7")];
    let stranger = peer("192.0.2.66", &lines);
    for proxies in [
        Proxies::default(),
        Proxies::forwarded(NAMED).unwrap(),
        Proxies::x_forwarded_for(NAMED).unwrap(),
    ] {
        assert_eq!(proxies.client(&stranger), Some(ip("192.0.2.66")));
    }
    assert_eq!(Proxies::default().client(&peer(PROXY, &lines)), Some(ip(PROXY)));
    let unknown = Peer::default();
    assert_eq!(Proxies::forwarded(NAMED).unwrap().client(&unknown), None);
}

/// A proxy writes one of the two; the other is the client's.
#[test]
fn one_field_is_read_and_never_both() {
    let peer =
        peer(PROXY, &[("forwarded", b"for=198.51.100.1"), ("x-forwarded-for", b"198.51.100.2")]);
    assert_eq!(Proxies::forwarded(NAMED).unwrap().client(&peer), Some(ip("198.51.100.1")));
    assert_eq!(Proxies::x_forwarded_for(NAMED).unwrap().client(&peer), Some(ip("198.51.100.2")));
}

#[test]
fn the_walk_ends_at_the_first_address_that_is_no_proxys() {
    assert_eq!(x_forwarded_from("192.0.2.66, 198.51.100.7, 10.0.0.2"), "198.51.100.7");
    assert_eq!(x_forwarded_from("192.0.2.66,\t198.51.100.7,2001:db8::1 ,10.0.0.2"), "198.51.100.7");
    let line = "for=192.0.2.66, for=198.51.100.7;proto=https,FOR=\"[2001:db8::1]:443\";by=_a";
    assert_eq!(forwarded_from(line), "198.51.100.7");
    // All are proxies: the one that is furthest away.
    assert_eq!(x_forwarded_from("10.9.9.9, 10.0.0.2"), "10.9.9.9");
    // Nothing was added.
    assert_eq!(x_forwarded_from(""), PROXY);
    assert_eq!(forwarded_from(""), PROXY);
    let silent = peer(PROXY, &[]);
    assert_eq!(Proxies::forwarded(NAMED).unwrap().client(&silent), Some(ip(PROXY)));
}

/// RFC 9110 §5.3: lines are one list, in their order.
#[test]
fn later_lines_are_nearer() {
    let lines: [(_, &[u8]); 2] =
        [("x-forwarded-for", b"192.0.2.66, 198.51.100.7"), ("x-forwarded-for", b"10.0.0.2")];
    let proxies = Proxies::x_forwarded_for(NAMED).unwrap();
    assert_eq!(proxies.client(&peer(PROXY, &lines)), Some(ip("198.51.100.7")));
    // A proxy that writes a line of its own is not disturbed by what the client sent.
    let lines: [(_, &[u8]); 2] =
        [("forwarded", b"for=\"unbalanced"), ("forwarded", b"for=198.51.100.7")];
    let proxies = Proxies::forwarded(NAMED).unwrap();
    assert_eq!(proxies.client(&peer(PROXY, &lines)), Some(ip("198.51.100.7")));
}

/// RFC 7239 §4, §6 and its examples.
#[test]
fn nodes_are_read_as_the_rfc_writes_them() {
    for (node, address) in [
        ("192.0.2.43", "192.0.2.43"),
        ("\"192.0.2.43:47011\"", "192.0.2.43"),
        ("\"[2a00:db8:cafe::17]:4711\"", "2a00:db8:cafe::17"),
        ("\"[2a00:db8:cafe::17]\"", "2a00:db8:cafe::17"),
        ("\"192.0.2.43:_gazonk-1\"", "192.0.2.43"),
        // A quoted-pair is what it quotes.
        ("\"192.0\\.2.43\"", "192.0.2.43"),
        // An IPv4 client of a socket that serves both.
        ("\"[::ffff:192.0.2.43]\"", "192.0.2.43"),
    ] {
        assert_eq!(forwarded_from(&format!("for={node}")), address, "{node}");
        assert_eq!(forwarded_from(&format!("Proto=http;For={node};by=_x, ")), PROXY, "{node}");
        assert_eq!(forwarded_from(&format!("Proto=http ; For={node};;by=\"_,x\"")), address);
    }
}

/// None of them is an address, so that the proxy which wrote them counts; least of all does the walk
/// go on to what the client wrote.
#[test]
fn whatever_names_no_address_ends_the_walk() {
    for element in [
        "for=unknown",
        "for=_hidden",
        "for=_SEVKISEK",
        "for=\"unknown:80\"",
        "proto=https",
        "",
        "for=2001",
        "for=\"2a00::1\"",
        "for=\"[2a00::1\"",
        "for=\"[2a00::1]x\"",
        "for=\"[192.0.2.1]\"",
        "for=\"192.0.2.1:\"",
        "for=\"192.0.2.1:123456\"",
        "for=\"192.0.2.1:8_\"",
        "for=\"192.0.2.1:_\"",
        "for=192.0.2.01",
        "for=192.0.2",
        "for=\" 192.0.2.1\"",
        "for=\"[fe80::1%eth0]\"",
        "for=\"\"",
        // These break the line, and with it what stands before and after.
        "for=192.0.2.1:80",
        "for=",
        "for",
        "=192.0.2.1",
        "for =192.0.2.1",
        "for= 192.0.2.1",
        "for=192.0.2.1;for=192.0.2.2",
        "for=\"192.0.2.1",
        "for=\"192.0.2.1\\",
        "for=192.0.2.1 by=_x",
        "for=\"192.0.2.1\"x",
        "for=192.0.2.1;\u{e9}=1",
        "for=(192.0.2.1)",
    ] {
        let line = format!("for=192.0.2.66, {element}");
        assert_eq!(forwarded_from(&line), PROXY, "{element}");
        let nearer = forwarded_from(&format!("{line}, for=10.0.0.2"));
        assert!(nearer == "10.0.0.2" || nearer == PROXY, "{element}: {nearer}");
    }
    for element in [
        "unknown",
        "",
        " ",
        "192.0.2.1 192.0.2.2",
        "192.0.2.1:",
        "[2a00::1",
        "[2a00::1]:x",
        "\"192.0.2.1\"",
        "2a00::1%eth0",
        "192.0.2.01",
        "for=192.0.2.1",
        "_hidden",
    ] {
        assert_eq!(x_forwarded_from(&format!("192.0.2.66, {element}")), PROXY, "{element}");
    }
    for (element, address) in [
        ("192.0.2.1:80", "192.0.2.1"),
        ("2a00::1", "2a00::1"),
        ("[2a00::1]:80", "2a00::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ] {
        assert_eq!(x_forwarded_from(element), address);
    }
}

/// What a client writes before what a proxy adds to the same line cannot become the proxy's word.
#[test]
fn quotes_of_a_stranger_do_not_swallow_what_a_proxy_adds() {
    let added = ["for=198.51.100.7", "for=\"198.51.100.7:80\";by=\"_x\"", "for=\"[2a00::7]\""];
    let sent = [
        "x=\"",
        "for=10.0.0.3;x=\"",
        "x=\"\\",
        "for=\"10.0.0.3",
        "x=\"\\\\",
        "\"",
        "for=192.0.2.66,x=\"",
    ];
    for (sent, added) in sent.iter().flat_map(|sent| added.map(|added| (sent, added))) {
        assert_eq!(forwarded_from(&format!("{sent}, {added}")), PROXY, "{sent} {added}");
    }
}

#[test]
fn proxies_are_addresses_or_prefixes() {
    let named = |named: &'static str, address| {
        let proxies = Proxies::x_forwarded_for([named]).unwrap();
        proxies.client(&peer(address, &[("x-forwarded-for", b"198.51.100.7")]))
            != Some(ip(address).to_canonical())
    };
    assert!(named("10.0.0.1", "10.0.0.1") && !named("10.0.0.1", "10.0.0.2"));
    assert!(named("10.0.0.9/24", "10.0.0.1") && !named("10.0.0.9/24", "10.0.1.1"));
    assert!(named("2001:db8::/32", "2001:db8:1::1") && !named("2001:db8::/32", "2001:db9::"));
    // The same address, as a socket that serves both families shows it.
    assert!(named("10.0.0.1", "::ffff:10.0.0.1"));
    assert!(named("::ffff:10.0.0.0/120", "10.0.0.1"));
    for (index, wrong) in
        ["10.0.0.0/33", "", "localhost", "10.0.0.1:80", "::ffff:10.0.0.0/95"].iter().enumerate()
    {
        let named = std::iter::repeat_n("10.0.0.1", index).chain([*wrong]);
        assert_eq!(Proxies::forwarded(named).unwrap_err(), InvalidPrefix { index }, "{wrong}");
    }
}

/// However many proxies there are said to be, and in however many lines.
#[test]
fn so_many_hops_are_looked_at() {
    let chain = |len| (0..len).rev().map(|n: u32| Ipv4Addr::from(0x0a00_0002 + n).to_string());
    for (from, field) in [(x_forwarded_from as fn(&str) -> String, ""), (forwarded_from, "for=")] {
        let line =
            |len| chain(len).map(|hop| format!("{field}{hop}")).collect::<Vec<_>>().join(",");
        for len in [MAX_HOPS as u32, MAX_HOPS as u32 + 1, 10_000] {
            assert_eq!(from(&line(len)), Ipv4Addr::from(0x0a00_0001 + MAX_HOPS as u32).to_string());
        }
        assert_eq!(from(&line(3)), "10.0.0.4");
    }
    let lines = vec![("x-forwarded-for", &b"10.0.0.2"[..]); 1000];
    let lines = [&[("x-forwarded-for", &b"198.51.100.7"[..])], &lines[..]].concat();
    let proxies = Proxies::x_forwarded_for(NAMED).unwrap();
    assert_eq!(proxies.client(&peer(PROXY, &lines)), Some(ip("10.0.0.2")));
}

/// A megabyte of what makes parsers go back: each byte is read once, or this would not end.
#[test]
fn long_lines_are_read_once() {
    for part in
        ["\"", "\\\"", ",", ";", "for=", "for=\"", "a=b;", " ", "for=\"[", "for=1.2.3.4,", "\u{e9}"]
    {
        let line = part.repeat((1 << 20) / part.len());
        for line in [line.clone(), format!("x=\"{line}"), format!("{line}\"")] {
            assert!(forwarded::hops(line.as_bytes()).count() <= MAX_HOPS);
            let _ = x_forwarded_for::hops(line.as_bytes()).count();
        }
    }
}

/// The pieces that the grammars are made of, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"for"[..],
        b"For",
        b"by",
        b"=",
        b"\"",
        b"\\",
        b",",
        b";",
        b" ",
        b"\t",
        b"192.0.2.1",
        b"10.0.0.2",
        b"[2001:db8::1]",
        b"[",
        b"]",
        b":",
        b"80",
        b"_x",
        b"unknown",
        b"::",
        b"\xff",
        b"for=10.0.0.3",
        b"for=\"[2001:db8::2]:80\"",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// An element, and the address that it names.
fn element() -> impl Strategy<Value = (String, Option<IpAddr>)> {
    let address = any::<[u8; 16]>().prop_map(IpAddr::from).boxed();
    let address = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), address];
    let port = prop::option::of(prop_oneof![
        any::<u16>().prop_map(|port| port.to_string()),
        Just("_x-1.".into())
    ]);
    let node = (address, port).prop_map(|(address, port)| {
        let name = if address.is_ipv4() { address.to_string() } else { format!("[{address}]") };
        (port.map_or(name.clone(), |port| format!("{name}:{port}")), Some(address.to_canonical()))
    });
    let node = prop_oneof![4 => node, 1 => Just(("unknown".to_owned(), None)), 1 => Just(("_a,\";".to_owned(), None))];
    let quote = |text: &str, all: bool| -> String {
        let escape =
            |c| if all || matches!(c, '"' | '\\') { format!("\\{c}") } else { format!("{c}") };
        format!("\"{}\"", text.chars().map(escape).collect::<String>())
    };
    (node, any::<bool>(), prop::sample::select(vec!["", "by=_x;", "host=\"a,b\\\"\";", ";;"]))
        .prop_map(move |((node, address), all, before)| {
            (format!("{before}for={};proto=http", quote(&node, all)), address)
        })
}

proptest! {
    /// Whatever stands there: an answer, and never an address that is not in the field or the peer's.
    #[test]
    fn hostile_fields_name_what_stands_in_them(line in prop_oneof![pieces(), any::<Vec<u8>>()]) {
        prop_assert!(forwarded::hops(&line).count() <= MAX_HOPS);
        let _ = x_forwarded_for::hops(&line).count();
        if HeaderValue::from_bytes(&line).is_ok() {
            let text = String::from_utf8_lossy(&line).replace('\\', "");
            let nodes = text.split(|c| " \t,;=\"[]".contains(c));
            let names = nodes.flat_map(|node| [Some(node), node.rsplit_once(':').map(|node| node.0)]);
            let named: Vec<IpAddr> = names.flatten().filter_map(|name| name.parse().ok()).collect();
            for (proxies, name) in [
                (Proxies::forwarded(NAMED).unwrap(), "forwarded"),
                (Proxies::x_forwarded_for(NAMED).unwrap(), "x-forwarded-for"),
            ] {
                let client = proxies.client(&peer(PROXY, &[(name, &line)])).unwrap();
                let is_named = named.iter().any(|named| named.to_canonical() == client);
                prop_assert!(client == ip(PROXY) || is_named);
            }
        }
    }

    /// The walk over elements whose meaning is known, against the rule itself.
    #[test]
    fn the_walk_is_the_rule(
        elements in prop::collection::vec(element(), 0..40),
        named in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let addresses: Vec<_> = elements.iter().filter_map(|(_, address)| *address).collect();
        let mut proxies = vec![PROXY.to_owned()];
        if !addresses.is_empty() {
            proxies.extend(named.iter().map(|index| index.get(&addresses).to_string()));
        }
        let mut expected = ip(PROXY);
        for (_, address) in elements.iter().rev().take(MAX_HOPS) {
            match address {
                Some(address) if proxies.contains(&expected.to_string()) => expected = *address,
                _ => break,
            }
        }
        let texts: Vec<_> = elements.into_iter().map(|(text, _)| text).collect();
        // In one line, and in lines of their own.
        let lines = |texts: &[String]| -> Vec<Vec<u8>> { texts.iter().map(|text| text.clone().into()).collect() };
        for lines in [vec![texts.join(", ").into_bytes()], lines(&texts)] {
            let lines: Vec<_> = lines.iter().map(|line| ("forwarded", &line[..])).collect();
            let proxies = Proxies::forwarded(proxies.iter().map(String::as_str)).unwrap();
            prop_assert_eq!(proxies.client(&peer(PROXY, &lines)), Some(expected));
        }
    }
}
