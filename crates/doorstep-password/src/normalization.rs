//! One spelling of a password for the many that look alike. Changes no stored hash.
//!
//! OpaqueString is RFC 8265 §4.2's, with two deviations, both of which let through what it refuses; what
//! it accepts is prepared to the same bytes. Code points that Unicode has not assigned are accepted
//! (RFC 8264 §9.5 has them refused), since no table here would know tomorrow's. So are those that
//! RFC 8264 §9.6 allows in some places only, such as the joiners within emoji.

use unicode_normalization::UnicodeNormalization;

use crate::format::CannotHash;
use crate::secret::Secret;
use crate::unicode::{Range, encoded, is_in};

/// How [`Hashers::normalize`](crate::Hashers::normalize) spells passwords.
///
/// One that is not UTF-8 has no other spelling than its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Normalization {
    /// Unicode's normalisation form C (UAX 15), and nothing else: it refuses no password.
    Nfc,
    /// RFC 8265's profile for passwords: spaces beyond ASCII become U+0020, then NFC. No hash is made
    /// of an empty password, nor of one with control characters or with others that are not to be
    /// seen; verifying takes them as they are.
    OpaqueString,
}

impl Normalization {
    /// The other spelling of `password`, if it has one.
    pub(crate) fn apply(self, password: &[u8]) -> Option<Secret> {
        // Nothing in ASCII is composed, and no space of it is another.
        if password.is_ascii() {
            return None;
        }
        let text = core::str::from_utf8(password).ok()?;
        let normalized = match self {
            Normalization::Nfc => encoded(|| text.nfc()),
            Normalization::OpaqueString => {
                if text.chars().any(|character| is_in(DISALLOWED, character)) {
                    return None;
                }
                let spaced = |character| if is_in(SPACES, character) { ' ' } else { character };
                encoded(|| text.chars().map(spaced).nfc())
            }
        };
        (normalized.expose() != password).then_some(normalized)
    }

    /// Whether a new hash may be made of `password`.
    pub(crate) fn can_hash(self, password: &[u8]) -> Result<(), CannotHash> {
        let is_allowed = match self {
            Normalization::Nfc => true,
            Normalization::OpaqueString => core::str::from_utf8(password).is_ok_and(|text| {
                !text.is_empty() && !text.chars().any(|character| is_in(DISALLOWED, character))
            }),
        };
        if is_allowed { Ok(()) } else { Err(CannotHash::NotOpaqueString) }
    }
}

/// Unicode's general category Zs, but for U+0020.
const SPACES: &[Range] = &[
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
];

/// What FreeformClass disallows (RFC 8264 §4.3.3) of what Unicode 6.3 had assigned.
#[rustfmt::skip]
const DISALLOWED: &[Range] = &[
    (0x0, 0x1f), (0x7f, 0x9f), (0xad, 0xad), (0x34f, 0x34f), (0x600, 0x604), (0x61c, 0x61c),
    (0x640, 0x640), (0x6dd, 0x6dd), (0x70f, 0x70f), (0x7fa, 0x7fa), (0x1100, 0x11ff),
    (0x17b4, 0x17b5), (0x180b, 0x180e), (0x200b, 0x200b), (0x200e, 0x200f), (0x2028, 0x202e),
    (0x2060, 0x2064), (0x2066, 0x206f), (0x302e, 0x302f), (0x3031, 0x3035), (0x303b, 0x303b),
    (0x3164, 0x3164), (0xa960, 0xa97c), (0xd7b0, 0xd7c6), (0xd7cb, 0xd7fb), (0xe000, 0xf8ff),
    (0xfdd0, 0xfdef), (0xfe00, 0xfe0f), (0xfeff, 0xfeff), (0xffa0, 0xffa0), (0xfff9, 0xfffb),
    (0xfffe, 0xffff), (0x110bd, 0x110bd), (0x1d173, 0x1d17a), (0x1fffe, 0x1ffff),
    (0x2fffe, 0x2ffff), (0x3fffe, 0x3ffff), (0x4fffe, 0x4ffff), (0x5fffe, 0x5ffff),
    (0x6fffe, 0x6ffff), (0x7fffe, 0x7ffff), (0x8fffe, 0x8ffff), (0x9fffe, 0x9ffff),
    (0xafffe, 0xaffff), (0xbfffe, 0xbffff), (0xcfffe, 0xcffff), (0xdfffe, 0xdffff),
    (0xe0001, 0xe0001), (0xe0020, 0xe007f), (0xe0100, 0xe01ef), (0xefffe, 0x10ffff),
];
