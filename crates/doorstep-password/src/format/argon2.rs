//! Argon2 in PHC strings: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`.
//!
//! The grammar is that of the reference implementation's `encoding.c` and of the PHC string format:
//! `v` may be absent and is 16 then; `m`, `t` and `p` come once each and in this order; the salt is
//! of 8 bytes or more and the tag of 4 or more, in base64 without padding. `keyid` and `data` are
//! refused: the key that they name is not at hand.

use alloc::format;
use alloc::string::String;

use super::{Format, Hasher};
use crate::encoding::{B64, Cursor, blank, push_base64};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::argon2::{Argon2Params, Argon2Variant, Argon2Version};
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads every PHC string of Argon2, and writes `$argon2id$v=19$`.
///
/// The default is OWASP's first choice: 19 MiB, 2 passes, 1 lane. A hash is outdated if its variant
/// or version is another, or if *m* or *m*·*t* is lower; the lanes never count.
///
/// ```
/// use doorstep_password::{Argon2, Hashers};
///
/// // RFC 9106 §4, the second recommended option.
/// let hashers = Hashers::new(Argon2::new(64 * 1024, 3, 4)?);
/// # Ok::<(), doorstep_password::InvalidParameters>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2 {
    params: Argon2Params,
}

impl Argon2 {
    /// 16 bytes: RFC 9106 §3.1 recommends it for passwords.
    const SALT_LEN: usize = 16;
    /// 32 bytes: RFC 9106 §4.
    const TAG_LEN: usize = 32;

    const DEFAULT: Self = match Self::new(19 * 1024, 2, 1) {
        Ok(argon2) => argon2,
        Err(InvalidParameters) => panic!("within the ranges of RFC 9106"),
    };

    /// Writes with `memory_kib` (*m*, in KiB, at least 8 × `lanes`), `passes` (*t*, from 1) and
    /// `lanes` (*p*, from 1).
    ///
    /// # Errors
    /// [`InvalidParameters`] if one is out of its range.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, InvalidParameters> {
        match Argon2Params::new(memory_kib, passes, lanes, Self::TAG_LEN) {
            Ok(params) => Ok(Self { params }),
            Err(error) => Err(error),
        }
    }

    /// What it writes with.
    pub const fn params(&self) -> Argon2Params {
        self.params
    }
}

impl Default for Argon2 {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Format for Argon2 {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$argon2")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("$argon2")?;
        let variant = match cursor.until(&['$']) {
            "d" => Argon2Variant::Argon2d,
            "i" => Argon2Variant::Argon2i,
            "id" => Argon2Variant::Argon2id,
            _ => return Err(cursor.error(MalformedKind::Syntax).into()),
        };
        // The reference implementation wrote no version before 1.3.
        let mut version = Argon2Version::V0x10;
        if cursor.accept("$v=") {
            version = match cursor.decimal()? {
                16 => Argon2Version::V0x10,
                19 => Argon2Version::V0x13,
                _ => return Err(cursor.error(MalformedKind::Range).into()),
            };
        }
        cursor.expect("$m=")?;
        let memory_kib = cursor.decimal()?;
        cursor.expect(",t=")?;
        let passes = cursor.decimal()?;
        cursor.expect(",p=")?;
        let lanes = cursor.decimal()?;
        let parameters_end = cursor.error(MalformedKind::Range);
        cursor.expect("$")?;
        let salt = cursor.base64(&B64)?;
        if salt.len() < 8 {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect("$")?;
        let tag = cursor.base64(&B64)?;
        if !(4..=1024).contains(&tag.len()) {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.end()?;
        let mut params = Argon2Params::new(memory_kib, passes, lanes, tag.len())
            .map_err(|InvalidParameters| parameters_end)?;
        params.variant = variant;
        params.version = version;
        Ok(StoredHash::of("argon2", Derivation::new(Algorithm::Argon2(params), &salt), tag))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::BASE64)
    }
}

impl Hasher for Argon2 {
    fn salt_len(&self) -> usize {
        Self::SALT_LEN
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Argon2(self.params), salt)
    }

    fn key_len(&self) -> usize {
        Self::TAG_LEN
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let (m, t, p) = (self.params.memory_kib(), self.params.passes(), self.params.lanes());
        let mut stored = format!("$argon2id$v=19$m={m},t={t},p={p}$");
        push_base64(&mut stored, &B64, derivation.salt());
        stored.push('$');
        push_base64(&mut stored, &B64, key);
        stored
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        let Algorithm::Argon2(theirs) = stored.derivation().algorithm() else { return true };
        let work =
            |params: &Argon2Params| u64::from(params.memory_kib()) * u64::from(params.passes());
        theirs.variant != self.params.variant
            || theirs.version != self.params.version
            || theirs.memory_kib() < self.params.memory_kib()
            || work(theirs) < work(&self.params)
            || theirs.tag_len() < 16
    }
}
