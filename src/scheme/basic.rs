//! Basic (RFC 7617). Decodes into one buffer of exact size, which is wiped.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use zeroize::{Zeroize, Zeroizing};

use super::{Asked, Claim, RequestLine, Scheme, Sent};
use crate::credentials::Credentials;
use crate::grammar::{self, Malformed, MalformedKind, push_quoted};

/// The Basic scheme (RFC 7617): a user-id and a password, in base64. It leads to
/// [`FindUser`](crate::FindUser).
///
/// The password reaches the server as it is with each request, and costs a hash each time: serve it
/// over TLS alone, and give tokens or [receipts](crate::Receipt) to those who come often.
#[derive(Clone, Copy, Debug, Default)]
pub struct Basic {
    latin1: bool,
}

impl Basic {
    /// Basic with UTF-8, as its challenge announces (RFC 7617 §2.1).
    pub const fn new() -> Self {
        Self { latin1: false }
    }

    /// Reads credentials that are not UTF-8 as ISO-8859-1, as some old clients send them. A password
    /// may then be read in two ways, so prefer to do without.
    pub const fn latin1(self) -> Self {
        Self { latin1: true }
    }

    fn decode(&self, start: usize, token68: &[u8]) -> Result<Credentials, Malformed> {
        let malformed = Malformed::new(start, MalformedKind::Base64);
        // The padding tells the length; what the decoder says of it later must be the same.
        let padding = token68.iter().rev().take_while(|&&byte| byte == b'=').count();
        let len = (token68.len() / 4 * 3).checked_sub(padding).ok_or(malformed)?;
        let mut buffer = Zeroizing::new(vec![0; len]);
        let written = Base64::decode(token68, &mut buffer).map_err(|_| malformed)?.len();
        buffer.truncate(written);
        let buffer = core::mem::take(&mut *buffer);
        if self.latin1 && core::str::from_utf8(&buffer).is_err() {
            return Credentials::from_user_pass(utf8_from_latin1(buffer));
        }
        Credentials::from_user_pass(buffer)
    }
}

fn utf8_from_latin1(mut latin1: Vec<u8>) -> Vec<u8> {
    let len = latin1.len() + latin1.iter().filter(|byte| !byte.is_ascii()).count();
    let mut utf8 = Vec::with_capacity(len);
    for &byte in &latin1 {
        utf8.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
    }
    latin1.zeroize();
    utf8
}

impl Scheme for Basic {
    fn name(&self) -> &str {
        "basic"
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        _: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed> {
        let (scheme, start, rest) = grammar::credentials(value)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(None);
        }
        let token68 = grammar::token68(start, rest)?;
        self.decode(start, token68).map(|credentials| Some(Claim::Password(credentials)))
    }

    fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
        // Another user's password would be needed, which a browser is not to be asked for.
        if asked.sent == Sent::InsufficientScope {
            return;
        }
        out.push_str("Basic ");
        push_quoted(out, "realm", asked.realm);
        out.push_str(", charset=\"UTF-8\"");
    }
}
