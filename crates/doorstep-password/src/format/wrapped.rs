//! Old hashes with a new one around them, made without any password:
//! `$wrapped$old=<base64>$argon2id$v=19$…`.
//!
//! A table is as weak as its oldest hashes until everybody has logged in. Wrapping hashes the old
//! *digests* today; to verify is to derive the old digest from the password, and the new one from that.
//! Behind `old=` stands the old string with zeros for its digest ([`Format::blank`]), in base64 without
//! padding (RFC 4648 §4), which are characters that the PHC string format allows in a parameter's
//! value. Behind that stands the string of the new hash, whose password was the old digest in base64
//! with padding. The old digest is nowhere in it.
//!
//! What it cannot mend: whoever has an old digest from elsewhere, such as another site's table of
//! unsalted MD5, can try that digest against the new hash without knowing the password. A key around
//! the new hash ([`Peppered`](crate::Peppered)) is against that.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;

use super::{BuiltIn, Format, Hasher, plain_formats};
use crate::encoding::{B64, Cursor, push_base64};
use crate::hashers::{Encoder, HashError, Salt};
use crate::limits::Limits;
use crate::secret::Secret;
use crate::stored::{Malformed, MalformedKind, Parameter, Refused, StoredHash};
use crate::work::{Derivation, Goal, KeyStep, OutOfMemory, Work};

/// Reads wrapped hashes, and wraps old ones.
///
/// A wrapped hash is always outdated: the next login of its user replaces it by a plain one.
///
/// ```
/// use doorstep_password::{Argon2, Bcrypt, Hashers, Secret, Verdict, Wrapped};
///
/// let wrapped = Wrapped::new(Argon2::default()).of(Bcrypt::default());
/// // A hash of too low a cost, whose password nobody here knows.
/// let old = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// let stored = wrapped.wrap(old)?.run()?;
/// assert!(stored.starts_with("$wrapped$old="));
///
/// let hashers = Hashers::new(Argon2::default()).accept(wrapped);
/// assert_eq!(hashers.verify(Secret::from("U*U"), &stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Wrapped {
    new: Arc<dyn Hasher>,
    old: Vec<Arc<dyn Format>>,
    limits: Limits,
}

impl Wrapped {
    const PREFIX: &str = "$wrapped$old=";

    /// Wraps with `new`, which may be [`Peppered`](crate::Peppered). Old formats come with
    /// [`of`](Self::of).
    pub fn new(new: impl Hasher) -> Self {
        Self { new: Arc::new(new), old: Vec::new(), limits: Limits::default() }
    }

    /// Wraps hashes of every format that is built in and told by its prefix.
    pub fn of_all(new: impl Hasher) -> Self {
        plain_formats().map(BuiltIn::format).fold(Self::new(new), Self::of)
    }

    /// Wraps hashes of one more old format. Where two claim one string, the earlier reads it.
    pub fn of(mut self, old: impl Format) -> Self {
        self.old.push(Arc::new(old));
        self
    }

    /// Replaces the [`Limits`] within which old hashes are wrapped: the same as those of the
    /// [`Hashers`](crate::Hashers) that are to verify them, or it will be in vain.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Work that puts a new hash around an old one, with a salt from the operating system. It is the
    /// caller's to run, alone or with others.
    ///
    /// # Errors
    /// [`HashError`], before any work: [`Refused`](HashError::Refused) if `old` is not to be verified
    /// at all, is wrapped already, or cannot be told from its digest.
    #[cfg(feature = "getrandom")]
    pub fn wrap(&self, old: &str) -> Result<Work<Wrapping>, HashError> {
        let salt = Salt::generate().ok_or(HashError::Entropy)?;
        self.wrap_with_salt(old, &salt)
    }

