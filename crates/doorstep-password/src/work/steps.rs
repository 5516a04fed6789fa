//! What is done to a password before an algorithm takes it, and to the key after it.
//!
//! Each step is short beside any algorithm, so that it is done whole: those before with the first
//! piece of work, those after with the last.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::derivation::Derivation;
use super::hash::HashFunction;
#[cfg(feature = "scram")]
use super::saslprep::saslprep;
use crate::secret::Secret;

/// One thing that is done to a password before its algorithm takes it.
///
/// `Debug` shows no key of an HMAC, since that can be the salt, or a secret of the host's.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordStep {
    /// Cuts space, tab, LF, CR, NUL and vertical tab at both ends, as PHP's `trim` does.
    Trim,
    /// From UTF-8 to UTF-16, little-endian. A password that is not UTF-8 never verifies.
    Utf16Le,
    /// SASLprep (RFC 4013). A password that it prohibits never verifies.
    #[cfg(feature = "scram")]
    SaslPrep,
    /// SASLprep, and what it prohibits or makes empty as it is, as PostgreSQL has it.
    #[cfg(feature = "scram")]
    SaslPrepOrAsIs,
    /// The digest, in its bytes.
    Digest(HashFunction),
    /// HMAC (RFC 2104) with this key, in its bytes.
    Hmac(HashFunction, Arc<Secret>),
    /// Itself, and these bytes behind it: a pepper as Devise has it. An algorithm that cuts may cut them.
    Append(Arc<Secret>),
    /// In lower-case hexadecimal.
    Hex,
    /// In base64 with padding (RFC 4648 §4).
    Base64,
}

/// One thing that is done to a key after its algorithm has derived it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyStep {
    /// SCRAM's `StoredKey` and then its `ServerKey`, of the key as `SaltedPassword` (RFC 5802 §3).
    ScramKeys(HashFunction),
    /// This secret in AES-256's counter mode (NIST SP 800-38A §6.5) under the key's first 32 bytes,
    /// from a counter of zero.
    #[cfg(feature = "firebase-scrypt")]
    Aes256Ctr(Arc<Secret>),
    /// In base64 with padding (RFC 4648 §4).
    Base64,
}

/// The steps of one derivation, each kind in its order.
#[derive(Clone, Default)]
pub(crate) struct Steps {
    pub(crate) before: Vec<PasswordStep>,
    pub(crate) after: Vec<KeyStep>,
    /// The derivation whose key comes first, instead of the password, and that key's length.
    pub(crate) wrapped: Option<(Derivation, usize)>,
}

impl Steps {
    /// The units of all steps, and the length of what the algorithm gets.
    pub(crate) fn price(&self, password_len: usize) -> (u64, usize) {
        let (mut nanoseconds, mut len) = (0, password_len);
        for step in &self.before {
            let (more, next) = step.price(len);
            nanoseconds += more;
            len = next;
        }
        nanoseconds += self.after.iter().map(KeyStep::nanoseconds).sum::<u64>();
        (nanoseconds.div_ceil(1000), len)
    }

    /// Whether each step has a meaning for `password`. Only the first sees it as it was typed.
    pub(crate) fn takes(&self, password: &[u8]) -> bool {
        match self.before.first() {
            Some(PasswordStep::Utf16Le) => core::str::from_utf8(password).is_ok(),
            #[cfg(feature = "scram")]
            Some(PasswordStep::SaslPrep) => saslprep(password).is_some(),
            _ => true,
        }
    }

    /// What the algorithm gets, if that is not the password itself.
    pub(crate) fn prepare(&self, password: &[u8]) -> Option<Secret> {
        let (first, others) = self.before.split_first()?;
        Some(others.iter().fold(first.apply(password), |bytes, step| step.apply(bytes.expose())))
    }

    pub(crate) fn conclude(&self, key: Secret) -> Secret {
        self.after.iter().fold(key, |key, step| step.apply(key.expose()))
    }
}

impl PasswordStep {
    /// The nanoseconds it takes, and the length that it makes of `len`, at most.
    fn price(&self, len: usize) -> (u64, usize) {
        match self {
            PasswordStep::Trim => (0, len),
            PasswordStep::Utf16Le => (2 * len as u64, 2 * len),
            // NFKC makes up to 18 code points of one (Unicode TR 15).
            #[cfg(feature = "scram")]
            PasswordStep::SaslPrep | PasswordStep::SaslPrepOrAsIs => (100 * len as u64, 11 * len),
            PasswordStep::Digest(hash) => (hash.nanoseconds(len), hash.output_len()),
            PasswordStep::Hmac(hash, _) => (hash.hmac_nanoseconds(len), hash.output_len()),
            PasswordStep::Append(bytes) => (0, len + bytes.len()),
            PasswordStep::Hex => (2 * len as u64, 2 * len),
            PasswordStep::Base64 => (2 * len as u64, len.div_ceil(3) * 4),
        }
    }

