//! WordPress since 6.8: `$wp` before a bcrypt string (`wp-includes/pluggable.php`,
//! `wp_hash_password`).
//!
//! bcrypt is of the base64 of HMAC-SHA-384 with the key `wp-sha384`, of the password without the white
//! space at its ends. Before 6.8 WordPress wrote phpass, and before 2.5 MD5.

use super::Format;
use super::bcrypt::Bcrypt;
use crate::encoding::Cursor;
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::{HashFunction, PasswordStep};

/// Reads `$wp$2y$`, and writes none. Plain bcrypt and phpass of the same table are formats of their
/// own: accept them as well.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, Verdict, WordPress};
///
/// let hashers = Hashers::new(Argon2::default()).accept(WordPress);
/// let row = "$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES";
/// assert_eq!(hashers.verify(Secret::from("admin"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordPress;

impl Format for WordPress {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$wp")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$wp")?;
        if !cursor.rest().starts_with("$2y$") {
            return Err(cursor.error(MalformedKind::Syntax).into());
        }
        let parsed = Bcrypt::default().parse(cursor.rest());
        let steps = [
            PasswordStep::Trim,
            PasswordStep::Hmac(HashFunction::Sha384, b"wp-sha384".as_slice().into()),
            PasswordStep::Base64,
        ];
        Ok(parsed.map_err(|refused| refused.behind(cursor.at()))?.within("wordpress", &steps))
    }
}
