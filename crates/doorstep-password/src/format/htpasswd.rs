//! A whole line of Apache's password files, `user-id:hash` (Apache HTTP Server, "Password Formats"):
//! bcrypt, `$apr1$`, `{SHA}`, and crypt(3)'s, as far as their features are there.
//!
//! A line has no prefix, so that a host names this format. Clear text, which Apache reads on some
//! systems, is refused; so are comments and what stands behind a second colon.

use alloc::string::String;

use super::{Format, crypt, ldap};
use crate::encoding::{Cursor, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};

/// Reads a line of a password file, without the user-id, which is the host's to compare.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, HtpasswdLine, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(HtpasswdLine);
/// // From Apache's documentation of its password formats.
/// let stored = "bob:{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=";
/// assert_eq!(hashers.verify(Secret::from("myPassword"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HtpasswdLine;

impl Format for HtpasswdLine {
    fn claims(&self, stored: &str) -> bool {
        stored.contains(':')
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let user = cursor.until(&[':']);
        if user.is_empty() || user.starts_with('#') || user.contains(|c: char| c.is_control()) {
            return Err(Cursor::new(stored).error(MalformedKind::Syntax).into());
        }
        cursor.expect(":")?;
        // LDAP's other schemes are none of Apache's, and nor is their name in lower case.
        if cursor.rest().starts_with("{SHA}") {
            return cursor.inner(|hash| ldap::Ldap.parse(hash));
        }
        cursor.inner(crypt::parse)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        let hash_at = stored.find(':')? + 1;
        blank::inner(stored, hash_at, |hash| {
            if hash.starts_with("{SHA}") { ldap::Ldap.blank(hash) } else { crypt::blank(hash) }
        })
    }

    fn takes(&self, password: &[u8]) -> bool {
        !password.contains(&0)
    }
}
