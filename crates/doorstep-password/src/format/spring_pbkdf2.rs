//! The bare strings of Spring Security's `Pbkdf2PasswordEncoder`: salt and key in one field, of
//! hexadecimal or of base64. All else is configuration.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Format, pbkdf2};
use crate::encoding::{Case, Cursor, PADDED, blank};
use crate::secret::Secret;
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads what one `Pbkdf2PasswordEncoder` wrote, and writes none.
///
/// Its strings say nothing of themselves: whoever accepts this format says with which settings they
/// were made. Strings with an `{id}` in front are `Spring`'s.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, SpringPbkdf2, Verdict};
///
/// // new Pbkdf2PasswordEncoder("secret", 8, 185000, 256) of Spring Security's own tests.
/// let encoder = SpringPbkdf2::V5_5.with_secret(Secret::from("secret"));
/// let hashers = Hashers::new(Argon2::default()).accept(encoder);
/// let row = "ab1146a8458d4ce4e65789e5a3f60e423373cfa10b01abd23739e5ae2fdc37f8e9ede4ae6da65264";
/// assert_eq!(hashers.verify(Secret::from("password"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpringPbkdf2 {
    prf: Prf,
    rounds: u32,
    salt_len: usize,
    secret: Option<Arc<Secret>>,
    in_base64: bool,
}

impl SpringPbkdf2 {
    /// `defaultsForSpringSecurity_v5_5`: SHA-1, 185 000 iterations, 8 bytes of salt.
    pub const V5_5: Self = Self::new(Prf::Sha1, 185_000, 8);
    /// `defaultsForSpringSecurity_v5_8`: SHA-256, 310 000 iterations, 16 bytes of salt.
    pub const V5_8: Self = Self::new(Prf::Sha256, 310_000, 16);

    /// Of the key: Spring's hash width is 256 bits unless it is told otherwise.
    const KEY_LEN: usize = 32;

    /// With HMAC over `prf`, so many iterations and bytes of salt, no secret, in hexadecimal.
    pub const fn new(prf: Prf, rounds: u32, salt_len: usize) -> Self {
        Self { prf, rounds, salt_len, secret: None, in_base64: false }
    }

    /// With the encoder's secret, which Spring puts behind the salt.
    pub fn with_secret(self, secret: Secret) -> Self {
        Self { secret: Some(Arc::new(secret)), ..self }
    }

    /// In base64, after `setEncodeHashAsBase64(true)`.
    pub const fn in_base64(mut self) -> Self {
        self.in_base64 = true;
        self
    }

    const fn text_len(&self) -> usize {
        let len = self.salt_len + Self::KEY_LEN;
        if self.in_base64 { len.div_ceil(3) * 4 } else { 2 * len }
    }

    pub(super) fn read(
        &self,
        mut cursor: Cursor<'_>,
        name: &'static str,
    ) -> Result<StoredHash, Refused> {
        let rounds = (self.prf, self.rounds, cursor.error(MalformedKind::Range));
        let bytes = if self.in_base64 {
            cursor.base64(&PADDED)?
        } else {
            cursor.hex(&['$'], Case::Lower)?
        };
        cursor.end()?;
        cursor.expect_len(&bytes, self.salt_len + Self::KEY_LEN)?;
        let (salt, key) = bytes.split_at(self.salt_len);
        let mut salt = Vec::from(salt);
        if let Some(secret) = &self.secret {
            salt.extend_from_slice(secret.expose());
        }
        pbkdf2::imported(name, rounds, &salt, key)
    }
}

impl Format for SpringPbkdf2 {
    fn claims(&self, stored: &str) -> bool {
        stored.len() == self.text_len()
            && stored.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        self.read(Cursor::new(stored), "spring_pbkdf2")
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        if self.in_base64 {
            return blank::blob(stored, 0, &PADDED, |len| self.salt_len..len);
        }
        blank::from(stored, 2 * self.salt_len, blank::HEX)
    }
}
