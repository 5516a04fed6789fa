//! SASLprep (RFC 4013), the profile of stringprep (RFC 3454) that SCRAM compares passwords by.
//!
//! Unassigned code points are prohibited, as for stored strings (RFC 4013 §2.5). Written here since
//! the crate `stringprep` wants `std` and leaves copies behind.

mod tables;

use unicode_normalization::UnicodeNormalization;

use self::tables::{L, MAPPED_TO_NOTHING, PROHIBITED, R_AND_AL, SPACES};
use crate::secret::Secret;
use crate::unicode::{encoded, is_in};

/// The prepared password; `None` if it is not UTF-8 or holds what RFC 4013 prohibits.
pub(crate) fn saslprep(password: &[u8]) -> Option<Secret> {
    let text = core::str::from_utf8(password).ok()?;
    // Made anew each time, so that it needs no buffer that grows.
    let prepared = || {
        let mapped = text.chars().filter(|&character| !is_in(MAPPED_TO_NOTHING, character));
        mapped.map(|character| if is_in(SPACES, character) { ' ' } else { character }).nfkc()
    };
    if prepared().any(|character| is_in(PROHIBITED, character)) {
        return None;
    }
    // RFC 3454 §6.
    let is_rtl = |character: char| is_in(R_AND_AL, character);
    if prepared().any(is_rtl)
        && (prepared().any(|character| is_in(L, character))
            || !prepared().next().is_some_and(is_rtl)
            || !prepared().last().is_some_and(is_rtl))
    {
        return None;
    }
    Some(encoded(prepared))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(password: &str) -> Option<alloc::string::String> {
        let secret = saslprep(password.as_bytes())?;
        Some(core::str::from_utf8(secret.expose()).expect("UTF-8 stays UTF-8").into())
    }

    /// RFC 4013 §3, all of its examples.
    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(prepared("I\u{ad}X").as_deref(), Some("IX"));
        assert_eq!(prepared("user").as_deref(), Some("user"));
        assert_eq!(prepared("USER").as_deref(), Some("USER"));
        assert_eq!(prepared("\u{aa}").as_deref(), Some("a"));
        assert_eq!(prepared("\u{2168}").as_deref(), Some("IX"));
        assert_eq!(prepared("\u{7}"), None);
        assert_eq!(prepared("\u{627}\u{31}"), None);
    }

    /// RFC 4013 §2.1, §2.3, §2.4 and §2.5.
    #[test]
    fn what_is_mapped_and_what_is_prohibited() {
        assert_eq!(prepared("a\u{a0}\u{3000}b").as_deref(), Some("a  b"));
        assert_eq!(prepared("").as_deref(), Some(""));
        assert_eq!(prepared("\u{627}\u{628}").as_deref(), Some("\u{627}\u{628}"));
        assert_eq!(prepared("\u{627}a\u{628}"), None);
        // Private use, tagging, a character that came after Unicode 3.2.
        for prohibited in ["\u{e000}", "\u{e0001}", "😀", "\u{85}", "\u{fffd}"] {
            assert_eq!(prepared(prohibited), None, "{prohibited:?}");
        }
        assert!(saslprep(b"\xff").is_none());
    }

    #[test]
    fn tables_are_in_order() {
        for table in [L, MAPPED_TO_NOTHING, PROHIBITED, R_AND_AL, SPACES] {
            assert!(table.iter().all(|(first, last)| first <= last));
            assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
