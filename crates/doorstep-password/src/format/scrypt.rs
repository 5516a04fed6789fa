//! scrypt (RFC 7914) in three forms: `$scrypt$ln=16,r=8,p=1$salt$digest` as passlib and RustCrypto
//! write it, the crypt(3) form `$7$` (C. Percival's and A. Peslyak's, `crypto_pwhash_scryptsalsa208sha256`
//! of libsodium), and `SCRYPT:N:r:p:salt:digest` as hashcat's module 8900 reads it.
//!
//! Here all digests are of 32 bytes; Django's, Werkzeug's, Spring's and Firebase's strings share the
//! parameters.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{self, B64, Cursor, PADDED, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::scrypt::ScryptParams;
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads `$scrypt$`, `$7$` and `SCRYPT:`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Scrypt, Secret, Verdict};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Scrypt);
/// // From RFC 7914 §12, in passlib's form.
/// let stored = "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI";
/// assert_eq!(hashers.verify(Secret::from("password"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrypt;

const DIGEST_LEN: usize = 32;

impl Format for Scrypt {
    fn claims(&self, stored: &str) -> bool {
        ["$scrypt$", "$7$", "SCRYPT:"].iter().any(|prefix| stored.starts_with(prefix))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        if cursor.accept("$scrypt$") {
            phc(cursor)
        } else if cursor.accept("$7$") {
            seven(cursor)
        } else {
            cursor.expect("SCRYPT:")?;
            hashcat(cursor)
        }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        if stored.starts_with("SCRYPT:") {
            return blank::field(stored, ':', blank::BASE64);
        }
        let zero = if stored.starts_with("$7$") { blank::CRYPT } else { blank::BASE64 };
        blank::field(stored, '$', zero)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `$7$` is crypt(3)'s, which stops at a NUL.
        !password.contains(&0)
    }
}

/// A hash of another system's, by N itself or its binary logarithm, r and p. `at` is where these stand.
#[cfg(any(feature = "django", feature = "spring", feature = "werkzeug"))]
pub(super) fn imported(
    name: &'static str,
    (n, r, p): (N, u32, u32),
    at: Malformed,
    salt: &[u8],
    digest: &[u8],
) -> Result<StoredHash, Refused> {
    let algorithm = params(n.log(at)?, r, p, digest.len(), at)?;
    Ok(StoredHash::new(name, Derivation::new(algorithm, salt), digest))
}

/// scrypt's N, which is a power of two.
#[derive(Clone, Copy)]
pub(super) enum N {
    Itself(u32),
    #[cfg(feature = "spring")]
    Log(u32),
}

impl N {
    fn log(self, at: Malformed) -> Result<u32, Malformed> {
        match self {
            Self::Itself(n) if n.is_power_of_two() => Ok(n.ilog2()),
            Self::Itself(_) => Err(at),
            #[cfg(feature = "spring")]
            Self::Log(log_n) => Ok(log_n),
        }
    }
}

fn params(
    log_n: u32,
    r: u32,
    p: u32,
    key_len: usize,
    at: Malformed,
) -> Result<Algorithm, Malformed> {
    ScryptParams::new(log_n, r, p, key_len)
        .map(|params| Algorithm::Other(Arc::new(params)))
        .map_err(|InvalidParameters| at)
}

fn phc(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let at = cursor.error(MalformedKind::Range);
    cursor.expect("ln=")?;
    let log_n = cursor.decimal()?;
    cursor.expect(",r=")?;
    let r = cursor.decimal()?;
    cursor.expect(",p=")?;
    let p = cursor.decimal()?;
    cursor.expect("$")?;
    let algorithm = params(log_n, r, p, DIGEST_LEN, at)?;
    let salt = cursor.base64(&B64)?;
    cursor.expect("$")?;
    let digest = cursor.base64(&B64)?;
    cursor.expect_len(&digest, DIGEST_LEN)?;
    cursor.end()?;
    Ok(StoredHash::new("scrypt", Derivation::new(algorithm, &salt), &digest))
}

/// One character for log2 N, five each for r and p, then the salt as it is.
fn seven(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let at = cursor.error(MalformedKind::Range);
    let setting = cursor.until(&['$']);
    let syntax = Malformed { kind: MalformedKind::Syntax, ..at };
    let number = |from, to| setting.get(from..to).and_then(hash64::number).ok_or(syntax);
    let algorithm = params(number(0, 1)?, number(1, 6)?, number(6, 11)?, DIGEST_LEN, at)?;
    let salt = setting.get(11..).ok_or(syntax)?;
    if !hash64::is_hash64(salt) {
        return Err(syntax.into());
    }
    cursor.expect("$")?;
    let digest = hash64::decode(cursor.rest(), DIGEST_LEN).map_err(|kind| cursor.error(kind))?;
    Ok(StoredHash::new("scrypt", Derivation::new(algorithm, salt.as_bytes()), &digest))
}

fn hashcat(mut cursor: Cursor<'_>) -> Result<StoredHash, Refused> {
    let at = cursor.error(MalformedKind::Range);
    let n = cursor.decimal()?;
    cursor.expect(":")?;
    let r = cursor.decimal()?;
    cursor.expect(":")?;
    let p = cursor.decimal()?;
    cursor.expect(":")?;
    let algorithm = params(N::Itself(n).log(at)?, r, p, DIGEST_LEN, at)?;
    let salt_at = cursor.error(MalformedKind::Base64);
    let salt = encoding::decode(&PADDED, cursor.until(&[':'])).ok_or(salt_at)?;
    cursor.expect(":")?;
    let digest = encoding::decode(&PADDED, cursor.rest());
    let digest = digest.ok_or(cursor.error(MalformedKind::Base64))?;
    cursor.expect_len(&digest, DIGEST_LEN)?;
    Ok(StoredHash::new("scrypt", Derivation::new(algorithm, &salt), &digest))
}
