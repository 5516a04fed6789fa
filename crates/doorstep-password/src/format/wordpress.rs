//! WordPress since 6.8: `$wp` before a bcrypt string (`wp-includes/pluggable.php`,
//! `wp_hash_password`).
//!
//! bcrypt is of the base64 of HMAC-SHA-384 with the key `wp-sha384`, of the password without the white
//! space at its ends. Before 6.8 WordPress wrote phpass, and before 2.5 MD5.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use super::bcrypt::Bcrypt;
use crate::encoding::{Case, Cursor, blank};
use crate::secret::Secret;
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::digest::{Digested, Function, Order};
use crate::work::{Algorithm, Derivation, HashFunction, PasswordStep};

/// Reads `$wp$2y$`, and writes none. Plain bcrypt and phpass of the same table are formats of their
/// own: accept them as well.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, Verdict, WordPress};
///
/// let hashers = Hashers::new(Argon2::default()).accept(WordPress::default());
/// let row = "$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES";
/// assert_eq!(hashers.verify(Secret::from("admin"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordPress {
    bare_md5: bool,
}

impl WordPress {
    /// Reads 32 hexadecimal digits alone as the MD5 that WordPress wrote before 2.5, too. Only a host
    /// knows that its bare digests are these.
    pub const fn with_md5() -> Self {
        Self { bare_md5: true }
    }
}

impl Format for WordPress {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$wp") || (self.bare_md5 && is_bare_md5(stored))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        if self.bare_md5 && is_bare_md5(stored) {
            let digest = cursor.hex(&[], Case::Lower)?;
            let kdf = Digested::once(Function::Md5, Order::SaltPassword);
            let derivation = Derivation::new(Algorithm::Other(Arc::new(kdf)), &[]);
            return Ok(StoredHash::new("hex_md5", derivation, &digest));
        }
        cursor.expect("$wp")?;
        if !cursor.rest().starts_with("$2y$") {
            return Err(cursor.error(MalformedKind::Syntax).into());
        }
        let parsed = cursor.inner(|rest| Bcrypt::default().parse(rest))?;
        let steps = [
            PasswordStep::Trim,
            PasswordStep::Hmac(HashFunction::Sha384, Arc::new(Secret::new(b"wp-sha384"))),
            PasswordStep::Base64,
        ];
        Ok(parsed.within("wordpress", &steps))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        if self.bare_md5 && is_bare_md5(stored) {
            return blank::from(stored, 0, blank::HEX);
        }
        blank::inner(stored, "$wp".len(), |rest| Bcrypt::default().blank(rest))
    }
}

fn is_bare_md5(stored: &str) -> bool {
    stored.len() == 32 && stored.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
