//! A stored string with a digest of zeros: the same field, with every character the alphabet's zero.
//!
//! Each takes a string that its format has read, so that the places are there. Nothing of the digest
//! is copied but into what is wiped.

use alloc::string::String;
use core::ops::Range;

use base64::engine::GeneralPurpose;

use super::{decode, push_base64};

/// Base64's zero, but in bcrypt's and crypt(3)'s alphabets.
pub(crate) const BASE64: char = 'A';
/// bcrypt's and crypt(3)'s.
pub(crate) const CRYPT: char = '.';
/// Hexadecimal's.
pub(crate) const HEX: char = '0';

/// All behind the last `separator`.
pub(crate) fn field(stored: &str, separator: char, zero: char) -> Option<String> {
    from(stored, stored.rfind(separator)? + separator.len_utf8(), zero)
}

/// The last so many characters, which are ASCII.
pub(crate) fn tail(stored: &str, len: usize, zero: char) -> Option<String> {
    from(stored, stored.len().checked_sub(len)?, zero)
}

/// All from byte `at`.
pub(crate) fn from(stored: &str, at: usize, zero: char) -> Option<String> {
    within(stored, at..stored.len(), zero)
}

/// A range of bytes. Padding stays, and so does the colon between two digests.
pub(crate) fn within(stored: &str, digest: Range<usize>, zero: char) -> Option<String> {
    let (before, after) = (stored.get(..digest.start)?, stored.get(digest.end..)?);
    let zeros = |kept: char| if matches!(kept, '=' | ':') { kept } else { zero };
    Some(
        before.chars().chain(stored.get(digest)?.chars().map(zeros)).chain(after.chars()).collect(),
    )
}

/// The bytes of a digest among others that share its base64, which begins at byte `at`. `digest` is
/// told how many bytes there are.
pub(crate) fn blob(
    stored: &str,
    at: usize,
    engine: &GeneralPurpose,
    digest: impl FnOnce(usize) -> Range<usize>,
) -> Option<String> {
    let (prefix, text) = stored.split_at_checked(at)?;
    let mut bytes = decode(engine, text)?;
    let digest = digest(bytes.len());
    bytes.get_mut(digest)?.fill(0);
    let mut blank = String::from(prefix);
    push_base64(&mut blank, engine, &bytes);
    Some(blank)
}

/// A string within a string, behind its first `at` bytes.
pub(crate) fn inner(
    stored: &str,
    at: usize,
    blank: impl FnOnce(&str) -> Option<String>,
) -> Option<String> {
    let (prefix, rest) = stored.split_at_checked(at)?;
    Some(String::from(prefix) + &blank(rest)?)
}
