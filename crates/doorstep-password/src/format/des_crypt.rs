//! des-crypt, 13 characters since the seventh edition of Unix, and bsdi-crypt, `_` and 19 characters.
//!
//! Both are bare: two characters of salt and eleven of digest; or four of count, four of salt and
//! eleven of digest. All are of `./0-9A-Za-z`, the numbers with their lowest bits first, the digest
//! with its highest first and two bits unused, which are zero.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{self, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::des_crypt::DesCryptParams;
use crate::work::{Algorithm, Derivation};

/// Reads crypt(3)'s 13 characters. Of a password, eight characters of seven bits count.
///
/// It claims whatever is 13 characters of its alphabet, so that it belongs behind the formats that
/// have a prefix. It is guessed in hours: have those who log in choose a new password.
///
/// ```
/// use doorstep_password::{Bcrypt, DesCrypt, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(DesCrypt);
/// // From Apache's documentation of its password formats.
/// let stored = "rqXexS6ZhobKA";
/// assert_eq!(hashers.verify(Secret::from("myPassword"), stored)?.run()?, Verdict::Outdated);
/// // What follows the eighth character does not count.
/// assert_eq!(hashers.verify(Secret::from("myPasswort"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DesCrypt;

/// Reads BSDi's `_`, with 24 bits of salt, a count, and passwords of any length.
///
/// ```
/// use doorstep_password::{Bcrypt, BsdiCrypt, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(BsdiCrypt);
/// // From crypt_blowfish's tests.
/// let stored = "_J9..CCCCXBrJUJV154M";
/// assert_eq!(hashers.inspect(stored)?.parameters()[0].value, "725");
/// assert_eq!(hashers.verify(Secret::from("U*U*U*U*"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BsdiCrypt;

const DIGEST_CHARS: usize = 11;

impl Format for DesCrypt {
    fn claims(&self, stored: &str) -> bool {
        stored.len() == 2 + DIGEST_CHARS && hash64::is_hash64(stored)
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        if stored.len() != 2 + DIGEST_CHARS {
            return Err(Malformed { at: 0, kind: MalformedKind::Length }.into());
        }
        let salt = number(stored, 0, 2)?;
        read("des_crypt", DesCryptParams::traditional(salt), stored, 2)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::tail(stored, DIGEST_CHARS, blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }
}

impl Format for BsdiCrypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with('_')
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        if !stored.starts_with('_') {
            return Err(Malformed { at: 0, kind: MalformedKind::Syntax }.into());
        }
        if stored.len() != 9 + DIGEST_CHARS {
            return Err(Malformed { at: 1, kind: MalformedKind::Length }.into());
        }
        let count = number(stored, 1, 4)?;
        if count == 0 {
            return Err(Malformed { at: 1, kind: MalformedKind::Range }.into());
        }
        let salt = number(stored, 5, 4)?;
        read("bsdi_crypt", DesCryptParams::bsdi(salt, count), stored, 9)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::tail(stored, DIGEST_CHARS, blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        !password.contains(&0)
    }
}

/// A number of `len` characters at `at`.
fn number(stored: &str, at: usize, len: usize) -> Result<u32, Malformed> {
    let characters = stored.get(at..at + len).and_then(hash64::number);
    characters.ok_or(Malformed { at, kind: MalformedKind::Syntax })
}

/// The digest at `at`, of which the length is known.
fn read(
    name: &'static str,
    params: DesCryptParams,
    stored: &str,
    at: usize,
) -> Result<StoredHash, Refused> {
    let digest = encoding::decode(&encoding::CRYPT, &stored.as_bytes()[at..]);
    let digest = digest.ok_or(Malformed { at, kind: MalformedKind::Base64 })?;
    // The salt is a number among the parameters; its characters are for whoever compares salts.
    let salt = &stored.as_bytes()[if at == 2 { 0..2 } else { 5..9 }];
    let derivation = Derivation::new(Algorithm::Other(Arc::new(params)), salt);
    Ok(StoredHash::new(name, derivation, &digest))
}
