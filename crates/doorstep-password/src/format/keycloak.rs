//! Keycloak's password credential, as a realm export has it: one JSON object
//! (`org.keycloak.representations.idm.CredentialRepresentation`).
//!
//! `{"type":"password","secretData":"{\"value\":…,\"salt\":…}","credentialData":"{\"hashIterations\":…}"}`,
//! in which two members are JSON in a string. Read is this one shape as Keycloak writes it, without
//! white space and with the members in its order: `id`, `userLabel` and `createdDate` may stand or not.
//! A general reader of JSON would give one credential many strings. Of the algorithms, `pbkdf2`,
//! `pbkdf2-sha256`, `pbkdf2-sha512` and `argon2` are read; the key is as long as its value, at least 16
//! bytes. Argon2's parameters are in the order of Java's hash table, which is always the same
//! (`org.keycloak.crypto.hash.Argon2PasswordHashProvider`, since 24).

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Format, pbkdf2};
use crate::encoding::{Cursor, PADDED, blank};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::argon2::{Argon2Params, Argon2Variant, Argon2Version};
use crate::work::pbkdf2::Prf;
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads a password credential of a Keycloak realm export, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Keycloak};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Keycloak);
/// let row = r#"{"type":"password","secretData":"{\"value\":\"9Yd+y7QULcsehKD0jdXH6xoA3mRG5ss5ZV/E8a/DhfQ=\",\"salt\":\"MDEyMzQ1Njc4OWFiY2RlZg==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":1000,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"}"#;
/// assert_eq!(hashers.inspect(row)?.name(), "keycloak_pbkdf2_sha256");
/// # Ok::<(), doorstep_password::Refused>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keycloak;

impl Format for Keycloak {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("{\"id\":") || stored.starts_with("{\"type\":\"password\"")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("{")?;
        if cursor.accept("\"id\":\"") {
            label(&mut cursor)?;
        }
        cursor.expect("\"type\":\"password\",")?;
        if cursor.accept("\"userLabel\":\"") {
            label(&mut cursor)?;
        }
        if cursor.accept("\"createdDate\":") {
            digits(&mut cursor)?;
            cursor.expect(",")?;
        }
        cursor.expect(VALUE)?;
        let value = cursor.base64_up_to(&PADDED, &['\\', '"'])?;
        if value.len() < 16 {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect(r#"\",\"salt\":\""#)?;
        let salt = cursor.base64_up_to(&PADDED, &['\\', '"'])?;
        if salt.is_empty() {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect(r#"\",\"additionalParameters\":{}}","#)?;
        cursor.expect(r#""credentialData":"{\"hashIterations\":"#)?;
        let rounds = cursor.decimal()?;
        let rounds_end = cursor.error(MalformedKind::Range);
        cursor.expect(r#",\"algorithm\":\""#)?;
        if cursor.accept("argon2") {
            return argon2(cursor, rounds, &salt, value);
        }
        let (prf, name) = match cursor.until(&['\\', '"']) {
            "pbkdf2" => (Prf::Sha1, "keycloak_pbkdf2_sha1"),
            "pbkdf2-sha256" => (Prf::Sha256, "keycloak_pbkdf2_sha256"),
            "pbkdf2-sha512" => (Prf::Sha512, "keycloak_pbkdf2_sha512"),
            _ => return Err(Refused::Unsupported("Keycloak's other algorithms are not read")),
        };
        cursor.expect(r#"\",\"additionalParameters\":{}}"}"#)?;
        cursor.end()?;
        pbkdf2::imported(name, (prf, rounds, rounds_end), &salt, &value)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        let value_at = stored.find(VALUE)? + VALUE.len();
        let value_len = stored[value_at..].find('\\')?;
        blank::within(stored, value_at..value_at + value_len, blank::BASE64)
    }
}

/// Behind the algorithm: Argon2's parameters, each a list of one string.
fn argon2(
    mut cursor: Cursor<'_>,
    passes: u32,
    salt: &[u8],
    value: Zeroizing<Vec<u8>>,
) -> Result<StoredHash, Refused> {
    let range = cursor.error(MalformedKind::Range);
    cursor.expect(r#"\",\"additionalParameters\":{\"hashLength\":[\""#)?;
    let key_len = cursor.decimal()?;
    cursor.expect(r#"\"],\"memory\":[\""#)?;
    let memory_kib = cursor.decimal()?;
    cursor.expect(r#"\"],\"type\":[\""#)?;
    let variant = match cursor.until(&['\\', '"']) {
        "d" => Argon2Variant::Argon2d,
        "i" => Argon2Variant::Argon2i,
        "id" => Argon2Variant::Argon2id,
        _ => return Err(cursor.error(MalformedKind::Syntax).into()),
    };
    cursor.expect(r#"\"],\"version\":[\""#)?;
    let version = match cursor.until(&['\\', '"']) {
        "1.0" => Argon2Version::V0x10,
        "1.3" => Argon2Version::V0x13,
        _ => return Err(cursor.error(MalformedKind::Syntax).into()),
    };
    cursor.expect(r#"\"],\"parallelism\":[\""#)?;
    let lanes = cursor.decimal()?;
    cursor.expect(r#"\"]}}"}"#)?;
    cursor.end()?;
    // RFC 9106 §3.1 has no shorter salt.
    if key_len as usize != value.len() || salt.len() < 8 {
        return Err(Malformed { kind: MalformedKind::Length, ..range }.into());
    }
    let mut params = Argon2Params::new(memory_kib, passes, lanes, value.len())
        .map_err(|InvalidParameters| range)?;
    params.variant = variant;
    params.version = version;
    let derivation = Derivation::new(Algorithm::Argon2(params), salt);
    Ok(StoredHash::of("keycloak_argon2", derivation, value))
}

/// What stands before the key.
const VALUE: &str = r#""secretData":"{\"value\":\""#;

/// The rest of a string without escapes, and the comma behind it.
fn label(cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
    let text = cursor.until(&['"', '\\']);
    if text.chars().any(char::is_control) {
        return Err(cursor.error(MalformedKind::Syntax));
    }
    cursor.expect("\",")
}

/// Milliseconds since 1970, which do not fit in 32 bits.
fn digits(cursor: &mut Cursor<'_>) -> Result<(), Malformed> {
    let not_a_number = cursor.error(MalformedKind::Number);
    let text = cursor.until(&[',']);
    let is_number = !text.is_empty()
        && text.len() <= 18
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if is_number { Ok(()) } else { Err(not_a_number) }
}
