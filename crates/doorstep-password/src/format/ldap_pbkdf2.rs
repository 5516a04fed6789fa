//! PBKDF2 and Argon2 in the userPassword of LDAP directories.
//!
//! - `{PBKDF2}N$salt$digest`, `{PBKDF2-SHA1}`, `{PBKDF2-SHA256}`, `{PBKDF2-SHA512}`: OpenLDAP's
//!   `pw-pbkdf2` and passlib's `ldap_pbkdf2_*`, in passlib's ab64 with a digest of the hash's length;
//! - `{PBKDF2_SHA256}`: 389 Directory Server's, one base64 of the iterations (4 bytes, big-endian), 64
//!   bytes of salt and 256 of key, with padding;
//! - `{ARGON2}` and a PHC string: OpenLDAP's `pw-argon2`.

use alloc::string::String;

use super::argon2::Argon2;
use super::{Format, pbkdf2};
use crate::encoding::{AB64, Cursor, PADDED, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads `{PBKDF2…}` and `{ARGON2}`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, LdapPbkdf2, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(LdapPbkdf2);
/// let row = "{PBKDF2}10000$IlfapjA351LuDSwYC0IQ8Q$saHqQTuYnjJN/tmAndT.8mJt.6w";
/// assert_eq!(hashers.verify(Secret::from("password"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LdapPbkdf2;

impl LdapPbkdf2 {
    /// 389 Directory Server's.
    const SALT_LEN: usize = 64;
    const KEY_LEN: usize = 256;
}

impl Format for LdapPbkdf2 {
    fn claims(&self, stored: &str) -> bool {
        ["{PBKDF2}", "{PBKDF2-", "{PBKDF2_", "{ARGON2}"].iter().any(|it| stored.starts_with(it))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("{")?;
        let unknown = cursor.error(MalformedKind::Syntax);
        let scheme = cursor.until(&['}']);
        cursor.expect("}")?;
        let (prf, name) = match scheme {
            "PBKDF2" | "PBKDF2-SHA1" => (Prf::Sha1, "ldap_pbkdf2_sha1"),
            "PBKDF2-SHA256" => (Prf::Sha256, "ldap_pbkdf2_sha256"),
            "PBKDF2-SHA512" => (Prf::Sha512, "ldap_pbkdf2_sha512"),
            "PBKDF2_SHA256" => return of_389(cursor),
            "ARGON2" => {
                let parsed = cursor.inner(|rest| Argon2::default().parse(rest))?;
                return Ok(parsed.within("ldap_argon2", &[]));
            }
            _ => return Err(unknown.into()),
        };
        let rounds = cursor.decimal()?;
        let rounds_end = cursor.error(MalformedKind::Range);
        cursor.expect("$")?;
        let salt = cursor.base64(&AB64)?;
        if salt.is_empty() {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect("$")?;
        let digest = cursor.base64(&AB64)?;
        cursor.expect_len(&digest, prf.output_len())?;
        cursor.end()?;
        pbkdf2::imported(name, (prf, rounds, rounds_end), &salt, &digest)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        let prefix = stored.find('}')? + 1;
        if stored.starts_with("{PBKDF2_SHA256}") {
            return blank::blob(stored, prefix, &PADDED, |len| len - digest_len..len);
        }
        blank::field(stored, '$', blank::BASE64)
    }
}

fn of_389(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let rounds_at = cursor.error(MalformedKind::Range);
    let bytes = cursor.base64(&PADDED)?;
    cursor.end()?;
    cursor.expect_len(&bytes, 4 + LdapPbkdf2::SALT_LEN + LdapPbkdf2::KEY_LEN)?;
    let (rounds, rest) = bytes.split_at(4);
    let rounds = rounds.iter().fold(0, |rounds, &byte| rounds << 8 | u32::from(byte));
    let (salt, key) = rest.split_at(LdapPbkdf2::SALT_LEN);
    pbkdf2::imported("389ds_pbkdf2_sha256", (Prf::Sha256, rounds, rounds_at), salt, key)
}
