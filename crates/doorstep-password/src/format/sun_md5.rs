//! Sun's MD5 crypt, `$md5$salt$$digest` and `$md5,rounds=5000$salt$$digest`, of Solaris 9 and later.
//!
//! A string has one `$` before the digest, or two: the first of two belongs to what is hashed, so that
//! both are read as they stand. Nobody writes `rounds=0`, which would be the same as none.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use super::md5_crypt::PLACES;
use crate::encoding::{Cursor, blank, hash64};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::sun_md5::SunMd5Rounds;
use crate::work::{Algorithm, Derivation};

/// Reads `$md5$` and `$md5,rounds=`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Secret, SunMd5, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(SunMd5);
/// // From passlib's tests.
/// let stored = "$md5$zrdhpMlZ$$wBvMOEqbSjU.hu5T2VEP01";
/// assert_eq!(hashers.verify(Secret::from("Gpcs3_adm"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SunMd5;

impl Format for SunMd5 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$md5$") || stored.starts_with("$md5,")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$md5")?;
        let mut rounds = 0;
        if cursor.accept(",rounds=") {
            let rounds_at = cursor.error(MalformedKind::Range);
            rounds = cursor.decimal()?;
            if rounds == 0 {
                return Err(rounds_at.into());
            }
        }
        cursor.expect("$")?;
        let salt_at = cursor.error(MalformedKind::Syntax);
        let salt = cursor.until(&['$']);
        if salt.is_empty() || !hash64::is_hash64(salt) {
            return Err(salt_at.into());
        }
        let hashed_to = cursor.at();
        cursor.expect("$")?;
        let hashed_to = if cursor.accept("$") { hashed_to + 1 } else { hashed_to };
        let digest =
            hash64::decode_places(cursor.rest(), &PLACES, 16).map_err(|kind| cursor.error(kind))?;
        let algorithm = Algorithm::Other(Arc::new(SunMd5Rounds(rounds)));
        let derivation = Derivation::new(algorithm, &stored.as_bytes()[..hashed_to]);
        Ok(StoredHash::new("sun_md5_crypt", derivation, &digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }
}
