//! sha-crypt: `$5$` and `$6$`, with and without `rounds=`, as `crypt(3)` writes them.
//!
//! The specification lets `crypt()` clamp rounds and cut salts; a string that it would print
//! otherwise than it stands can never have come from it, and is refused.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{CannotHash, Format, Hasher};
use crate::encoding::{Cursor, blank};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::sha_crypt::{ShaCryptParams, ShaCryptVariant};
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads `$5$` and `$6$`, and writes one of them, `$6$` by default.
///
/// The default is 656 000 rounds: what passlib 1.7 writes, so that hashes move between the two
/// without being outdated at either; and more than the 440 000 compressions that OWASP's 220 000
/// iterations of PBKDF2-HMAC-SHA512 are. It takes about 90 ms for a short password, and more for a
/// longer one. A hash is outdated if its variant is the other or its rounds are fewer.
///
/// ```
/// use doorstep_password::{Hashers, Secret, ShaCrypt, Verdict};
///
/// let hashers = Hashers::new(ShaCrypt::SHA512);
/// // From Drepper's specification: 5000 rounds, since it names none.
/// let old = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJu\
///            esI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
/// let verdict = hashers.verify(Secret::from("Hello world!"), old)?.run()?;
/// assert_eq!(verdict, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaCrypt {
    params: ShaCryptParams,
}

impl ShaCrypt {
    /// `$5$` with 535 000 rounds, as passlib 1.7 writes it.
    pub const SHA256: Self = Self::known(ShaCryptVariant::Sha256, 535_000);
    /// `$6$` with 656 000 rounds, as passlib 1.7 writes it.
    pub const SHA512: Self = Self::known(ShaCryptVariant::Sha512, 656_000);

    /// Rounds of a string that names none.
    const IMPLICIT_ROUNDS: u32 = 5000;
    /// Characters of salt, at most; a new hash has as many, of 6 random bits each.
    const SALT_LEN: usize = 16;

    const fn known(variant: ShaCryptVariant, rounds: u32) -> Self {
        match Self::new(variant, rounds) {
            Ok(sha_crypt) => sha_crypt,
            Err(InvalidParameters) => panic!("between 1 000 and 999 999 999"),
        }
    }

    /// Writes `variant` with so many rounds, from 1 000 to 999 999 999.
    ///
    /// # Errors
    /// [`InvalidParameters`] if `rounds` is out of its range.
    pub const fn new(variant: ShaCryptVariant, rounds: u32) -> Result<Self, InvalidParameters> {
        match ShaCryptParams::new(variant, rounds) {
            Ok(params) => Ok(Self { params }),
            Err(error) => Err(error),
        }
    }

    /// What it writes with.
    pub const fn params(&self) -> ShaCryptParams {
        self.params
    }
}

impl Default for ShaCrypt {
    fn default() -> Self {
        Self::SHA512
    }
}

const fn name(variant: ShaCryptVariant) -> &'static str {
    match variant {
        ShaCryptVariant::Sha256 => "sha256_crypt",
        ShaCryptVariant::Sha512 => "sha512_crypt",
    }
}

impl Format for ShaCrypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$5$") || stored.starts_with("$6$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let variant = if cursor.accept("$5$") {
            ShaCryptVariant::Sha256
        } else {
            cursor.expect("$6$")?;
            ShaCryptVariant::Sha512
        };
        let rounds =
            if cursor.accept("rounds=") { cursor.decimal()? } else { Self::IMPLICIT_ROUNDS };
        let rounds_end = cursor.error(MalformedKind::Range);
        if rounds_end.at > 3 {
            cursor.expect("$")?;
        }
        let params =
            ShaCryptParams::new(variant, rounds).map_err(|InvalidParameters| rounds_end)?;
        let salt_at = cursor.error(MalformedKind::Syntax);
        let salt = cursor.until(&['$']);
        if salt.len() > Self::SALT_LEN {
            return Err(Malformed { kind: MalformedKind::Length, ..salt_at }.into());
        }
        if !salt.bytes().all(|byte| hash64::ALPHABET.contains(&byte)) {
            return Err(salt_at.into());
        }
        cursor.expect("$")?;
        let digest = hash64::decode(variant, cursor.rest()).map_err(|kind| cursor.error(kind))?;
        let derivation = Derivation::new(Algorithm::ShaCrypt(params), salt.as_bytes());
        Ok(StoredHash::of(name(variant), derivation, digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }
}

