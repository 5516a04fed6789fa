//! Django's `algorithm$…` strings (`django/contrib/auth/hashers.py`, 1.4 to 5.2).
//!
//! - `pbkdf2_sha256$N$salt$digest` and `pbkdf2_sha1$…`: the salt as text, the digest in base64 with
//!   padding and of the hash's length;
//! - `argon2$` and a PHC string without its first `$`;
//! - `bcrypt$` and a bcrypt string with all of it, so that two `$` stand there;
//!   `bcrypt_sha256$` the same over the SHA-256 in hexadecimal, so that no password is cut;
//!
//! `!` and what follows it marks an account without a password, and is no hash.

use super::Format;
use super::argon2::Argon2;
use super::bcrypt::Bcrypt;
use crate::encoding::{Cursor, PADDED};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;
use crate::work::{HashFunction, PasswordStep};

/// Reads Django's strings, and writes none: they are outdated whatever their parameters.
///
/// ```
/// use doorstep_password::{Argon2, Django, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Django);
/// // From Django's own tests.
/// let row = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
/// let work = hashers.verify(Secret::from("lètmein"), row)?;
/// assert_eq!(work.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Django;

const PREFIXES: &[&str] =
    &["pbkdf2_sha256$", "pbkdf2_sha1$", "argon2$", "bcrypt$", "bcrypt_sha256$"];

impl Format for Django {
    fn claims(&self, stored: &str) -> bool {
        PREFIXES.iter().any(|prefix| stored.starts_with(prefix))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let algorithm = cursor.until(&['$']);
        match algorithm {
            "pbkdf2_sha256" => pbkdf2(cursor, Prf::Sha256, "django_pbkdf2_sha256"),
            "pbkdf2_sha1" => pbkdf2(cursor, Prf::Sha1, "django_pbkdf2_sha1"),
            "argon2" => {
                let parsed = Argon2::default().parse(cursor.rest());
                let parsed = parsed.map_err(|refused| refused.behind(algorithm.len()))?;
                Ok(parsed.within("django_argon2", &[]))
            }
            "bcrypt" | "bcrypt_sha256" => {
                cursor.expect("$")?;
                let parsed = Bcrypt::default().parse(cursor.rest());
                let parsed = parsed.map_err(|refused| refused.behind(algorithm.len() + 1))?;
                Ok(if algorithm == "bcrypt" {
                    parsed.within("django_bcrypt", &[])
                } else {
                    let steps = [PasswordStep::Digest(HashFunction::Sha256), PasswordStep::Hex];
                    parsed.within("django_bcrypt_sha256", &steps)
                })
            }
            _ => Err(cursor.error(MalformedKind::Syntax).into()),
        }
    }
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
    if digest.len() != prf.output_len() {
        return Err(cursor.error(MalformedKind::Length).into());
    }
    cursor.end()?;
    super::pbkdf2::imported(name, (prf, rounds, rounds_end), salt, &digest)
}
