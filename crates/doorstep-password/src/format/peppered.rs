//! Hashes that are worthless without a key of the host's: `$peppered$keyid=2026-11$argon2id$…`.
//!
//! The password is first put through HMAC-SHA-256 (RFC 2104) under the key, and the tag in base64 with
//! padding (RFC 4648 §4: 44 characters) is what the hasher within takes as its password. Behind
//! `$peppered$keyid=<id>` stands that hasher's own string. The id is not the key and no secret: up to
//! 32 characters of `[A-Za-z0-9/+.-]`, as the PHC string format has them for a parameter's value.
//!
//! The key belongs where the hashes are not: in a secret store or an HSM's reach, never in the
//! database. A hash whose key is gone is refused, and the users of such hashes need a new password.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::{CannotHash, Format, Hasher};
use crate::encoding::Cursor;
use crate::secret::Secret;
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::{Derivation, HashFunction, InvalidParameters, PasswordStep};

/// Puts a key around a hasher: who steals the table alone cannot guess passwords against it.
///
/// New hashes are made with the key of [`Peppered::new`]; those of [`also`](Self::also) only verify,
/// and are outdated. So a key is rotated by a new first one, and dropped when no hash has its id.
///
/// Any password can be hashed, however long and whatever it holds, since the hasher takes the tag.
///
/// ```
/// use doorstep_password::{Argon2, Bcrypt, Hashers, Peppered, Refused, Secret, Verdict};
///
/// let key = || Secret::from("32 bytes from where secrets live");
/// let hashers = Hashers::new(Peppered::new(Bcrypt::new(5)?, "2025", key())?);
/// let stored = hashers.hash(Secret::from("open sesame"))?.run()?;
/// assert!(stored.starts_with("$peppered$keyid=2025$2b$05$"));
///
/// // A year later: a new key, and the old one for those who have not logged in since.
/// let next = Secret::from("another 32 bytes from that place");
/// let hashers = Hashers::new(Peppered::new(Bcrypt::new(5)?, "2026", next)?.also("2025", key())?);
/// assert_eq!(hashers.verify(Secret::from("open sesame"), &stored)?.run()?, Verdict::Outdated);
///
/// // Losing a key is no mismatch: nothing can be said about the password.
/// let lost = Hashers::new(Peppered::new(Bcrypt::new(5)?, "2027", key())?);
/// let refused = lost.verify(Secret::from("open sesame"), &stored).unwrap_err();
/// assert_eq!(refused, Refused::UnknownKey);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Peppered {
    hasher: Arc<dyn Hasher>,
    /// The one that new hashes are made with is the first.
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    secret: Arc<Secret>,
}

impl Peppered {
    /// The shortest key, in bytes: 128 bits.
    pub const KEY_LEN: usize = 16;
    /// The most characters of a key's id.
    const ID_LEN: usize = 32;
    const PREFIX: &str = "$peppered$keyid=";
    /// The characters of a tag in base64.
    const TAG_LEN: usize = 44;

    /// Makes hashes with `hasher` under `key`, whose id is written into them.
    ///
    /// # Errors
    /// [`InvalidParameters`] if the key is shorter than [`KEY_LEN`](Self::KEY_LEN), or the id is empty,
    /// longer than 32 characters, or of other characters than `[A-Za-z0-9/+.-]`.
    pub fn new(hasher: impl Hasher, id: &str, key: Secret) -> Result<Self, InvalidParameters> {
        Self { hasher: Arc::new(hasher), keys: Vec::new() }.also(id, key)
    }

    /// Verifies hashes under one more key.
    ///
    /// # Errors
    /// [`InvalidParameters`] as of [`new`](Self::new), and if there is a key of this id already.
    pub fn also(mut self, id: &str, key: Secret) -> Result<Self, InvalidParameters> {
        let is_taken = self.keys.iter().any(|known| known.id == id);
        if key.len() < Self::KEY_LEN || !is_id(id) || is_taken {
            return Err(InvalidParameters);
        }
        self.keys.push(Key { id: id.into(), secret: Arc::new(key) });
        Ok(self)
    }

    /// The key of new hashes: there is one from the constructor on.
    fn first(&self) -> &Key {
        &self.keys[0]
    }
}

fn is_id(id: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/+.-".contains(&byte);
    (1..=Peppered::ID_LEN).contains(&id.len()) && id.bytes().all(is_allowed)
}

impl Key {
    fn steps(&self) -> [PasswordStep; 2] {
        [PasswordStep::Hmac(HashFunction::Sha256, self.secret.clone()), PasswordStep::Base64]
    }
}

impl Format for Peppered {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$peppered$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect(Self::PREFIX)?;
        let no_id = cursor.error(MalformedKind::Syntax);
        let id = cursor.until(&['$']);
        if !is_id(id) {
            return Err(no_id.into());
        }
        if !self.hasher.claims(cursor.rest()) {
            return Err(cursor.error(MalformedKind::Syntax).into());
        }
        let within = cursor.inner(|rest| self.hasher.parse(rest))?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(Refused::UnknownKey)?;
        Ok(within.within("peppered", &key.steps()).with_parameter("keyid", id))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let (id, within) = split(stored)?;
        Some(format!("{}{id}{}", Self::PREFIX, self.hasher.blank(within)?))
    }
}

/// The key's id, and the string of the hasher within.
fn split(stored: &str) -> Option<(&str, &str)> {
    let rest = stored.strip_prefix(Peppered::PREFIX)?;
    Some(rest.split_at(rest.find('$')?))
}

impl Hasher for Peppered {
    fn salt_len(&self) -> usize {
        self.hasher.salt_len()
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        let steps = self.first().steps();
        steps.into_iter().fold(self.hasher.derivation(salt), Derivation::prepared_by)
    }

    fn key_len(&self) -> usize {
        self.hasher.key_len()
    }

    fn can_hash(&self, _: &[u8]) -> Result<(), CannotHash> {
        self.hasher.can_hash(&[b'A'; Self::TAG_LEN])
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let within = self.hasher.encode(derivation, key);
        format!("{}{}{within}", Self::PREFIX, self.first().id)
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        !stored.derivation().begins_with(&self.first().steps()) || self.hasher.is_outdated(stored)
    }
}

/// Shows the ids, never a key.
impl fmt::Debug for Peppered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|key| &key.id).collect();
        f.debug_struct("Peppered").field("hasher", &self.hasher).field("keys", &ids).finish()
    }
}
