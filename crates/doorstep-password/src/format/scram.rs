//! SCRAM's verifiers: passlib's `$scram$` and PostgreSQL's `SCRAM-SHA-256$`.
//!
//! - `$scram$N$salt$sha-1=digest,sha-256=digest,…` (passlib 1.7, `passlib/handlers/scram.py`): RFC
//!   5802's SaltedPassword by one or more hashes, SHA-1 always among them, in the order of their names.
//!   Of these, the first of SHA-256, SHA-512 and SHA-1 that is there decides, as passlib has it;
//! - `SCRAM-SHA-256$N:salt$StoredKey:ServerKey` (PostgreSQL, `src/common/scram-common.c`): both keys
//!   have to fit.
//!
//! A password is prepared with SASLprep (RFC 4013). What that prohibits never verifies with passlib;
//! PostgreSQL takes its bytes as they are.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{Format, pbkdf2};
use crate::encoding::{AB64, Cursor, PADDED, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::{Pbkdf2Params, Prf};
use crate::work::{Algorithm, Derivation, HashFunction, InvalidParameters, KeyStep, PasswordStep};

/// Reads passlib's `$scram$` and PostgreSQL's `SCRAM-SHA-256$`, and writes none.
///
/// PostgreSQL's older `md5` verifiers need the user's name, and are not read.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Scram, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Scram);
/// // The inputs of RFC 7677 §3.
/// let row = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
///            WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
///            wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// assert_eq!(hashers.verify(Secret::from("pencil"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scram;

impl Format for Scram {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$scram$") || stored.starts_with("SCRAM-SHA-256$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        if stored.starts_with("$scram$") { passlib(stored) } else { postgres(stored) }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        if stored.starts_with("SCRAM-SHA-256$") {
            return blank::field(stored, '$', blank::BASE64);
        }
        let (config, digests) = stored.rsplit_once('$')?;
        let digests = digests.split(',').map(|digest| blank::field(digest, '=', blank::BASE64));
        let digests: Vec<_> = digests.collect::<Option<_>>()?;
        Some(format!("{config}${}", digests.join(",")))
    }
}

fn passlib(stored: &str) -> Result<StoredHash, Refused> {
    let mut cursor = Cursor::new(stored);
    cursor.expect("$scram$")?;
    let rounds = cursor.decimal()?;
    let rounds_end = cursor.error(MalformedKind::Range);
    cursor.expect("$")?;
    let salt = cursor.base64(&AB64)?;
    if salt.is_empty() {
        return Err(cursor.error(MalformedKind::Length).into());
    }
    cursor.expect("$")?;
    let mut digests = Vec::new();
    loop {
        let name_at = cursor.error(MalformedKind::Syntax);
        let name = cursor.until(&['=', ',', '$']);
        // IANA's names, which passlib sorts.
        let len = match name {
            "md5" => 16,
            "sha-1" => 20,
            "sha-224" => 28,
            "sha-256" => 32,
            "sha-384" => 48,
            "sha-512" => 64,
            _ => return Err(name_at.into()),
        };
        if digests.last().is_some_and(|(last, _)| *last >= name) {
            return Err(name_at.into());
        }
        cursor.expect("=")?;
        let digest = cursor.base64_up_to(&AB64, &[',', '$'])?;
        cursor.expect_len(&digest, len)?;
        digests.push((name, digest));
        if !cursor.accept(",") {
            break;
        }
    }
    cursor.end()?;
    let of = |name: &str| digests.iter().find(|(known, _)| *known == name);
    let Some(sha1) = of("sha-1") else { return Err(cursor.error(MalformedKind::Syntax).into()) };
    let (prf, (_, digest)) = of("sha-256")
        .map(|digest| (Prf::Sha256, digest))
        .or_else(|| of("sha-512").map(|digest| (Prf::Sha512, digest)))
        .unwrap_or((Prf::Sha1, sha1));
    let parsed = pbkdf2::imported("scram", (prf, rounds, rounds_end), &salt, digest)?;
    Ok(parsed.within("scram", &[PasswordStep::SaslPrep]))
}

fn postgres(stored: &str) -> Result<StoredHash, Refused> {
    let hash = HashFunction::Sha256;
    let mut cursor = Cursor::new(stored);
    cursor.expect("SCRAM-SHA-256$")?;
    let rounds = cursor.decimal()?;
    let rounds_end = cursor.error(MalformedKind::Range);
    cursor.expect(":")?;
    let salt = cursor.base64(&PADDED)?;
    if salt.is_empty() {
        return Err(cursor.error(MalformedKind::Length).into());
    }
    cursor.expect("$")?;
    let stored_key = cursor.base64_up_to(&PADDED, &[':', '$'])?;
    cursor.expect(":")?;
    let server_key = cursor.base64_up_to(&PADDED, &[':', '$'])?;
    cursor.end()?;
    if stored_key.len() != hash.output_len() || server_key.len() != hash.output_len() {
        return Err(cursor.error(MalformedKind::Length).into());
    }
    let params = Pbkdf2Params::new(Prf::Sha256, rounds, hash.output_len())
        .map_err(|InvalidParameters| rounds_end)?;
    let derivation = Derivation::new(Algorithm::Pbkdf2(params), &salt)
        .prepared_by(PasswordStep::SaslPrepOrAsIs)
        .followed_by(KeyStep::ScramKeys(hash));
    let mut keys = Zeroizing::new(Vec::with_capacity(2 * hash.output_len()));
    keys.extend_from_slice(&stored_key);
    keys.extend_from_slice(&server_key);
    Ok(StoredHash::new("postgres_scram", derivation, &keys))
}
