//! Django's `algorithm$…` strings (`django/contrib/auth/hashers.py`, 1.4 to 5.2).
//!
//! - `pbkdf2_sha256$N$salt$digest` and `pbkdf2_sha1$…`: the salt as text, the digest in base64 with
//!   padding and of the hash's length;
//! - `argon2$` and a PHC string without its first `$`;
//! - `bcrypt$` and a bcrypt string with all of it, so that two `$` stand there;
//!   `bcrypt_sha256$` the same over the SHA-256 in hexadecimal, so that no password is cut;
//! - `scrypt$N$salt$r$p$digest`: the salt as text, the digest of 64 bytes in base64 with padding;
//! - `crypt$salt$hash`: des-crypt, removed in 5.0; the salt stands there again, is empty, or is longer
//!   than the two characters that count;
//! - `md5$salt$digest` and `sha1$salt$digest`: weak, removed in 5.1 but for MD5, which stays for tests.
//!   Salt before password; an empty salt is "unsalted".
//!
//! `!` and what follows it marks an account without a password, and is no hash.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use super::argon2::Argon2;
use super::bcrypt::Bcrypt;
use super::des_crypt::DesCrypt;
use super::scrypt::{self, N};
use crate::encoding::{Case, Cursor, PADDED, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::digest::{Digested, Function, Order};
use crate::work::pbkdf2::Prf;
use crate::work::{Algorithm, Derivation, HashFunction, PasswordStep};

/// Reads Django's strings, and writes none: they are outdated whatever their parameters.
///
/// ```
/// use doorstep_password::{Argon2, Django, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Django::default());
/// // From Django's own tests.
/// let row = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
/// let work = hashers.verify(Secret::from("lètmein"), row)?;
/// assert_eq!(work.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Django {
    bare_md5: bool,
}

impl Django {
    /// Reads 32 hexadecimal digits alone as MD5 without a salt, too, which Django before 5.1 wrote
    /// with `UnsaltedMD5PasswordHasher`. Only a host knows that its bare digests are these.
    pub const fn with_unsalted_md5() -> Self {
        Self { bare_md5: true }
    }
}

const PREFIXES: &[&str] = &[
    "pbkdf2_sha256$",
    "pbkdf2_sha1$",
    "argon2$",
    "bcrypt$",
    "bcrypt_sha256$",
    "scrypt$",
    "crypt$",
    "md5$",
    "sha1$",
];

impl Format for Django {
    fn claims(&self, stored: &str) -> bool {
        PREFIXES.iter().any(|prefix| stored.starts_with(prefix))
            || (self.bare_md5 && is_bare_md5(stored))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        if self.bare_md5 && is_bare_md5(stored) {
            return digest(cursor, Function::Md5, &[], "django_unsalted_md5");
        }
        let algorithm = cursor.until(&['$']);
        match algorithm {
            "pbkdf2_sha256" => pbkdf2(cursor, Prf::Sha256, "django_pbkdf2_sha256"),
            "pbkdf2_sha1" => pbkdf2(cursor, Prf::Sha1, "django_pbkdf2_sha1"),
            "argon2" => {
                let parsed = cursor.inner(|rest| Argon2::default().parse(rest))?;
                Ok(parsed.within("django_argon2", &[]))
            }
            "bcrypt" | "bcrypt_sha256" => {
                cursor.expect("$")?;
                let parsed = cursor.inner(|rest| Bcrypt::default().parse(rest))?;
                Ok(if algorithm == "bcrypt" {
                    parsed.within("django_bcrypt", &[])
                } else {
                    let steps = [PasswordStep::Digest(HashFunction::Sha256), PasswordStep::Hex];
                    parsed.within("django_bcrypt_sha256", &steps)
                })
            }
            "scrypt" => scrypt(cursor),
            "crypt" => des_crypt(cursor),
            "md5" => salted(cursor, Function::Md5, "django_salted_md5"),
            "sha1" => salted(cursor, Function::Sha1, "django_salted_sha1"),
            _ => Err(cursor.error(MalformedKind::Syntax).into()),
        }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        let (algorithm, _) = stored.split_once('$').unwrap_or_default();
        match algorithm {
            "pbkdf2_sha256" | "pbkdf2_sha1" | "scrypt" | "argon2" => {
                blank::field(stored, '$', blank::BASE64)
            }
            "bcrypt" | "bcrypt_sha256" => {
                blank::inner(stored, algorithm.len() + 1, |rest| Bcrypt::default().blank(rest))
            }
            "crypt" => {
                let hash_at = stored.rfind('$')? + 1;
                blank::inner(stored, hash_at, |rest| DesCrypt.blank(rest))
            }
            "md5" | "sha1" => blank::field(stored, '$', blank::HEX),
            _ => blank::from(stored, 0, blank::HEX),
        }
    }
}