    fn apply(&self, bytes: &[u8]) -> Secret {
        match self {
            PasswordStep::Trim => Secret::new(trim(bytes)),
            PasswordStep::Utf16Le => utf16_le(bytes),
            #[cfg(feature = "scram")]
            PasswordStep::SaslPrep => saslprep(bytes).unwrap_or_else(|| Secret::new(bytes)),
            #[cfg(feature = "scram")]
            PasswordStep::SaslPrepOrAsIs => saslprep(bytes)
                .filter(|prepared| !prepared.is_empty())
                .unwrap_or_else(|| Secret::new(bytes)),
            PasswordStep::Digest(hash) => hash.digest(bytes),
            PasswordStep::Hmac(hash, key) => hash.hmac(key.expose(), bytes),
            PasswordStep::Append(more) => Secret::from([bytes, more.expose()].concat()),
            PasswordStep::Hex => hex(bytes),
            PasswordStep::Base64 => base64(bytes),
        }
    }
}

impl fmt::Debug for PasswordStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PasswordStep::Trim => f.write_str("Trim"),
            PasswordStep::Utf16Le => f.write_str("Utf16Le"),
            #[cfg(feature = "scram")]
            PasswordStep::SaslPrep => f.write_str("SaslPrep"),
            #[cfg(feature = "scram")]
            PasswordStep::SaslPrepOrAsIs => f.write_str("SaslPrepOrAsIs"),
            PasswordStep::Digest(hash) => f.debug_tuple("Digest").field(hash).finish(),
            PasswordStep::Hmac(hash, _) => {
                f.debug_tuple("Hmac").field(hash).finish_non_exhaustive()
            }
            PasswordStep::Append(_) => f.debug_tuple("Append").finish_non_exhaustive(),
            PasswordStep::Hex => f.write_str("Hex"),
            PasswordStep::Base64 => f.write_str("Base64"),
        }
    }
}

impl KeyStep {
    fn nanoseconds(&self) -> u64 {
        match self {
            KeyStep::ScramKeys(hash) => {
                2 * hash.hmac_nanoseconds(hash.output_len()) + hash.nanoseconds(hash.output_len())
            }
            #[cfg(feature = "firebase-scrypt")]
            KeyStep::Aes256Ctr(secret) => 500 + 2 * secret.len() as u64,
            // Twice the longest key's length.
            KeyStep::Base64 => 128,
        }
    }

    pub(crate) fn apply(&self, key: &[u8]) -> Secret {
        match self {
            KeyStep::ScramKeys(hash) => {
                let client_key = hash.hmac(key, b"Client Key");
                let stored_key = hash.digest(client_key.expose());
                let server_key = hash.hmac(key, b"Server Key");
                let mut both = Vec::with_capacity(2 * hash.output_len());
                both.extend_from_slice(stored_key.expose());
                both.extend_from_slice(server_key.expose());
                Secret::from(both)
            }
            #[cfg(feature = "firebase-scrypt")]
            KeyStep::Aes256Ctr(secret) => aes256_ctr(key, secret.expose()),
            KeyStep::Base64 => base64(key),
        }
    }
}

#[cfg(feature = "firebase-scrypt")]
fn aes256_ctr(key: &[u8], plain: &[u8]) -> Secret {
    use ctr::cipher::{KeyIvInit, StreamCipher};

    // An algorithm that ended without a key has none for this, and no bytes match no digest.
    let Some(key) = key.first_chunk::<32>() else { return Secret::new(&[]) };
    let mut bytes = Vec::from(plain);
    ctr::Ctr128BE::<aes::Aes256>::new(key.into(), &[0; 16].into()).apply_keystream(&mut bytes);
    Secret::from(bytes)
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    const CUT: &[u8] = b" \t\n\r\0\x0b";
    while let [first, rest @ ..] = bytes
        && CUT.contains(first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && CUT.contains(last)
    {
        bytes = rest;
    }
    bytes
}

fn utf16_le(bytes: &[u8]) -> Secret {
    let Ok(text) = core::str::from_utf8(bytes) else { return Secret::new(bytes) };
    let mut wide = Vec::with_capacity(2 * bytes.len());
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    Secret::from(wide)
}

fn hex(bytes: &[u8]) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    Secret::from(text)
}

