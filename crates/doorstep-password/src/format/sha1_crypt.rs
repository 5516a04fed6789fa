//! sha1-crypt, `$sha1$rounds$salt$digest`, as NetBSD's crypt(3) writes it
//! (`lib/libcrypt/crypt-sha1.c`).
//!
//! The digest's twenty bytes are followed by their first once more, so that groups of three come out
//! even: 28 characters, of which a string with another last byte was never written.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{Cursor, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::sha1_crypt::Sha1CryptRounds;
use crate::work::{Algorithm, Derivation};

/// Reads `$sha1$`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Secret, Sha1Crypt, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Sha1Crypt);
/// // From hashcat's module 15100.
/// let stored = "$sha1$20000$75552156$HhYMDdaEHiK3eMIzTldOFPnwWt2Q";
/// assert_eq!(hashers.verify(Secret::from("hashcat"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sha1Crypt;

impl Sha1Crypt {
    /// Characters of salt, at most: NetBSD's and passlib's.
    const SALT_LEN: usize = 64;

    /// The digest's bytes in the order of the characters, the lowest of each group first.
    const PLACES: [u8; 21] =
        [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 17, 16, 15, 0, 19, 18];
}

impl Format for Sha1Crypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$sha1$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$sha1$")?;
        let rounds_at = cursor.error(MalformedKind::Range);
        let rounds = cursor.decimal()?;
        if rounds == 0 {
            return Err(rounds_at.into());
        }
        cursor.expect("$")?;
        let salt_at = cursor.error(MalformedKind::Syntax);
        let salt = cursor.until(&['$']);
        if salt.len() > Self::SALT_LEN {
            return Err(Malformed { kind: MalformedKind::Length, ..salt_at }.into());
        }
        if !hash64::is_hash64(salt) {
            return Err(salt_at.into());
        }
        cursor.expect("$")?;
        let digest = hash64::decode_places(cursor.rest(), &Self::PLACES, 20)
            .map_err(|kind| cursor.error(kind))?;
        let algorithm = Algorithm::Other(Arc::new(Sha1CryptRounds(rounds)));
        Ok(StoredHash::new("sha1_crypt", Derivation::new(algorithm, salt.as_bytes()), &digest))
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
