//! LDAP's userPassword: a scheme in braces, then a digest in base64 (RFC 2307 §5.3, OpenLDAP's
//! `slapd` and its password modules, 389 Directory Server).
//!
//! `{MD5}`, `{SHA}`, `{SHA256}`, `{SHA512}` are bare digests, and with an `S` in front the digest of
//! the password and a salt that stands behind it. `{CRYPT}` has any of crypt(3)'s strings behind it,
//! as far as their features are there. Scheme names are matched without case, as RFC 2307 has them.
//! `{PBKDF2…}` and `{ARGON2}` are the feature `ldap-pbkdf2`'s. `{CLEARTEXT}`, `{SASL}` and schemes that are not known are
//! refused.
//!
//! One digest is no work: it is done whole, within a microsecond or two.

use alloc::string::String;
use alloc::sync::Arc;

use super::{Format, crypt};
use crate::encoding::{self, Cursor, blank};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::digest::{Digested, Function, Order};
use crate::work::{Algorithm, Derivation};

/// Reads `{SSHA}…` and its relatives, and `{CRYPT}…`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Ldap, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Ldap);
/// // From passlib's tests.
/// let stored = "{SSHA}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7";
/// assert_eq!(hashers.inspect(stored)?.name(), "ldap_salted_sha1");
/// assert_eq!(hashers.verify(Secret::from("secret"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ldap;

/// A scheme whose digest is one digest.
struct Scheme {
    name: &'static str,
    /// passlib's, or one after passlib's manner where it has none.
    passlib: &'static str,
    function: Function,
    salted: bool,
}

const SCHEMES: [Scheme; 8] = [
    Scheme::new("MD5", "ldap_md5", Function::Md5, false),
    Scheme::new("SMD5", "ldap_salted_md5", Function::Md5, true),
    Scheme::new("SHA", "ldap_sha1", Function::Sha1, false),
    Scheme::new("SSHA", "ldap_salted_sha1", Function::Sha1, true),
    Scheme::new("SHA256", "ldap_sha256", Function::Sha256, false),
    Scheme::new("SSHA256", "ldap_salted_sha256", Function::Sha256, true),
    Scheme::new("SHA512", "ldap_sha512", Function::Sha512, false),
    Scheme::new("SSHA512", "ldap_salted_sha512", Function::Sha512, true),
];

impl Scheme {
    const fn new(
        name: &'static str,
        passlib: &'static str,
        function: Function,
        salted: bool,
    ) -> Self {
        Self { name, passlib, function, salted }
    }

    fn parse(&self, cursor: &Cursor<'_>) -> Result<StoredHash, Refused> {
        let bytes = encoding::decode(&encoding::PADDED, cursor.rest());
        let bytes = bytes.ok_or(cursor.error(MalformedKind::Base64))?;
        let salt_len = bytes.len().checked_sub(self.function.output_len());
        let is_allowed = |len| match len {
            0 => !self.salted,
            // passlib's, which has seen many kinds of servers: fewer bytes are a cut digest.
            4..=16 => self.salted,
            // Others' samples have two (hashcat, module 1411), and passlib lists three as malformed.
            2 => self.salted,
            _ => false,
        };
        if !salt_len.is_some_and(is_allowed) {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        let (digest, salt) = bytes.split_at(self.function.output_len());
        let digested = Digested::once(self.function, Order::PasswordSalt);
        let derivation = Derivation::new(Algorithm::Other(Arc::new(digested)), salt);
        Ok(StoredHash::new(self.passlib, derivation, digest))
    }
}

impl Format for Ldap {
    fn claims(&self, stored: &str) -> bool {
        let name = stored.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        name.is_some_and(|(name, rest)| is_known(name) && !is_springs(name, rest))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("{")?;
        let name = cursor.until(&['}']);
        let unknown = Malformed { at: 1, kind: MalformedKind::Syntax };
        cursor.expect("}")?;
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if let Some(scheme) = SCHEMES.iter().find(|scheme| is(scheme.name)) {
            return scheme.parse(&cursor);
        }
        if is("CRYPT") {
            return cursor.inner(crypt::parse);
        }
        if is("CLEARTEXT") {
            return Err(Refused::Unsupported("{CLEARTEXT} is the password itself"));
        }
        if is("SASL") {
            return Err(Refused::Unsupported("{SASL} names another service, and has no hash"));
        }
        Err(unknown.into())
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        let prefix = stored.find('}')? + 1;
        if stored[..prefix].eq_ignore_ascii_case("{CRYPT}") {
            return blank::inner(stored, prefix, crypt::blank);
        }
        blank::blob(stored, prefix, &encoding::PADDED, |_| 0..digest_len)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // What stands in `{CRYPT}` reads up to a NUL; a digest of a password with one is nowhere.
        !password.contains(&0)
    }
}

fn is_known(name: &str) -> bool {
    SCHEMES
        .iter()
        .map(|scheme| scheme.name)
        .chain(["CRYPT", "CLEARTEXT", "SASL"])
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Spring Security's `{MD5}` and `{sha256}` have hexadecimal behind them, or another brace. Base64 of
/// a bare digest ends in `=`, and Spring has none of the salted digests' names.
fn is_springs(name: &str, rest: &str) -> bool {
    let is_salted = |scheme: &Scheme| scheme.salted && name.eq_ignore_ascii_case(scheme.name);
    let is_hex = rest.len() >= 32 && rest.bytes().all(|b| b.is_ascii_hexdigit());
    rest.starts_with('{') || (is_hex && !SCHEMES.iter().any(is_salted))
}
