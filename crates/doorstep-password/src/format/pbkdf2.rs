//! PBKDF2 in passlib's strings, `$pbkdf2-sha256$29000$salt$digest`, and in PHC strings,
//! `$pbkdf2-sha256$i=600000,l=32$salt$digest`.
//!
//! passlib's are in its "ab64" and carry a digest of exactly the hash's length (passlib 1.7,
//! `passlib/handlers/pbkdf2.py`); its name for SHA-1 is the bare `$pbkdf2$`. PHC strings name the
//! length, from 16 bytes: fewer would be cheaper to guess than the password.

use alloc::format;
use alloc::string::String;
use core::ops::RangeInclusive;

use super::{Format, Hasher};
use crate::encoding::{AB64, B64, Cursor, blank, push_base64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::{Pbkdf2Params, Prf};
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads passlib's and PHC's strings of all three hashes, and writes passlib's of one.
///
/// The default is SHA-256 with 600 000 iterations, after OWASP. A hash is outdated if its hash
/// function is another, its iterations fewer or its digest shorter than the function's.
///
/// ```
/// use doorstep_password::{Hashers, Pbkdf2, Prf};
///
/// // OWASP's 600 000, and those of a system before it.
/// let hashers = Hashers::new(Pbkdf2::SHA256).accept(Pbkdf2::new(Prf::Sha1, 1_000)?);
/// let passlib = "$pbkdf2$131000$r5WythYixPgfQ2jt3buXcg$8Kdr.QQEOaZIXNOrrru36I/.6Po";
/// assert_eq!(hashers.inspect(passlib)?.name(), "pbkdf2_sha1");
/// assert!(hashers.needs_update(passlib)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pbkdf2 {
    params: Pbkdf2Params,
}

impl Pbkdf2 {
    /// HMAC-SHA-1 with 1 400 000 iterations (OWASP, June 2026), for what cannot read another.
    pub const SHA1: Self = Self::known(Prf::Sha1, 1_400_000);
    /// HMAC-SHA-256 with 600 000 iterations (OWASP, June 2026).
    pub const SHA256: Self = Self::known(Prf::Sha256, 600_000);
    /// HMAC-SHA-512 with 220 000 iterations (OWASP, June 2026).
    pub const SHA512: Self = Self::known(Prf::Sha512, 220_000);

    /// passlib's: 16 bytes.
    const SALT_LEN: usize = 16;
    /// Digests of PHC strings, in bytes: from 128 bits up to the longest of the three hashes.
    const PHC_DIGEST_LEN: RangeInclusive<usize> = 16..=64;

    const fn known(prf: Prf, rounds: u32) -> Self {
        match Self::new(prf, rounds) {
            Ok(pbkdf2) => pbkdf2,
            Err(InvalidParameters) => panic!("at least one round"),
        }
    }

    /// Writes with HMAC over `prf` and `rounds` iterations, from 1.
    ///
    /// # Errors
    /// [`InvalidParameters`] if `rounds` is 0.
    pub const fn new(prf: Prf, rounds: u32) -> Result<Self, InvalidParameters> {
        match Pbkdf2Params::new(prf, rounds, prf.output_len()) {
            Ok(params) => Ok(Self { params }),
            Err(error) => Err(error),
        }
    }

    /// What it writes with.
    pub const fn params(&self) -> Pbkdf2Params {
        self.params
    }
}

impl Default for Pbkdf2 {
    fn default() -> Self {
        Self::SHA256
    }
}

const fn name(prf: Prf) -> &'static str {
    match prf {
        Prf::Sha1 => "pbkdf2_sha1",
        Prf::Sha256 => "pbkdf2_sha256",
        Prf::Sha512 => "pbkdf2_sha512",
    }
}

impl Format for Pbkdf2 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$pbkdf2$") || stored.starts_with("$pbkdf2-")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$")?;
        let scheme = cursor.until(&['$']);
        let unknown = cursor.error(MalformedKind::Syntax);
        cursor.expect("$")?;
        let (prf, rounds, key_len, engine) = if cursor.accept("i=") {
            let prf = match scheme {
                "pbkdf2-sha1" => Prf::Sha1,
                "pbkdf2-sha256" => Prf::Sha256,
                "pbkdf2-sha512" => Prf::Sha512,
                _ => return Err(unknown.into()),
            };
            let rounds = cursor.decimal()?;
            cursor.expect(",l=")?;
            let key_len = cursor.decimal()? as usize;
            if !Self::PHC_DIGEST_LEN.contains(&key_len) {
                return Err(cursor.error(MalformedKind::Range).into());
            }
            (prf, rounds, key_len, &B64)
        } else {
            let prf = match scheme {
                "pbkdf2" => Prf::Sha1,
                "pbkdf2-sha256" => Prf::Sha256,
                "pbkdf2-sha512" => Prf::Sha512,
                _ => return Err(unknown.into()),
            };
            (prf, cursor.decimal()?, prf.output_len(), &AB64)
        };
        let rounds_end = cursor.error(MalformedKind::Range);
        cursor.expect("$")?;
        let salt = cursor.base64(engine)?;
        if salt.is_empty() {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect("$")?;
        let digest = cursor.base64(engine)?;
        // One digest byte would match 1 wrong password in 256, none would match them all.
        cursor.expect_len(&digest, key_len)?;
        cursor.end()?;
        let params =
            Pbkdf2Params::new(prf, rounds, key_len).map_err(|InvalidParameters| rounds_end)?;
        let derivation = Derivation::new(Algorithm::Pbkdf2(params), &salt);
        Ok(StoredHash::of(name(prf), derivation, digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::BASE64)
    }
}

impl Hasher for Pbkdf2 {
    fn salt_len(&self) -> usize {
        Self::SALT_LEN
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Pbkdf2(self.params), salt)
    }

    fn key_len(&self) -> usize {
        self.params.key_len()
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let scheme = match self.params.prf() {
            Prf::Sha1 => "pbkdf2",
            Prf::Sha256 => "pbkdf2-sha256",
            Prf::Sha512 => "pbkdf2-sha512",
        };
        let mut stored = format!("${scheme}${}$", self.params.rounds());
        push_base64(&mut stored, &AB64, derivation.salt());
        stored.push('$');
        push_base64(&mut stored, &AB64, key);
        stored
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        let Algorithm::Pbkdf2(theirs) = stored.derivation().algorithm() else { return true };
        theirs.prf() != self.params.prf()
            || theirs.rounds() < self.params.rounds()
            || theirs.key_len() < self.params.key_len()
    }
}

/// A hash of another format's over PBKDF2, whose key is as long as its digest. `rounds_end` is where
/// an error in the rounds is.
pub(super) fn imported(
    name: &'static str,
    (prf, rounds, rounds_end): (Prf, u32, Malformed),
    salt: &[u8],
    digest: &[u8],
) -> Result<StoredHash, Refused> {
    let params =
        Pbkdf2Params::new(prf, rounds, digest.len()).map_err(|InvalidParameters| rounds_end)?;
    Ok(StoredHash::new(name, Derivation::new(Algorithm::Pbkdf2(params), salt), digest))
}