impl Hasher for ShaCrypt {
    fn salt_len(&self) -> usize {
        Self::SALT_LEN
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        // The salt is used as it is written: each random byte becomes one of 64 characters.
        let salt: Vec<u8> =
            salt.iter().map(|byte| hash64::ALPHABET[usize::from(byte & 63)]).collect();
        Derivation::new(Algorithm::ShaCrypt(self.params), &salt)
    }

    fn key_len(&self) -> usize {
        self.params.variant().digest_len()
    }

    fn can_hash(&self, password: &[u8]) -> Result<(), CannotHash> {
        if password.contains(&0) { Err(CannotHash::HoldsNul) } else { Ok(()) }
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let id = match self.params.variant() {
            ShaCryptVariant::Sha256 => '5',
            ShaCryptVariant::Sha512 => '6',
        };
        let mut stored = format!("${id}$");
        if self.params.rounds() != Self::IMPLICIT_ROUNDS {
            stored += &format!("rounds={}$", self.params.rounds());
        }
        stored.extend(derivation.salt().iter().map(|&byte| char::from(byte)));
        stored.push('$');
        hash64::encode(self.params.variant(), key, &mut stored);
        stored
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        let Algorithm::ShaCrypt(theirs) = stored.derivation().algorithm() else { return true };
        theirs.variant() != self.params.variant() || theirs.rounds() < self.params.rounds()
    }
}

/// The digest's characters (step 22 of the specification): groups of three bytes, which it takes
/// from three places of the digest in turn, as four characters each, lowest six bits first.
mod hash64 {
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use zeroize::Zeroizing;

    use super::ShaCryptVariant;
    use crate::stored::MalformedKind;

    pub(super) const ALPHABET: &[u8; 64] =
        b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// The places of a group's bytes in the digest, highest first. The last group is short.
    fn group(variant: ShaCryptVariant, index: usize) -> Vec<usize> {
        let (third, places) = match variant {
            ShaCryptVariant::Sha256 if index == 10 => return vec![31, 30],
            ShaCryptVariant::Sha512 if index == 21 => return vec![63],
            // The first of the three moves back one third each time for SHA-256, forth for SHA-512.
            ShaCryptVariant::Sha256 => (10, [0, 2, 1][index % 3]),
            ShaCryptVariant::Sha512 => (21, index),
        };
        (0..3).map(|place| index + third * ((places + place) % 3)).collect()
    }

    fn groups(variant: ShaCryptVariant) -> usize {
        variant.digest_len().div_ceil(3)
    }

    pub(super) fn encode(variant: ShaCryptVariant, digest: &[u8], out: &mut String) {
        for index in 0..groups(variant) {
            let places = group(variant, index);
            let mut bits =
                places.iter().fold(0u32, |bits, &place| bits << 8 | u32::from(digest[place]));
            for _ in 0..places.len() + 1 {
                out.push(char::from(ALPHABET[(bits & 63) as usize]));
                bits >>= 6;
            }
        }
    }

    pub(super) fn decode(
        variant: ShaCryptVariant,
        text: &str,
    ) -> Result<Zeroizing<Vec<u8>>, MalformedKind> {
        if text.len() != (variant.digest_len() * 8).div_ceil(6) {
            return Err(MalformedKind::Length);
        }
        let mut digest = Zeroizing::new(vec![0; variant.digest_len()]);
        for (index, characters) in text.as_bytes().chunks(4).enumerate() {
            let mut bits = 0u32;
            for &character in characters.iter().rev() {
                let value = ALPHABET.iter().position(|&known| known == character);
                bits = bits << 6 | value.ok_or(MalformedKind::Base64)? as u32;
            }
            for place in group(variant, index).into_iter().rev() {
                digest[place] = bits as u8;
                bits >>= 8;
            }
            if bits != 0 {
                return Err(MalformedKind::Base64);
            }
        }
        Ok(digest)
    }
}
