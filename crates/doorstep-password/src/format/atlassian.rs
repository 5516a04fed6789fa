//! Atlassian's `{PKCS5S2}`, of Jira, Confluence and Crowd (passlib's `atlassian_pbkdf2_sha1`).
//!
//! One base64 of 16 bytes of salt and 32 of key: PBKDF2-HMAC-SHA1 with 10 000 iterations.

use alloc::string::String;

use super::{Format, pbkdf2};
use crate::encoding::{Cursor, PADDED, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads `{PKCS5S2}`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Atlassian, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Atlassian);
/// let row = "{PKCS5S2}c4xaeTQM0lUieMS3V5voiexyX9XhqC2dBd5ecVy60IPksHChwoTAVYFrhsgoq8/p";
/// assert_eq!(hashers.verify(Secret::from("admin"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Atlassian;

impl Format for Atlassian {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("{PKCS5S2}")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("{PKCS5S2}")?;
        let rounds = (Prf::Sha1, 10_000, cursor.error(MalformedKind::Range));
        let bytes = cursor.base64(&PADDED)?;
        cursor.end()?;
        cursor.expect_len(&bytes, 16 + 32)?;
        let (salt, digest) = bytes.split_at(16);
        pbkdf2::imported("atlassian_pbkdf2_sha1", rounds, salt, digest)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        let prefix = "{PKCS5S2}".len();
        blank::blob(stored, prefix, &PADDED, |len| len - digest_len..len)
    }
}