fn base64(bytes: &[u8]) -> Secret {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    let len = STANDARD.encode_slice(bytes, &mut text).unwrap_or_default();
    text.truncate(len);
    Secret::from(text)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn apply(step: PasswordStep, password: &[u8]) -> Vec<u8> {
        step.apply(password).expose().to_vec()
    }

    #[test]
    fn trim_cuts_what_php_cuts() {
        assert_eq!(apply(PasswordStep::Trim, b" \t\n\r\0\x0b a b\xff \x0b"), b"a b\xff");
        assert_eq!(apply(PasswordStep::Trim, b" \0 "), b"");
        assert_eq!(apply(PasswordStep::Trim, b"\x0ca\xc2\xa0"), b"\x0ca\xc2\xa0");
    }

    #[test]
    fn utf16_has_surrogates_and_leaves_other_bytes() {
        assert_eq!(apply(PasswordStep::Utf16Le, "aé😀".as_bytes()), b"a\0\xe9\0\x3d\xd8\x00\xde");
        assert_eq!(apply(PasswordStep::Utf16Le, b"a\xff"), b"a\xff");
    }

    #[test]
    fn what_is_appended_is_not_shown() {
        let step = PasswordStep::Append(Arc::new(Secret::from("pepper")));
        assert_eq!(apply(step.clone(), b"password"), b"passwordpepper");
        assert_eq!(format!("{step:?}"), "Append(..)");
    }

    /// RFC 4648 §10, and FIPS 180-4's "abc".
    #[test]
    fn texts_and_digests() {
        assert_eq!(apply(PasswordStep::Base64, b"foob"), b"Zm9vYg==");
        assert_eq!(apply(PasswordStep::Hex, b"\x00\xfe"), b"00fe");
        let steps = Steps {
            before: vec![PasswordStep::Digest(HashFunction::Sha256), PasswordStep::Hex],
            ..Steps::default()
        };
        assert_eq!(
            steps.prepare(b"abc").map(|secret| secret.expose().to_vec()),
            Some(b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_vec())
        );
        assert!(Steps::default().prepare(b"abc").is_none());
    }

    /// RFC 4231 §4.3.
    #[test]
    fn hmac_is_the_rfcs() {
        let step =
            PasswordStep::Hmac(HashFunction::Sha256, Arc::new(Secret::from(b"Jefe".as_slice())));
        let tag = apply(step.clone(), b"what do ya want for nothing?");
        let expected = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&tag).expose(), expected);
        // The key can be a salt.
        assert_eq!(format!("{step:?}"), "Hmac(Sha256, ..)");
    }

    /// `openssl enc -aes-256-ctr` with this key, a counter of zero, and 40 zeros to encrypt: NIST's own
    /// vectors (SP 800-38A §F.5.5) count from another block.
    #[cfg(feature = "firebase-scrypt")]
    #[test]
    fn aes_in_counter_mode() {
        let key: Vec<u8> = (0..32).collect();
        let step = KeyStep::Aes256Ctr(Arc::new(Secret::new(&[0; 40])));
        let stream = step.apply(&key).expose().to_vec();
        let expected = b"f29000b62a499fd0a9f39a6add2e7780f05d76ae4ab99fe5a6f69b3148c2363d\
                         0ebcb5deb52c83bd";
        assert_eq!(hex(&stream).expose(), expected);
        assert!(step.apply(&key[..31]).is_empty());
        assert!(!format!("{step:?}").contains('0'));
    }

    /// The price of what comes after is that of the length.
    #[test]
    fn a_step_never_makes_more_than_it_says() {
        for step in [
            PasswordStep::Trim,
            PasswordStep::Utf16Le,
            PasswordStep::Digest(HashFunction::Sha384),
            PasswordStep::Append(Arc::new(Secret::new(&[7; 128]))),
            PasswordStep::Hmac(HashFunction::Sha512, Arc::new(Secret::new(&[7; 200]))),
            PasswordStep::Hex,
            PasswordStep::Base64,
        ] {
            for len in [0, 1, 55, 56, 64, 111, 112, 128, 300] {
                let password = vec![b'a'; len];
                assert!(step.apply(&password).len() <= step.price(len).1, "{step:?} {len}");
            }
        }
    }
}