    /// The same with a salt from the host's own generator, without the feature `getrandom`.
    ///
    /// # Errors
    /// As of [`wrap`](Self::wrap).
    pub fn wrap_with_rng<R>(&self, old: &str, rng: &mut R) -> Result<Work<Wrapping>, HashError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let salt = Salt::from_rng(rng).ok_or(HashError::Entropy)?;
        self.wrap_with_salt(old, &salt)
    }

    fn wrap_with_salt(&self, old: &str, salt: &Salt) -> Result<Work<Wrapping>, HashError> {
        let (stored, blank) = self.read(old).map_err(HashError::Refused)?;
        let encoder = Encoder::new(self.new.clone(), salt);
        let derivation = around(encoder.derivation().clone(), &stored);
        self.limits.admit(&derivation, 0).map_err(HashError::Refused)?;
        let digest = KeyStep::Base64.apply(stored.digest());
        self.new.can_hash(digest.expose()).map_err(HashError::Password)?;
        let prefix = prefix(&blank);
        // What could not be read afterwards must not be made.
        if prefix.len() + encoder.encode(&[0; MAX_KEY_LEN]).len() > self.limits.stored_len {
            return Err(HashError::Refused(Refused::StoredTooLong));
        }
        let derivation = encoder.derivation().clone();
        Ok(Work::new(derivation, Wrapping { digest, prefix, encoder }))
    }

    /// What an old string says, and the same with zeros for its digest.
    fn read(&self, old: &str) -> Result<(StoredHash, String), Refused> {
        if old.len() > self.limits.stored_len {
            return Err(Refused::StoredTooLong);
        }
        if self.claims(old) {
            return Err(Refused::Unsupported("it is wrapped already"));
        }
        let format = self.old.iter().find(|format| format.claims(old));
        let format = format.ok_or(Refused::UnknownFormat)?;
        let stored = format.parse(old)?;
        let blank = format.blank(old);
        Ok((stored, blank.ok_or(Refused::Unsupported("its format cannot be wrapped"))?))
    }
}

/// The longest key of any algorithm, in bytes.
const MAX_KEY_LEN: usize = 64;

fn prefix(blank: &str) -> String {
    let mut prefix = String::from(Wrapped::PREFIX);
    push_base64(&mut prefix, &B64, blank.as_bytes());
    prefix
}

/// The derivation of a new hash around that of an old one.
fn around(new: Derivation, old: &StoredHash) -> Derivation {
    let text_len = old.digest().len().div_ceil(3) * 4;
    new.wrapping(old.derivation().clone().followed_by(KeyStep::Base64), text_len)
}

impl Format for Wrapped {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$wrapped$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect(Self::PREFIX)?;
        let not_old = cursor.error(MalformedKind::Syntax);
        let text = cursor.base64(&B64)?;
        let text = core::str::from_utf8(&text).map_err(|_| not_old)?;
        let (old, blank) = self.read(text).map_err(|refused| match refused {
            // Its places are those of another string.
            Refused::Malformed(Malformed { kind, .. }) => Malformed { kind, ..not_old }.into(),
            other => other,
        })?;
        // With the old digest in it, it would be no safer than the old hash.
        if blank != text {
            return Err(not_old.into());
        }
        if !self.new.claims(cursor.rest()) {
            return Err(cursor.error(MalformedKind::Syntax).into());
        }
        let new = cursor.inner(|rest| self.new.parse(rest))?;
        let description = described(&old);
        Ok(new.renamed("wrapped", |new| around(new, &old)).with_parameter("old", description))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let at = stored.strip_prefix(Self::PREFIX)?.find('$')? + Self::PREFIX.len();
        let (old, new) = stored.split_at(at);
        Some(format!("{old}{}", self.new.blank(new)?))
    }
}

/// The old format and its parameters, for people to read.
fn described(old: &StoredHash) -> String {
    let mut text = String::from(old.name());
    for Parameter { name, value } in old.parameters() {
        text.push_str(&format!(" {name}={value}"));
    }
    text
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped").field("new", &self.new).field("old", &self.old).finish()
    }
}

/// The goal of [`Wrapped::wrap`].
#[derive(Debug)]
pub struct Wrapping {
    /// The old digest in base64: whoever has it can guess passwords at the old hash's price.
    digest: Secret,
    prefix: String,
    encoder: Encoder,
}

impl Goal for Wrapping {
    type Output = Result<String, OutOfMemory>;

    fn password(&self) -> &[u8] {
        self.digest.expose()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        let Self { mut prefix, encoder, .. } = self;
        prefix.push_str(&encoder.encode(key?));
        Ok(prefix)
    }
}
