//! `Forwarded` (RFC 7239). Reads all of a line, since a quoted-string can only be read from its
//! beginning, and each byte once.
//!
//! Deviation: OWS is taken around `;`, where §4 has none, since proxies write it.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::{MAX_HOPS, node};

/// The last [`MAX_HOPS`] elements of one line, from right to left: the address in `for`, if there is
/// one. A line that cannot be read is one hop without an address: where its quotes begin and end, and
/// so what a proxy added to it, is anybody's guess.
pub(super) fn hops(line: &[u8]) -> impl Iterator<Item = Option<IpAddr>> {
    read(line).unwrap_or_else(|| [None].into()).into_iter().rev()
}

/// `Forwarded = 1#forwarded-element`
fn read(line: &[u8]) -> Option<VecDeque<Option<IpAddr>>> {
    let mut line = Cursor(line);
    let mut hops = VecDeque::with_capacity(MAX_HOPS);
    loop {
        if hops.len() == MAX_HOPS {
            hops.pop_front();
        }
        hops.push_back(element(&mut line)?);
        if line.is_at_end() {
            return Some(hops);
        }
        line.expect(b',')?;
    }
}

/// ```text
/// forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
/// forwarded-pair    = token "=" value
/// value             = token / quoted-string
/// ```
///
/// `None` if it cannot be read, `Some(None)` if it names no address.
fn element(line: &mut Cursor<'_>) -> Option<Option<IpAddr>> {
    let mut client = None;
    loop {
        line.skip_whitespace();
        if line.peek().is_some_and(is_tchar) {
            let name = line.token()?;
            line.expect(b'=')?;
            let is_for = name.eq_ignore_ascii_case(b"for");
            // §4: each parameter once.
            if is_for && client.is_some() {
                return None;
            }
            let node = line.value()?;
            if is_for {
                client = Some(node);
            }
            line.skip_whitespace();
        }
        if line.peek() != Some(b';') {
            return Some(client.as_ref().and_then(Node::address));
        }
        line.expect(b';')?;
    }
}

/// The beginning of a value, unescaped: longer ones are no addresses.
struct Node {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Node {
    /// `[IPv6]:65535` has 53; an obfuscated port may be longer.
    const CAPACITY: usize = 128;

    const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }
    }

    fn push(&mut self, byte: u8) {
        if let Some(free) = self.bytes.get_mut(self.len) {
            *free = byte;
        }
        self.len += 1;
    }

    fn address(&self) -> Option<IpAddr> {
        node::address(str::from_utf8(self.bytes.get(..self.len)?).ok()?)
    }
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// `OWS = *( SP / HTAB )`
    fn skip_whitespace(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    /// `token = 1*tchar`
    fn token(&mut self) -> Option<&'a [u8]> {
        Some(self.take_while(is_tchar)).filter(|token| !token.is_empty())
    }

    fn value(&mut self) -> Option<Node> {
        let mut node = Node::new();
        if self.peek() == Some(b'"') {
            self.quoted_string(&mut node)?;
        } else {
            self.token()?.iter().for_each(|&byte| node.push(byte));
        }
        Some(node)
    }

    /// ```text
    /// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
    /// quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
    /// ```
    fn quoted_string(&mut self, node: &mut Node) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let byte = match self.next()? {
                b'"' => return Some(()),
                b'\\' => self.next()?,
                byte => byte,
            };
            if !is_text(byte) {
                return None;
            }
            node.push(byte);
        }
    }

    fn take_while(&mut self, is_in: impl Fn(u8) -> bool) -> &'a [u8] {
        let len = self.0.iter().position(|&byte| !is_in(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What may stand in a quoted-string, in a quoted-pair if need be.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}
