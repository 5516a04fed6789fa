//! Field lines are read as a second reader reads them, which is slow and naive and follows the RFCs'
//! words: RFC 9110 §11.4, RFC 7617 §2, RFC 6750 §2.1.
//!
//! The input is up to three field lines, one a line. Those without a name are `Authorization`.

#![no_main]

use std::sync::LazyLock;

use doorstep::password::{Argon2, Hashers};
use doorstep::{
    ApiKey, Authenticator, Basic, Bearer, Cause, Claim, Outcome, Scheme, Step, TokenDigest,
};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, PartialEq)]
enum Read {
    Nothing,
    Basic { username: Vec<u8>, password: Vec<u8> },
    Token { scheme: &'static str, token: Vec<u8> },
    Malformed,
    Duplicate,
    Ambiguous,
    TooLong,
}

static AUTH: LazyLock<Authenticator> = LazyLock::new(|| {
    Authenticator::builder("fuzz", Hashers::new(Argon2::default()))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .scheme(Bearer::named("Token"))
        .scheme(ApiKey::in_field("x-api-key"))
        .build()
        .expect("a configuration without mistakes")
});

fuzz_target!(|input: &[u8]| {
    let fields: Vec<(&str, &[u8])> = input
        .split(|&byte| byte == b'\n')
        .take(3)
        .map(|line| match line.strip_prefix(b"X-Api-Key: ") {
            Some(key) => ("X-Api-Key", key),
            None => ("Authorization", line.strip_prefix(b"Authorization: ").unwrap_or(line)),
        })
        .collect();
    assert_eq!(read(&fields), naive(&fields), "{fields:?}");
});

fn read(fields: &[(&str, &[u8])]) -> Read {
    match AUTH.begin::<()>(fields.iter().copied()) {
        Step::FindUser(ask) => {
            // The step shows no password, so the scheme is asked for it.
            let value = fields.iter().find(|(name, _)| *name == "Authorization").expect("Basic").1;
            let Ok(Some(Claim::Password(credentials))) = Basic::new().read(value, None) else {
                panic!("only Basic asks for users")
            };
            assert_eq!((ask.scheme(), ask.username()), ("basic", credentials.username()));
            let (username, password) = (credentials.username(), credentials.password());
            Read::Basic { username: username.into(), password: password.into() }
        }
        Step::FindToken(ask) => {
            let field = if ask.scheme() == "apikey" { "X-Api-Key" } else { "Authorization" };
            let value = fields.iter().find(|(name, _)| *name == field).expect("a token").1;
            let at = value.iter().rposition(|&byte| byte == b' ').map_or(0, |at| at + 1);
            assert_eq!(ask.digest(), &TokenDigest::of(&value[at..]));
            let schemes = ["bearer", "token", "apikey"];
            let scheme = schemes.into_iter().find(|&name| name == ask.scheme()).expect("a scheme");
            Read::Token { scheme, token: value[at..].into() }
        }
        Step::Done(Outcome::Anonymous(_)) => Read::Nothing,
        Step::Done(Outcome::Denied(denied)) => match denied.cause() {
            Cause::Malformed(malformed) => {
                let longest = fields.iter().map(|(_, value)| value.len()).max();
                assert!(Some(malformed.at) <= longest, "{malformed:?} is not in the value");
                Read::Malformed
            }
            Cause::Duplicate => Read::Duplicate,
            Cause::Ambiguous => Read::Ambiguous,
            Cause::TooLong => Read::TooLong,
            cause => panic!("{cause:?} before any lookup"),
        },
        step => panic!("{step:?} before any lookup"),
    }
}

fn naive(fields: &[(&str, &[u8])]) -> Read {
    for (at, (name, value)) in fields.iter().enumerate() {
        if fields[..at].iter().any(|(earlier, _)| earlier == name) {
            return Read::Duplicate;
        }
        if value.len() > 8192 {
            return Read::TooLong;
        }
    }
    let reads = fields.iter().map(|(name, value)| match *name {
        "Authorization" => naive_authorization(value),
        _ => naive_key(value),
    });
    let mut reads: Vec<Read> = reads.filter(|read| *read != Read::Nothing).collect();
    match reads.len() {
        0 => Read::Nothing,
        1 => reads.remove(0),
        _ => Read::Ambiguous,
    }
}

fn naive_key(value: &[u8]) -> Read {
    if value.is_empty() || value.iter().any(|byte| !(0x21..=0x7e).contains(byte)) {
        return Read::Malformed;
    }
    Read::Token { scheme: "apikey", token: value.into() }
}

fn naive_authorization(value: &[u8]) -> Read {
    // A character for each byte: those beyond ASCII are allowed in nothing that is looked at.
    let text: String = value.iter().map(|&byte| char::from(byte)).collect();
    let (scheme, rest) = match text.find(' ') {
        Some(at) => (&text[..at], text[at..].trim_start_matches(' ')),
        None => (&text[..], ""),
    };
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if scheme.is_empty() || !scheme.chars().all(is_tchar) {
        return Read::Malformed;
    }
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "basic" => "basic",
        "bearer" => "bearer",
        "token" => "token",
        _ => return Read::Nothing,
    };
    let is_token68 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let body = rest.trim_end_matches('=');
    if body.is_empty() || !body.chars().all(is_token68) {
        return Read::Malformed;
    }
    if scheme != "basic" {
        return Read::Token { scheme, token: rest.into() };
    }
    naive_basic(rest).unwrap_or(Read::Malformed)
}

fn naive_basic(token68: &str) -> Option<Read> {
    let text = String::from_utf8(naive_base64(token68)?).ok()?;
    // RFC 5234: CTL = %x00-1F / %x7F
    if text.chars().any(|c| c < ' ' || c == '\u{7f}') {
        return None;
    }
    let (username, password) = text.split_once(':')?;
    if username.len() > 1024 || password.len() > 4096 {
        return Some(Read::TooLong);
    }
    Some(Read::Basic { username: username.into(), password: password.into() })
}

/// RFC 4648 §4, bit by bit: full groups, the right padding, and no bit that is left over set.
fn naive_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for digit in digits.bytes() {
        let alphabet = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*b"+/");
        let value = alphabet.into_iter().position(|known| known == digit)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let (bytes, rest) = bits.split_at(bits.len() / 8 * 8);
    if rest.contains(&true) {
        return None;
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
    Some(bytes.chunks(8).map(byte).collect())
}
