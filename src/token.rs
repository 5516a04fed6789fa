//! Tokens: how they are made, what is stored of them, and what a lookup brings back.

use alloc::string::String;
use core::fmt;

use doorstep_password::{Secret, TryCryptoRng};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::grammar::is_tchar;
use crate::scopes::Scopes;
use crate::time::UnixTime;

/// The SHA-256 of a token as it is sent: what a host stores and looks up.
///
/// A fast hash is enough for random tokens of 128 bits or more, which nobody can guess; it is not for
/// anything that a person chose. Equality takes constant time.
///
/// ```
/// use doorstep::TokenDigest;
///
/// let digest = TokenDigest::of(b"mF_9.B5f-4.1JqM");
/// assert_eq!(TokenDigest::from_bytes(*digest.as_bytes()), digest);
/// ```
#[derive(Clone, Copy, Eq)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token.
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// A digest that was stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

/// What a store knows of a token.
///
/// ```
/// use doorstep::{Scopes, TokenDigest, TokenRecord, UnixTime};
///
/// let mut record = TokenRecord::new(TokenDigest::of(b"mF_9.B5f-4.1JqM"));
/// record.scopes = Scopes::parse("read")?;
/// record.expires = Some(UnixTime::from_secs(1_800_000_000));
/// # Ok::<(), doorstep::InvalidScope>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenRecord {
    /// The digest in the row that was found. It is compared with the one that was asked for, so that
    /// a lookup that returns another row grants nothing.
    pub digest: TokenDigest,
    /// What the token may do.
    pub scopes: Scopes,
    /// The first second at which it is no longer taken; `None` for never.
    pub expires: Option<UnixTime>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Whether the account that it belongs to is disabled.
    pub owner_disabled: bool,
}

impl TokenRecord {
    /// A valid token without scopes that never expires.
    pub const fn new(digest: TokenDigest) -> Self {
        Self {
            digest,
            scopes: Scopes::NONE_ASKED,
            expires: None,
            revoked: false,
            owner_disabled: false,
        }
    }
}

/// How a host's tokens look: a prefix, 30 random characters and a checksum, as GitHub's.
///
/// `ds_` followed by 178 random bits in base62 and the CRC-32 of those, in 6 more digits. The prefix
/// lets a scanner find leaked tokens; the checksum lets a typo, or a token of somebody else's, be
/// refused without a lookup. It proves nothing else: everybody can compute it.
///
/// ```
/// use doorstep::TokenFormat;
///
/// let format = TokenFormat::new("ds_")?;
/// let token = format.generate()?;
/// assert!(format.check(token.expose()));
/// assert!(!format.check(b"ds_typo"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFormat {
    prefix: String,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl TokenFormat {
    /// Random characters: 30 of 5.95 bits each.
    const RANDOM_LEN: usize = 30;
    /// 62^6 is more than 2^32.
    const CHECKSUM_LEN: usize = 6;

    /// A format with `prefix`, of at most 32 letters, digits, `-`, `.`, `_` and `~`.
    ///
    /// # Errors
    /// [`InvalidPrefix`] if it is longer or holds another character.
    pub fn new(prefix: &str) -> Result<Self, InvalidPrefix> {
        // Of token68 but without `+` and `/`, so that a double click selects a whole token.
        let fits =
            |byte: u8| is_tchar(byte) && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        if prefix.len() > 32 || !prefix.bytes().all(fits) {
            return Err(InvalidPrefix);
        }
        Ok(Self { prefix: prefix.into() })
    }

    /// A new token, from the operating system's entropy. Store its [`TokenDigest`] and show it once.
    ///
    /// # Errors
    /// [`NoEntropy`] if there is none.
    #[cfg(feature = "getrandom")]
    pub fn generate(&self) -> Result<Secret, NoEntropy> {
        self.fill(|bytes| getrandom::fill(bytes).map_err(|_| NoEntropy))
    }

    /// The same from the host's own generator.
    ///
    /// # Errors
    /// [`NoEntropy`] if the generator fails, or repeats a few bytes that no digit comes from.
    pub fn generate_with_rng<R>(&self, rng: &mut R) -> Result<Secret, NoEntropy>
    where
        R: TryCryptoRng + ?Sized,
    {
        self.fill(|bytes| rng.try_fill_bytes(bytes).map_err(|_| NoEntropy))
    }

    fn fill(
        &self,
        mut random: impl FnMut(&mut [u8]) -> Result<(), NoEntropy>,
    ) -> Result<Secret, NoEntropy> {
        let len = self.prefix.len() + Self::RANDOM_LEN + Self::CHECKSUM_LEN;
        // Wiped on every way out, and never longer than its capacity.
        let mut token = Zeroizing::new(alloc::vec::Vec::with_capacity(len));
        token.extend_from_slice(self.prefix.as_bytes());
        let end = len - Self::CHECKSUM_LEN;
        let mut bytes = Zeroizing::new([0; 32]);
        // One in 32 bytes is passed over: a generator of which this many are not enough is none.
        for _ in 0..16 {
            if token.len() == end {
                break;
            }
            random(&mut *bytes)?;
            // 248 = 4 × 62: what lies above would make the first digits more likely.
            let digits = bytes.iter().filter(|&&byte| byte < 248);
            let digits = digits.map(|byte| BASE62[usize::from(byte % 62)]);
            let missing = end - token.len();
            token.extend(digits.take(missing));
        }
        if token.len() < end {
            return Err(NoEntropy);
        }
        let checksum = checksum(&token[self.prefix.len()..]);
        token.extend_from_slice(&checksum);
        Ok(Secret::from(core::mem::take(&mut *token)))
    }

    /// Whether `token` has this format and its checksum fits. It says nothing about who made it.
    pub fn check(&self, token: &[u8]) -> bool {
        let Some(body) = token.strip_prefix(self.prefix.as_bytes()) else { return false };
        let Some((random, last)) = body.split_at_checked(Self::RANDOM_LEN) else { return false };
        body.iter().all(|byte| BASE62.contains(byte)) && last == checksum(random)
    }
}

/// The CRC-32 of the random part in base62, as GitHub's tokens have it.
fn checksum(random: &[u8]) -> [u8; TokenFormat::CHECKSUM_LEN] {
    let mut crc = crc32fast::hash(random);
    let mut digits = [b'0'; TokenFormat::CHECKSUM_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(crc % 62) as usize];
        crc /= 62;
    }
    digits
}

/// A token prefix is too long or holds a character that is not for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPrefix;

impl fmt::Display for InvalidPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token prefix is at most 32 letters, digits and any of -._~")
    }
}

impl core::error::Error for InvalidPrefix {}

/// There was no entropy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no entropy")
    }
}

impl core::error::Error for NoEntropy {}
