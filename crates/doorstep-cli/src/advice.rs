//! What OWASP's Password Storage Cheat Sheet advises, as of a date. An opinion to be renewed with it.
//!
//! <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>

use std::fmt;

use doorstep_password::{Algorithm, Argon2Variant, Argon2Version, Prf, StoredHash};
use serde::Serialize;

use crate::parameters::Parameters;

/// Whose advice it is.
pub(crate) const SOURCE: &str = "OWASP Password Storage Cheat Sheet";
/// The day of the last change to the sheet that these numbers follow.
pub(crate) const AS_OF: &str = "2026-06-25";

/// Argon2id: passes, and the KiB that are enough with them.
pub(crate) const ARGON2: [(u32, u32); 5] =
    [(1, 47_104), (2, 19_456), (3, 12_288), (4, 9_216), (5, 7_168)];
/// bcrypt's cost.
pub(crate) const BCRYPT_COST: u32 = 10;
/// scrypt: lanes, and the binary logarithm of N that is enough with them. r is 8.
const SCRYPT: [(u64, u64); 5] = [(1, 17), (2, 16), (3, 15), (5, 14), (10, 13)];
const SCRYPT_R: u64 = 8;
/// Bytes of a digest. Not the sheet's: a shorter one is matched by chance before 2^128 guesses.
const DIGEST_LEN: usize = 16;

const ONE_DIGEST: &str = "one fast digest, guessed billions of times a second";
const DES: &str = "DES, whose keys are searched in hours";
const MD5: &str = "rounds of MD5, guessed millions of times a second";
const SHA: &str = "few rounds of a fast digest";

/// What the sheet calls legacy hashes, to be renewed or wrapped: too weak whatever their parameters.
const WEAK: &[(&str, &str)] = &[
    ("apr_md5_crypt", MD5),
    ("bsd_nthash", ONE_DIGEST),
    ("bsdi_crypt", DES),
    ("des_crypt", DES),
    ("django_des_crypt", DES),
    ("django_salted_md5", ONE_DIGEST),
    ("django_salted_sha1", ONE_DIGEST),
    ("django_unsalted_md5", ONE_DIGEST),
    ("hex_md5", ONE_DIGEST),
    ("ldap_md5", ONE_DIGEST),
    ("ldap_salted_md5", ONE_DIGEST),
    ("ldap_salted_sha1", ONE_DIGEST),
    ("ldap_salted_sha256", ONE_DIGEST),
    ("ldap_salted_sha512", ONE_DIGEST),
    ("ldap_sha1", ONE_DIGEST),
    ("ldap_sha256", ONE_DIGEST),
    ("ldap_sha512", ONE_DIGEST),
    ("md5_crypt", MD5),
    ("nthash", ONE_DIGEST),
    ("phpass", MD5),
    ("sha1_crypt", SHA),
    ("spring_ldap_sha1", ONE_DIGEST),
    ("spring_md4", ONE_DIGEST),
    ("spring_md5", ONE_DIGEST),
    ("spring_sha1", ONE_DIGEST),
    ("spring_sha256", ONE_DIGEST),
    ("spring_standard", SHA),
    ("sun_md5_crypt", MD5),
];

/// What the sheet says to a hash, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Opinion {
    /// As strong as is advised.
    Meets,
    /// As strong as is advised for systems that cannot have better.
    Legacy,
    /// The sheet does not advise this algorithm.
    NotListed,
    /// Weaker than is advised.
    Below,
    /// Of an algorithm that is too weak whatever its parameters.
    Weak,
}

impl Opinion {
    pub(crate) const ALL: [Self; 5] =
        [Self::Meets, Self::Legacy, Self::NotListed, Self::Below, Self::Weak];
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Opinion::Meets => "as strong as advised",
            Opinion::Legacy => "as strong as advised for old systems",
            Opinion::NotListed => "no advice",
            Opinion::Below => "weaker than advised",
            Opinion::Weak => "weak algorithm",
        })
    }
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
        if let Some((_, why)) = WEAK.iter().find(|(name, _)| *name == stored.name()) {
            let reasons = vec![(*why).into()];
            return Self { verdict: Opinion::Weak, source: SOURCE, as_of: AS_OF, reasons };
        }
        let (listed, mut reasons) = judge(stored);
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
fn judge(stored: &StoredHash) -> (Listed, Vec<String>) {
    let mut reasons = Vec::new();
    let listed = match stored.derivation().algorithm() {
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
        Algorithm::Other(_) => {
            let parameters = Parameters::of(stored);
            // scrypt alone has all three.
            let [Some(log_n), Some(r), Some(p)] =
                ["ln", "r", "p"].map(|name| parameters.number(name))
            else {
                return (Listed::No, reasons);
            };
            // More lanes than the list knows need no less memory than its last row.
            let enough = SCRYPT.iter().rev().find(|(lanes, _)| *lanes <= p);
            if let Some((_, least)) = enough.filter(|(_, least)| log_n < *least) {
                reasons.push(format!("ln={least} is the least with p={p}"));
            }
            if r < SCRYPT_R {
                reasons.push(format!("r={SCRYPT_R} is the least"));
            }
            Listed::ForAll
        }
        _ => Listed::No,
    };
    (listed, reasons)
}
