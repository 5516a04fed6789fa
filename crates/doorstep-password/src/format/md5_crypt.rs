//! md5-crypt, `$1$salt$digest`, as FreeBSD's and then everybody's crypt(3) wrote it
//! (`lib/libcrypt/crypt-md5.c`), and Apache's `$apr1$salt$digest` (`apr_md5.c`).
//!
//! crypt(3) cuts a longer salt than 8 characters: a string with one was never written by it.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{Cursor, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::md5_crypt::Md5CryptVariant;
use crate::work::{Algorithm, Derivation};

/// Reads `$1$` and `$apr1$`. 1000 rounds of MD5 are too few for anything new.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Md5Crypt, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Md5Crypt);
/// // From Apache's documentation of its password formats.
/// let stored = "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/";
/// assert_eq!(hashers.inspect(stored)?.name(), "apr_md5_crypt");
/// assert_eq!(hashers.verify(Secret::from("myPassword"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Md5Crypt;

impl Md5Crypt {
    /// Characters of salt, at most.
    const SALT_LEN: usize = 8;
}

/// The digest's bytes in the order of the characters, the lowest of each group first.
pub(crate) const PLACES: [u8; 16] = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

impl Format for Md5Crypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$1$") || stored.starts_with("$apr1$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let (name, variant) = if cursor.accept("$1$") {
            ("md5_crypt", Md5CryptVariant::Md5Crypt)
        } else {
            cursor.expect("$apr1$")?;
            ("apr_md5_crypt", Md5CryptVariant::Apr1)
        };
        let salt_at = cursor.error(MalformedKind::Syntax);
        let salt = cursor.until(&['$']);
        if salt.len() > Self::SALT_LEN {
            return Err(Malformed { kind: MalformedKind::Length, ..salt_at }.into());
        }
        if !hash64::is_hash64(salt) {
            return Err(salt_at.into());
        }
        cursor.expect("$")?;
        let digest =
            hash64::decode_places(cursor.rest(), &PLACES, 16).map_err(|kind| cursor.error(kind))?;
        let derivation = Derivation::new(Algorithm::Other(Arc::new(variant)), salt.as_bytes());
        Ok(StoredHash::new(name, derivation, &digest))
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
