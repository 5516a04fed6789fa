//! passlib's `bcrypt_sha256` (passlib 1.7, `passlib/handlers/bcrypt.py`): bcrypt of a digest in base64,
//! so that no password is cut.
//!
//! - version 1, `$bcrypt-sha256$2b,12$salt$digest`: of SHA-256;
//! - version 2, `$bcrypt-sha256$v=2,t=2b,r=12$salt$digest`: of HMAC-SHA-256 keyed by the salt as it is
//!   written. Since it came after it, it has no `2a` and no `2y`.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{BCRYPT, Cursor, blank, decode};
use crate::secret::Secret;
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::bcrypt::{self, BcryptParams};
use crate::work::{Algorithm, Derivation, HashFunction, InvalidParameters, PasswordStep};

/// Reads both versions of `$bcrypt-sha256$`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, BcryptSha256, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(BcryptSha256);
/// let row = "$bcrypt-sha256$v=2,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS";
/// assert_eq!(hashers.verify(Secret::from("password"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BcryptSha256;

impl Format for BcryptSha256 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$bcrypt-sha256$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$bcrypt-sha256$")?;
        let is_keyed = cursor.accept("v=2,t=2b,r=");
        if !is_keyed && !cursor.accept("2a,") && !cursor.accept("2b,") && !cursor.accept("2y,") {
            return Err(cursor.error(MalformedKind::Syntax).into());
        }
        let cost = cursor.decimal()?;
        let params = BcryptParams::new(cost)
            .map_err(|InvalidParameters| cursor.error(MalformedKind::Range))?;
        cursor.expect("$")?;
        let salt_at = cursor.error(MalformedKind::Base64);
        let salt_text = cursor.until(&['$']);
        let salt = decode(&BCRYPT, salt_text).ok_or(salt_at)?;
        cursor.expect("$")?;
        let digest = cursor.base64(&BCRYPT)?;
        if salt.len() != 16 || digest.len() != bcrypt::DIGEST_LEN {
            return Err(Malformed { kind: MalformedKind::Length, ..salt_at }.into());
        }
        cursor.end()?;
        let hash = HashFunction::Sha256;
        let derivation = Derivation::new(Algorithm::Bcrypt(params), &salt)
            .prepared_by(if is_keyed {
                PasswordStep::Hmac(hash, Arc::new(Secret::from(salt_text)))
            } else {
                PasswordStep::Digest(hash)
            })
            .prepared_by(PasswordStep::Base64);
        Ok(StoredHash::new("bcrypt_sha256", derivation, &digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::CRYPT)
    }
}
