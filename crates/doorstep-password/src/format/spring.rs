//! Spring Security's `{id}…` (`PasswordEncoderFactories`, 5.0 to 7.0): an encoder's name in braces, and
//! what that encoder wrote. Names are matched with their case.
//!
//! - `{bcrypt}`, `{argon2}`, `{argon2@SpringSecurity_v5_8}`: those strings;
//! - `{pbkdf2}`, `{pbkdf2@SpringSecurity_v5_8}`: salt and key in hexadecimal, with the defaults of 5.5 or
//!   of 5.8 and without a secret;
//! - `{MD4}`, `{MD5}`, `{SHA-1}`, `{SHA-256}`: `{salt}` and a digest in hexadecimal, of the password and
//!   then the salt with its braces (`MessageDigestPasswordEncoder`);
//! - `{sha256}`: 8 bytes of salt and SHA-256 of salt and password, 1024 times, in hexadecimal
//!   (`StandardPasswordEncoder`);
//! - `{ldap}`: `{SHA}` or `{SSHA}` (`LdapShaPasswordEncoder`);
//! - `{scrypt}`, `{scrypt@SpringSecurity_v5_8}`: `$`, log2 N, r and p as one number in hexadecimal, with
//!   two digits for each of r and p, then salt and key in base64 (`SCryptPasswordEncoder`).
//!
//! `{noop}` is the password itself, and is refused.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use super::argon2::Argon2;
use super::bcrypt::Bcrypt;
use super::scrypt::{self, N};
use super::spring_pbkdf2::SpringPbkdf2;
use crate::encoding::{Case, Cursor, PADDED, blank, hexadecimal};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::digest::{Again, Digested, Function, Order};
use crate::work::{Algorithm, Derivation};

/// Reads Spring Security's strings with an `{id}`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, Spring, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Spring);
/// let row = "{SHA-1}{THIS_IS_A_SALT}b2f50ffcbd3407fe9415c062d55f54731f340d32";
/// assert_eq!(hashers.verify(Secret::from("abc123"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spring;

const IDS: &[&str] = &[
    "{bcrypt}",
    "{argon2}",
    "{argon2@SpringSecurity_v5_8}",
    "{pbkdf2}",
    "{pbkdf2@SpringSecurity_v5_8}",
    "{scrypt}",
    "{scrypt@SpringSecurity_v5_8}",
    "{noop}",
    "{ldap}",
    // LDAP has a scheme of this name, with base64 behind it.
    "{MD5}{",
    "{MD4}{",
    "{SHA-1}{",
    "{SHA-256}{",
];

