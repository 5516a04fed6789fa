//! What OWASP's Password Storage Cheat Sheet advises, as of a date. An opinion to be renewed with it.
//!
//! <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>

use doorstep_password::{Algorithm, Argon2Variant, Argon2Version, Prf, StoredHash};
use serde::Serialize;

/// Whose advice it is.
pub(crate) const SOURCE: &str = "OWASP Password Storage Cheat Sheet";
/// The day of the last change to the sheet that these numbers follow.
pub(crate) const AS_OF: &str = "2026-06-25";

/// Argon2id: passes, and the KiB that are enough with them.
pub(crate) const ARGON2: [(u32, u32); 5] =
    [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];
/// bcrypt's cost.
pub(crate) const BCRYPT_COST: u32 = 10;
/// Bytes of a digest. Not the sheet's: a shorter one is matched by chance before 2^128 guesses.
const DIGEST_LEN: usize = 16;

/// What the sheet says to a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Opinion {
    /// As strong as is advised.
    Meets,
    /// As strong as is advised for systems that cannot have better.
    Legacy,
    /// Weaker than is advised.
    Below,
    /// The sheet does not advise this algorithm.
    NotListed,
}

/// An opinion and its reasons.
#[derive(Debug, Serialize)]
pub(crate) struct Strength {
    pub(crate) verdict: Opinion,
    source: &'static str,
    as_of: &'static str,
    pub(crate) reasons: Vec<String>,
}

impl Strength {
    pub(crate) fn of(stored: &StoredHash) -> Self {
        let (listed, mut reasons) = judge(stored.derivation().algorithm());
        let digest_len = stored.digest().len();
        if digest_len < DIGEST_LEN {
            reasons.push(format!("a digest of {digest_len} bytes is short, 16 are wanted"));
        }
        let verdict = match listed {
            Listed::No => Opinion::NotListed,
            _ if !reasons.is_empty() => Opinion::Below,
            Listed::ForAll => Opinion::Meets,
            Listed::ForLegacy(why) => {
                reasons.push(why.into());
                Opinion::Legacy
            }
        };
        if verdict == Opinion::NotListed {
            reasons.push("the sheet does not list this algorithm".into());
        }
        Self { verdict, source: SOURCE, as_of: AS_OF, reasons }
    }
}

/// To whom an algorithm is advised.
pub(crate) enum Listed {
    ForAll,
    ForLegacy(&'static str),
    No,
}

/// PBKDF2's rounds, and to whom they are advised.
pub(crate) fn pbkdf2_rounds(prf: Prf) -> Option<(u32, Listed)> {
    Some(match prf {
        Prf::Sha1 => {
            let why = "SHA-1 is for old systems, and NIST ends its use in 2030";
            (1_400_000, Listed::ForLegacy(why))
        }
        Prf::Sha256 => (600_000, Listed::ForAll),
        Prf::Sha512 => (220_000, Listed::ForAll),
        _ => return None,
    })
}

/// To whom it is advised, and what about the parameters is not as advised.
fn judge(algorithm: &Algorithm) -> (Listed, Vec<String>) {
    let mut reasons = Vec::new();
    let listed = match algorithm {
        Algorithm::Argon2(params) => {
            if params.variant != Argon2Variant::Argon2id {
                reasons.push("Argon2id is the advised variant".into());
            }
            if params.version != Argon2Version::V0x13 {
                reasons.push("version 16 is older than RFC 9106's 19".into());
            }
            // More passes than the list knows need no less memory than its last row.
            let enough = ARGON2.iter().rev().find(|(passes, _)| *passes <= params.passes());
            if let Some((_, kib)) = enough.filter(|(_, kib)| params.memory_kib() < *kib) {
                reasons.push(format!("m={kib} is the least with t={}", params.passes()));
            }
            Listed::ForAll
        }
        Algorithm::Bcrypt(params) => {
            if params.cost() < BCRYPT_COST {
                reasons.push(format!("cost {BCRYPT_COST} is the least"));
            }
            Listed::ForLegacy("bcrypt is for systems that have neither Argon2 nor scrypt")
        }
        Algorithm::Pbkdf2(params) => {
            let Some((least, listed)) = pbkdf2_rounds(params.prf()) else {
                return (Listed::No, reasons);
            };
            if params.rounds() < least {
                reasons.push(format!("{least} rounds are the least"));
            }
            listed
        }
        _ => Listed::No,
    };
    (listed, reasons)
}
