//! phpass' portable hashes, `$P$` as WordPress and `$H$` as phpBB has them, and Drupal 7's `$S$`,
//! which is the same with SHA-512 (openwall's phpass 0.5, `PasswordHash.php`; Drupal 7,
//! `includes/password.inc`).
//!
//! One character says the binary logarithm of the rounds, eight are the salt, and the rest is the
//! digest: 22 characters of MD5's, or as many as stand in 55 characters in all, which are 258 bits.

use alloc::string::String;
use alloc::sync::Arc;
use core::ops::RangeInclusive;

use super::Format;
use crate::encoding::{Cursor, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::digest::{Again, Digested, Function, Order};
use crate::work::{Algorithm, Derivation};

/// Reads phpass' `$P$` and `$H$`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Phpass, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Phpass);
/// // From passlib's tests.
/// let stored = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0";
/// assert_eq!(hashers.inspect(stored)?.parameters()[0].value, "2048");
/// assert_eq!(hashers.verify(Secret::from("test12345"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phpass;

/// Reads Drupal 7's `$S$`. What an update of Drupal has made of MD5s, `U$S$`, is not read.
///
/// ```
/// use doorstep_password::{Bcrypt, Drupal7, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Drupal7);
/// // From hashcat's module 7900.
/// let stored = "$S$C20340258nzjDWpoQthrdNTR02f0pmev0K/5/Nx80WSkOQcPEQRh";
/// assert_eq!(hashers.verify(Secret::from("hashcat"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drupal7;

impl Phpass {
    /// The binary logarithm of the rounds: phpass takes no others, and says so by a hash that is none.
    const COUNTS: RangeInclusive<u8> = 7..=30;
}

impl Drupal7 {
    /// The binary logarithm of the rounds. Drupal 7 wrote 15, and its code takes from 7 (`5`) to 30; a
    /// hash of 2^8 or fewer rounds is none of a site's, and the vectors have it refused.
    const COUNTS: RangeInclusive<u8> = 9..=30;
}

const SALT_LEN: usize = 8;
/// Behind the prefix, which is of three characters, the count and the salt.
const DIGEST_AT: usize = 3 + 1 + SALT_LEN;

/// Reads what both have: rounds, salt and digest.
fn parse(
    name: &'static str,
    stored: &str,
    (prefixes, counts): (&[&str], RangeInclusive<u8>),
    function: Function,
    bits: usize,
) -> Result<StoredHash, Refused> {
    let mut cursor = Cursor::new(stored);
    if !prefixes.iter().any(|prefix| cursor.accept(prefix)) {
        return Err(cursor.error(MalformedKind::Syntax).into());
    }
    let at = cursor.at();
    let setting = cursor.rest().as_bytes();
    let log2 = setting.first().and_then(|&character| hash64::value(character));
    let log2 = log2.ok_or(Malformed { at, kind: MalformedKind::Syntax })?;
    if !counts.contains(&log2) {
        return Err(Malformed { at, kind: MalformedKind::Range }.into());
    }
    let (salt_at, digest_at) = (at + 1, at + 1 + SALT_LEN);
    let salt = stored.get(salt_at..digest_at);
    let salt = salt.ok_or(Malformed { at: salt_at, kind: MalformedKind::Length })?;
    if !hash64::is_hash64(salt) {
        return Err(Malformed { at: salt_at, kind: MalformedKind::Syntax }.into());
    }
    let digest = hash64::decode_bits(&stored[digest_at..], bits)
        .map_err(|kind| Malformed { at: digest_at, kind })?;
    let digested = Digested::once(function, Order::SaltPassword)
        .then(Again::DigestPassword, 1 << log2)
        .cut(bits);
    let derivation = Derivation::new(Algorithm::Other(Arc::new(digested)), salt.as_bytes());
    Ok(StoredHash::new(name, derivation, &digest))
}

impl Format for Phpass {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$P$") || stored.starts_with("$H$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        parse("phpass", stored, (&["$P$", "$H$"], Self::COUNTS), Function::Md5, 128)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::from(stored, DIGEST_AT, blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        !password.contains(&0)
    }
}

impl Format for Drupal7 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$S$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        parse("drupal7", stored, (&["$S$"], Self::COUNTS), Function::Sha512, 258)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::from(stored, DIGEST_AT, blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        !password.contains(&0)
    }
}
