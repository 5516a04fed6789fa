//! bcrypt: `$2b$12$`, 22 characters of salt and 31 of digest, in bcrypt's own base64.
//!
//! `$2a$`, `$2b$` and `$2y$` are read as the one function that OpenBSD, PHP and passlib compute for
//! all three. crypt_blowfish 1.1 gave `$2a$` a countermeasure against collisions that only concerns
//! passwords with bytes above 0x7f; such a hash does not verify here, nor at most others.

use alloc::format;
use alloc::string::String;

use super::{CannotHash, Format, Hasher};
use crate::encoding::{self, BCRYPT, Cursor, blank, push_base64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::bcrypt::{self, BcryptParams};
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads `$2a$`, `$2b$` and `$2y$`, and writes `$2b$`.
///
/// The default cost is 12: about 190 ms. A hash is outdated if its cost is lower. A password of more
/// than 72 bytes or with a NUL is refused for a new hash; for an old one it is cut at 72 bytes, as
/// the format does, and with a NUL it never matches.
///
/// ```
/// use doorstep_password::{Bcrypt, CannotHash, HashError, Hashers, Secret};
///
/// let hashers = Hashers::new(Bcrypt::new(10)?);
/// let stored = hashers.hash(Secret::from("correct horse"))?.run()?;
/// assert!(stored.starts_with("$2b$10$"));
///
/// let long = Secret::from("x".repeat(73));
/// let refused = hashers.hash(long).unwrap_err();
/// assert_eq!(refused, HashError::Password(CannotHash::LongerThan(72)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bcrypt {
    params: BcryptParams,
}

impl Bcrypt {
    const SALT_CHARS: usize = 22;
    const DIGEST_CHARS: usize = 31;

    pub(crate) const DEFAULT: Self = match Self::new(12) {
        Ok(bcrypt) => bcrypt,
        Err(InvalidParameters) => panic!("between 4 and 31"),
    };

    /// Writes with 2^`cost` rounds, from 4 to 31. Each step doubles the time; 10 takes about 45 ms.
    ///
    /// # Errors
    /// [`InvalidParameters`] if `cost` is out of its range.
    pub const fn new(cost: u32) -> Result<Self, InvalidParameters> {
        match BcryptParams::new(cost) {
            Ok(params) => Ok(Self { params }),
            Err(error) => Err(error),
        }
    }

    /// What it writes with.
    pub const fn params(&self) -> BcryptParams {
        self.params
    }
}

impl Default for Bcrypt {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Format for Bcrypt {
    fn claims(&self, stored: &str) -> bool {
        // `$2$` and any letter: so that an unsupported variant is refused as bcrypt, by name.
        stored.starts_with("$2$") || (stored.starts_with("$2") && stored.get(3..4) == Some("$"))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$")?;
        match cursor.until(&['$']) {
            "2a" | "2b" | "2y" => {}
            "2x" => {
                return Err(Refused::Unsupported(
                    "bcrypt's $2x$ marks hashes of a faulty implementation, which collide",
                ));
            }
            _ => return Err(cursor.error(MalformedKind::Syntax).into()),
        }
        cursor.expect("$")?;
        let cost_at = cursor.error(MalformedKind::Number);
        let cost = match cursor.until(&['$']).as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                u32::from(tens - b'0') * 10 + u32::from(ones - b'0')
            }
            _ => return Err(cost_at.into()),
        };
        let params = BcryptParams::new(cost)
            .map_err(|InvalidParameters| Malformed { kind: MalformedKind::Range, ..cost_at })?;
        cursor.expect("$")?;
        let rest = cursor.rest();
        if rest.len() != Self::SALT_CHARS + Self::DIGEST_CHARS {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        let not_base64 = cursor.error(MalformedKind::Base64);
        // Bytes, since a character beyond ASCII could stand across the border.
        let (salt, digest) = rest.as_bytes().split_at(Self::SALT_CHARS);
        let salt = encoding::decode(&BCRYPT, salt).ok_or(not_base64)?;
        let digest = encoding::decode(&BCRYPT, digest).ok_or(not_base64)?;
        let derivation = Derivation::new(Algorithm::Bcrypt(params), &salt);
        Ok(StoredHash::of("bcrypt", derivation, digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::tail(stored, Self::DIGEST_CHARS, blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // The key schedule repeats password and NUL, so that `U*U` and `U*U\0U*U` are one key.
        !password.contains(&0)
    }
}

impl Hasher for Bcrypt {
    fn salt_len(&self) -> usize {
        16
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Bcrypt(self.params), salt)
    }

    fn key_len(&self) -> usize {
        bcrypt::DIGEST_LEN
    }

    fn can_hash(&self, password: &[u8]) -> Result<(), CannotHash> {
        if password.contains(&0) {
            return Err(CannotHash::HoldsNul);
        }
        if password.len() > bcrypt::PASSWORD_LEN {
            return Err(CannotHash::LongerThan(bcrypt::PASSWORD_LEN));
        }
        Ok(())
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let mut stored = format!("$2b${:02}$", self.params.cost());
        push_base64(&mut stored, &BCRYPT, derivation.salt());
        push_base64(&mut stored, &BCRYPT, key);
        stored
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        let Algorithm::Bcrypt(theirs) = stored.derivation().algorithm() else { return true };
        theirs.cost() < self.params.cost()
    }
}
