//! `$p5k2$`, which two programs chose for two formats (passlib's `cta_pbkdf2_sha1` and
//! `dlitz_pbkdf2_sha1`). Both are PBKDF2-HMAC-SHA1 with the iterations in hexadecimal.
//!
//! - Cryptacular's: salt and digest in URL-safe base64 with padding, 20 bytes of digest;
//! - Dwayne Litzenberger's `PBKDF2.py`: all of the string before the digest is the salt, and 24 bytes
//!   of digest stand in passlib's ab64. 400 iterations are not written.
//!
//! The length of the last field tells them apart: 28 characters with a `=`, or 32 without.

use alloc::string::String;

use super::{Format, pbkdf2};
use crate::encoding::{AB64, Cursor, PADDED_URL, blank, decode, hexadecimal};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads both formats of `$p5k2$`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, P5k2};
///
/// let hashers = Hashers::new(Argon2::default()).accept(P5k2);
/// let cta = hashers.inspect("$p5k2$1000$ZxK4ZBJCfQg=$jJZVscWtO--p1-xIZl6jhO2LKR0=")?;
/// let dlitz = hashers.inspect("$p5k2$$exec$r1EWMCMk7Rlv3L/RNcFXviDefYa0hlql")?;
/// assert_eq!((cta.name(), dlitz.name()), ("cta_pbkdf2_sha1", "dlitz_pbkdf2_sha1"));
/// # Ok::<(), doorstep_password::Refused>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct P5k2;

/// What Litzenberger's does not write.
const IMPLICIT_ROUNDS: u32 = 400;

impl Format for P5k2 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$p5k2$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$p5k2$")?;
        let rounds_at = cursor.error(MalformedKind::Number);
        let rounds = hexadecimal(cursor.until(&['$']), rounds_at)?;
        cursor.expect("$")?;
        let salt_at = cursor.error(MalformedKind::Base64);
        let salt = cursor.until(&['$']);
        let config_len = cursor.at();
        cursor.expect("$")?;
        let digest_at = cursor.error(MalformedKind::Base64);
        let digest = cursor.until(&['$']);
        cursor.end()?;
        match (digest.len(), rounds) {
            (28, Some(rounds)) => {
                let salt = decode(&PADDED_URL, salt).ok_or(salt_at)?;
                let digest = decode(&PADDED_URL, digest).ok_or(digest_at)?;
                if digest.len() != 20 {
                    return Err(Malformed { kind: MalformedKind::Length, ..digest_at }.into());
                }
                let rounds = (Prf::Sha1, rounds, rounds_at);
                pbkdf2::imported("cta_pbkdf2_sha1", rounds, &salt, &digest)
            }
            (32, _) => {
                let is_text = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
                if salt.is_empty() || !salt.bytes().all(is_text) {
                    return Err(Malformed { kind: MalformedKind::Syntax, ..salt_at }.into());
                }
                // There is one way to write 400.
                if rounds == Some(IMPLICIT_ROUNDS) {
                    return Err(rounds_at.into());
                }
                let rounds = (Prf::Sha1, rounds.unwrap_or(IMPLICIT_ROUNDS), rounds_at);
                let digest = decode(&AB64, digest).ok_or(digest_at)?;
                let salt = &stored.as_bytes()[..config_len];
                pbkdf2::imported("dlitz_pbkdf2_sha1", rounds, salt, &digest)
            }
            (28, None) => Err(rounds_at.into()),
            _ => Err(Malformed { kind: MalformedKind::Length, ..digest_at }.into()),
        }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::BASE64)
    }
}
