//! Werkzeug's and Flask's strings: `pbkdf2:sha256:N$salt$digest` and `scrypt:N:r:p$salt$digest`
//! (`werkzeug/security.py`, 0.9 to 3.1).
//!
//! The salt is used as text; the digest is in lower-case hexadecimal and of the hash's length, of 64
//! bytes with scrypt. A
//! method without a count means the default of whichever Werkzeug reads it, so that the string does
//! not say what it is, and is refused. So are `plain`, and the single HMACs (`sha256$salt$…`) that
//! Werkzeug 3 removed.

use alloc::string::String;

use super::scrypt::{self, N};
use super::{Format, pbkdf2};
use crate::encoding::{Case, Cursor, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads Werkzeug's `pbkdf2:` and `scrypt:`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, Verdict, Werkzeug};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Werkzeug);
/// let row = "pbkdf2:sha256:1000$saltsalt$\
///            8a7fee7a2fff3802e9f7b899276b421312645329f497c0da267869559610aaad";
/// assert_eq!(hashers.verify(Secret::from("default"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Werkzeug;

impl Format for Werkzeug {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("pbkdf2:") || stored.starts_with("scrypt:")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        if cursor.accept("scrypt:") {
            return scrypt(cursor);
        }
        cursor.expect("pbkdf2:")?;
        let unknown = cursor.error(MalformedKind::Syntax);
        let (prf, name) = match cursor.until(&[':', '$']) {
            "sha1" => (Prf::Sha1, "werkzeug_pbkdf2_sha1"),
            "sha256" => (Prf::Sha256, "werkzeug_pbkdf2_sha256"),
            "sha512" => (Prf::Sha512, "werkzeug_pbkdf2_sha512"),
            _ => return Err(unknown.into()),
        };
        cursor.expect(":")?;
        let rounds = cursor.decimal()?;
        let rounds_end = cursor.error(MalformedKind::Range);
        cursor.expect("$")?;
        let salt = cursor.text_salt(&['$'])?;
        cursor.expect("$")?;
        let digest = cursor.hex(&['$'], Case::Lower)?;
        cursor.expect_len(&digest, prf.output_len())?;
        cursor.end()?;
        pbkdf2::imported(name, (prf, rounds, rounds_end), salt, &digest)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::HEX)
    }
}

/// Bytes of a key of scrypt's.
const SCRYPT_LEN: usize = 64;

/// Behind the method: `N:r:p$salt$digest`.
fn scrypt(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let at = cursor.error(MalformedKind::Range);
    let n = cursor.decimal()?;
    cursor.expect(":")?;
    let r = cursor.decimal()?;
    cursor.expect(":")?;
    let p = cursor.decimal()?;
    cursor.expect("$")?;
    let salt = cursor.text_salt(&['$'])?;
    cursor.expect("$")?;
    let digest = cursor.hex(&['$'], Case::Lower)?;
    cursor.expect_len(&digest, SCRYPT_LEN)?;
    cursor.end()?;
    scrypt::imported("werkzeug_scrypt", (N::Itself(n), r, p), at, salt, &digest)
}
