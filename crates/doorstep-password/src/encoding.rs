//! Numbers and base64 as stored strings write them, in their one canonical form.

pub(crate) mod blank;
#[cfg(any(feature = "des-crypt", feature = "digest", feature = "scrypt", feature = "yescrypt"))]
pub(crate) mod hash64;

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet::{self, Alphabet};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use crate::stored::{Malformed, MalformedKind, Refused};

/// Without padding, and with the unused bits of the last character zero: one string for each value.
const CANONICAL: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone)
    .with_decode_allow_trailing_bits(false);

/// RFC 4648 §4 without padding: the "B64" of PHC strings.
pub(crate) const B64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CANONICAL);

/// RFC 4648 §4 with its padding.
pub(crate) const PADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(false),
);

/// RFC 4648 §5, "URL and filename safe", with its padding.
pub(crate) const PADDED_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(false),
);

/// The order of des-crypt's characters, `./0-9A-Za-z`, as base64 that begins with the highest bits.
#[cfg(feature = "des-crypt")]
pub(crate) const CRYPT: GeneralPurpose = GeneralPurpose::new(&alphabet::CRYPT, CANONICAL);

/// passlib's "ab64": the same with `.` for `+`.
pub(crate) const AB64: GeneralPurpose = {
    match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./") {
        Ok(alphabet) => GeneralPurpose::new(&alphabet, CANONICAL),
        Err(_) => panic!("64 different characters"),
    }
};

/// bcrypt's own: `./A-Za-z0-9`.
pub(crate) const BCRYPT: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, CANONICAL);

/// A stored string that is read from left to right, so that each error knows where it is.
pub(crate) struct Cursor<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(stored: &'a str) -> Self {
        Self { rest: stored, at: 0 }
    }

    /// An error at the place where the cursor stands.
    pub(crate) fn error(&self, kind: MalformedKind) -> Malformed {
        Malformed { at: self.at, kind }
    }

    /// The byte at which the cursor stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Whether `literal` stands here; then it is passed.
    pub(crate) fn accept(&mut self, literal: &str) -> bool {
        match self.rest.strip_prefix(literal) {
            Some(rest) => {
                self.rest = rest;
                self.at += literal.len();
                true
            }
            None => false,
        }
    }

    pub(crate) fn expect(&mut self, literal: &str) -> Result<(), Malformed> {
        if self.accept(literal) { Ok(()) } else { Err(self.error(MalformedKind::Syntax)) }
    }

    /// All up to the next of `ends`, which is not passed, or to the end of the string.
    pub(crate) fn until(&mut self, ends: &[char]) -> &'a str {
        let len = self.rest.find(ends).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(len);
        self.rest = rest;
        self.at += len;
        field
    }

    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(MalformedKind::Trailing)) }
    }

    /// Whether what was just read has this length.
    #[cfg(any(feature = "nthash", feature = "pbkdf2", feature = "scrypt"))]
    pub(crate) fn expect_len(&self, bytes: &[u8], len: usize) -> Result<(), Malformed> {
        if bytes.len() == len { Ok(()) } else { Err(self.error(MalformedKind::Length)) }
    }

    /// A decimal number without sign, leading zero or anything else but digits.
    pub(crate) fn decimal(&mut self) -> Result<u32, Malformed> {
        let error = |kind| Malformed { at: self.at, kind };
        let len = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(len);
        if digits.is_empty() || (len > 1 && digits.starts_with('0')) {
            return Err(error(MalformedKind::Number));
        }
        let number = digits.parse().map_err(|_| error(MalformedKind::Range))?;
        self.rest = rest;
        self.at += len;
        Ok(number)
    }

    /// A field of base64 up to the next `$`. It is wiped: of the right password, a digest is the key.
    pub(crate) fn base64(
        &mut self,
        engine: &GeneralPurpose,
    ) -> Result<Zeroizing<Vec<u8>>, Malformed> {
        self.base64_up_to(engine, &['$'])
    }

    /// The same up to the next of `ends`.
    pub(crate) fn base64_up_to(
        &mut self,
        engine: &GeneralPurpose,
        ends: &[char],
    ) -> Result<Zeroizing<Vec<u8>>, Malformed> {
        let at = self.at;
        let field = self.until(ends);
        decode(engine, field).ok_or(Malformed { at, kind: MalformedKind::Base64 })
    }

    /// A salt that is used as it is written: up to the next of `ends`, and one character at least.
    pub(crate) fn text_salt(&mut self, ends: &[char]) -> Result<&'a [u8], Malformed> {
        let error = |kind| Malformed { at: self.at, kind };
        let (not_text, empty) = (error(MalformedKind::Syntax), error(MalformedKind::Length));
        let salt = self.until(ends).as_bytes();
        if !salt.iter().all(u8::is_ascii_graphic) {
            return Err(not_text);
        }
        if salt.is_empty() { Err(empty) } else { Ok(salt) }
    }

    /// A field of hexadecimal up to the next of `ends`. It is wiped, like base64.
    pub(crate) fn hex(
        &mut self,
        ends: &[char],
        case: Case,
    ) -> Result<Zeroizing<Vec<u8>>, Malformed> {
        let at = self.at;
        decode_hex(self.until(ends), case).ok_or(Malformed { at, kind: MalformedKind::Syntax })
    }

    /// Reads the rest as a string of its own, whose errors keep their place in this one.
    pub(crate) fn inner<T>(
        &self,
        parse: impl FnOnce(&'a str) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        parse(self.rest).map_err(|refused| match refused {
            Refused::Malformed(Malformed { at, kind }) => {
                Malformed { at: self.at + at, kind }.into()
            }
            other => other,
        })
    }

    /// The rest, whatever it holds.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }
}

/// Decodes into a buffer that is wiped, also if only its beginning is base64.
pub(crate) fn decode(
    engine: &GeneralPurpose,
    text: impl AsRef<[u8]>,
) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.as_ref();
    let mut bytes = Zeroizing::new(alloc::vec![0; base64::decoded_len_estimate(text.len())]);
    let len = engine.decode_slice(text, &mut bytes).ok()?;
    bytes.truncate(len);
    Some(bytes)
}

/// Which letters a field of hexadecimal has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
}

/// A number in lower-case hexadecimal without leading zeros; `None` if there is nothing.
#[cfg(any(feature = "p5k2", feature = "spring"))]
pub(crate) fn hexadecimal(text: &str, at: Malformed) -> Result<Option<u32>, Malformed> {
    if text.is_empty() {
        return Ok(None);
    }
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.starts_with('0') || !text.bytes().all(is_digit) {
        return Err(at);
    }
    let number = u32::from_str_radix(text, 16);
    Ok(Some(number.map_err(|_| Malformed { kind: MalformedKind::Range, ..at })?))
}

/// Decodes hexadecimal of one case, so that there is one string for each value.
pub(crate) fn decode_hex(text: &str, case: Case) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| match (byte, case) {
        (b'0'..=b'9', _) => Some(byte - b'0'),
        (b'a'..=b'f', Case::Lower) => Some(byte - b'a' + 10),
        (b'A'..=b'F', Case::Upper) => Some(byte - b'A' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    Some(bytes)
}

/// Appends `bytes` in base64.
pub(crate) fn push_base64(out: &mut String, engine: &GeneralPurpose, bytes: &[u8]) {
    engine.encode_string(bytes, out);
}