impl Format for Spring {
    fn claims(&self, stored: &str) -> bool {
        IDS.iter().any(|id| stored.starts_with(id))
            || stored.strip_prefix("{sha256}").is_some_and(is_hex)
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("{")?;
        let unknown = cursor.error(MalformedKind::Syntax);
        let id = cursor.until(&['}']);
        cursor.expect("}")?;
        match id {
            "bcrypt" => {
                let parsed = cursor.inner(|rest| Bcrypt::default().parse(rest))?;
                Ok(parsed.within("spring_bcrypt", &[]))
            }
            "argon2" | "argon2@SpringSecurity_v5_8" => {
                let parsed = cursor.inner(|rest| Argon2::default().parse(rest))?;
                Ok(parsed.within("spring_argon2", &[]))
            }
            "pbkdf2" => SpringPbkdf2::V5_5.read(cursor, "spring_pbkdf2"),
            "pbkdf2@SpringSecurity_v5_8" => SpringPbkdf2::V5_8.read(cursor, "spring_pbkdf2"),
            "MD4" => salted(stored, cursor, Function::Md4, "spring_md4"),
            "MD5" => salted(stored, cursor, Function::Md5, "spring_md5"),
            "SHA-1" => salted(stored, cursor, Function::Sha1, "spring_sha1"),
            "SHA-256" => salted(stored, cursor, Function::Sha256, "spring_sha256"),
            "sha256" => standard(cursor),
            "ldap" => ldap(cursor),
            "noop" => Err(Refused::Unsupported("{noop} is the password itself")),
            "scrypt" | "scrypt@SpringSecurity_v5_8" => scrypt(cursor),
            _ => Err(unknown.into()),
        }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        let id_len = stored.find('}')? + 1;
        let (id, _) = stored.split_at(id_len);
        match id {
            "{bcrypt}" => blank::inner(stored, id_len, |rest| Bcrypt::default().blank(rest)),
            "{ldap}" => {
                let base64_at = stored.rfind('}')? + 1;
                blank::blob(stored, base64_at, &PADDED, |_| 0..digest_len)
            }
            "{argon2}"
            | "{argon2@SpringSecurity_v5_8}"
            | "{scrypt}"
            | "{scrypt@SpringSecurity_v5_8}" => blank::field(stored, '$', blank::BASE64),
            // Those that are left end in a digest in hexadecimal.
            _ => blank::tail(stored, 2 * digest_len, blank::HEX),
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A digest whose derivation is `kdf`.
fn digested(name: &'static str, kdf: Digested, salt: &[u8], digest: &[u8]) -> StoredHash {
    StoredHash::new(name, Derivation::new(Algorithm::Other(Arc::new(kdf)), salt), digest)
}

/// `{salt}` and the digest.
fn salted(
    stored: &str,
    mut cursor: Cursor<'_>,
    function: Function,
    name: &'static str,
) -> Result<StoredHash, Refused> {
    let begin = cursor.at();
    cursor.expect("{")?;
    cursor.text_salt(&['{', '}'])?;
    cursor.expect("}")?;
    let salt = &stored.as_bytes()[begin..cursor.at()];
    let digest = cursor.hex(&['$'], Case::Lower)?;
    cursor.expect_len(&digest, function.output_len())?;
    cursor.end()?;
    Ok(digested(name, Digested::once(function, Order::PasswordSalt), salt, &digest))
}

fn standard(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let bytes = cursor.hex(&['$'], Case::Lower)?;
    cursor.end()?;
    cursor.expect_len(&bytes, 8 + Function::Sha256.output_len())?;
    let (salt, digest) = bytes.split_at(8);
    let kdf = Digested::once(Function::Sha256, Order::SaltPassword).then(Again::Digest, 1023);
    Ok(digested("spring_standard", kdf, salt, digest))
}

fn ldap(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let is_salted = cursor.accept("{SSHA}");
    if !is_salted {
        cursor.expect("{SHA}")?;
    }
    let bytes = cursor.base64(&PADDED)?;
    cursor.end()?;
    let Some((digest, salt)) = bytes.split_at_checked(Function::Sha1.output_len()) else {
        return Err(cursor.error(MalformedKind::Length).into());
    };
    if salt.is_empty() == is_salted {
        return Err(cursor.error(MalformedKind::Length).into());
    }
    Ok(digested(
        "spring_ldap_sha1",
        Digested::once(Function::Sha1, Order::PasswordSalt),
        salt,
        digest,
    ))
}

/// Bytes of a key of scrypt's, unless the encoder was told.
const SCRYPT_LEN: usize = 32;

/// `$parameters$salt$key`.
fn scrypt(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    cursor.expect("$")?;
    let at = cursor.error(MalformedKind::Range);
    let not_a_number = Malformed { kind: MalformedKind::Number, ..at };
    let numbers = hexadecimal(cursor.until(&['$']), not_a_number)?.ok_or(at)?;
    let (log_n, r, p) = (numbers >> 16, numbers >> 8 & 0xff, numbers & 0xff);
    cursor.expect("$")?;
    let salt = cursor.base64(&PADDED)?;
    cursor.expect("$")?;
    let digest = cursor.base64(&PADDED)?;
    cursor.expect_len(&digest, SCRYPT_LEN)?;
    cursor.end()?;
    scrypt::imported("spring_scrypt", (N::Log(log_n), r, p), at, &salt, &digest)
}