/// Bytes of a key of scrypt's.
const SCRYPT_LEN: usize = 64;

fn is_bare_md5(stored: &str) -> bool {
    stored.len() == 32 && stored.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Behind the algorithm: `$N$salt$digest`.
fn pbkdf2(mut cursor: Cursor<'_>, prf: Prf, name: &'static str) -> Result<StoredHash, Refused> {
    cursor.expect("$")?;
    let rounds = cursor.decimal()?;
    let rounds_end = cursor.error(MalformedKind::Range);
    cursor.expect("$")?;
    let salt = cursor.text_salt(&['$'])?;
    cursor.expect("$")?;
    let digest = cursor.base64(&PADDED)?;
    cursor.expect_len(&digest, prf.output_len())?;
    cursor.end()?;
    super::pbkdf2::imported(name, (prf, rounds, rounds_end), salt, &digest)
}

/// Behind the algorithm: `$N$salt$r$p$digest`.
fn scrypt(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    cursor.expect("$")?;
    let at = cursor.error(MalformedKind::Range);
    let n = cursor.decimal()?;
    cursor.expect("$")?;
    let salt = cursor.text_salt(&['$'])?;
    cursor.expect("$")?;
    let r = cursor.decimal()?;
    cursor.expect("$")?;
    let p = cursor.decimal()?;
    cursor.expect("$")?;
    let digest = cursor.base64(&PADDED)?;
    cursor.expect_len(&digest, SCRYPT_LEN)?;
    cursor.end()?;
    scrypt::imported("django_scrypt", (N::Itself(n), r, p), at, salt, &digest)
}

/// Behind the algorithm: `$salt$hash`.
fn des_crypt(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    cursor.expect("$")?;
    let salt_at = cursor.error(MalformedKind::Syntax);
    let salt = cursor.until(&['$']);
    cursor.expect("$")?;
    let is_salt = |byte: u8| byte.is_ascii_alphanumeric() || b"./".contains(&byte);
    let is_again = |two: &str| cursor.rest().starts_with(two) && salt.bytes().all(is_salt);
    if !salt.is_empty() && !salt.get(..2).is_some_and(is_again) {
        return Err(salt_at.into());
    }
    let parsed = cursor.inner(|rest| DesCrypt.parse(rest))?;
    // All of it, so that two strings with other salts do not say the same.
    let derivation = Derivation::new(parsed.derivation().algorithm().clone(), salt.as_bytes());
    Ok(StoredHash::new("django_des_crypt", derivation, parsed.digest()))
}

/// Behind the algorithm: `$salt$digest`.
fn salted(
    mut cursor: Cursor<'_>,
    function: Function,
    name: &'static str,
) -> Result<StoredHash, Refused> {
    cursor.expect("$")?;
    if cursor.accept("$") {
        return digest(cursor, function, &[], name);
    }
    let salt = cursor.text_salt(&['$'])?;
    cursor.expect("$")?;
    digest(cursor, function, salt, name)
}

/// The rest: a digest of salt and password.
fn digest(
    mut cursor: Cursor<'_>,
    function: Function,
    salt: &[u8],
    name: &'static str,
) -> Result<StoredHash, Refused> {
    let digest = cursor.hex(&['$'], Case::Lower)?;
    cursor.expect_len(&digest, function.output_len())?;
    cursor.end()?;
    let kdf = Digested::once(function, Order::SaltPassword);
    Ok(StoredHash::new(name, Derivation::new(Algorithm::Other(Arc::new(kdf)), salt), &digest))
}
