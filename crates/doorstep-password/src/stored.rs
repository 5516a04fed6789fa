//! A stored hash that has been read, and why one was not.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::work::{Cost, Derivation, PasswordStep};

/// What a stored string says: its format, how its digest was derived, and the digest.
///
/// `Debug` shows the parameters, never the salt or the digest. [`Hashers::inspect`] reads one.
///
/// [`Hashers::inspect`]: crate::Hashers::inspect
#[derive(Clone)]
pub struct StoredHash {
    name: &'static str,
    derivation: Derivation,
    /// Wiped, since of the right password it is the derived key.
    digest: Zeroizing<Vec<u8>>,
    /// What is not the algorithm's.
    more: Vec<Parameter>,
}

/// One named parameter of a stored hash, as [`StoredHash::parameters`] lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name in the format's own words: `m`, `rounds`, `cost`.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl StoredHash {
    /// A stored hash of the algorithm that passlib calls `name`.
    pub fn new(name: &'static str, derivation: Derivation, digest: &[u8]) -> Self {
        Self::of(name, derivation, Zeroizing::new(digest.to_vec()))
    }

    /// The same of a digest that was decoded for it.
    pub(crate) fn of(
        name: &'static str,
        derivation: Derivation,
        digest: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self { name, derivation, digest, more: Vec::new() }
    }

    /// What is needed to verify against it. The digest is wiped still.
    pub(crate) fn into_parts(mut self) -> (Derivation, Secret) {
        (self.derivation, core::mem::take(&mut *self.digest).into())
    }

    /// The same under another name and with more steps: a format within a format.
    pub(crate) fn within(self, name: &'static str, steps: &[PasswordStep]) -> Self {
        let prepared =
            |derivation: Derivation, step: &PasswordStep| derivation.prepared_by(step.clone());
        self.renamed(name, |derivation| steps.iter().fold(derivation, prepared))
    }

    /// The same under another name and derived in another way.
    pub(crate) fn renamed(
        self,
        name: &'static str,
        derive: impl FnOnce(Derivation) -> Derivation,
    ) -> Self {
        Self { name, derivation: derive(self.derivation), ..self }
    }

    /// The same with one parameter more that people may read, such as the id of a key.
    pub(crate) fn with_parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push(Parameter { name, value: value.into() });
        self
    }

    /// passlib's name of the algorithm, such as `pbkdf2_sha256`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How the digest was derived. It knows the salt.
    pub fn derivation(&self) -> &Derivation {
        &self.derivation
    }

    /// The digest. Whoever has it can guess passwords against it.
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// The parameters, without salt and digest, for people to read.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.derivation
            .algorithm()
            .parameters()
            .into_iter()
            .map(|(name, value)| Parameter { name, value })
            .chain(self.more.iter().cloned())
            .collect()
    }

    /// What verifying a password of so many bytes costs. The length counts for sha-crypt alone.
    pub fn cost(&self, password_len: usize) -> Cost {
        self.derivation.cost(password_len)
    }
}

impl fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredHash")
            .field("name", &self.name)
            .field("algorithm", self.derivation.algorithm())
            .finish_non_exhaustive()
    }
}

/// A string is not what its format allows. It names the place, and holds nothing of the string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// The byte offset at which reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub kind: MalformedKind,
}

impl Malformed {
    /// An error at byte `at`, for formats that other crates write.
    pub const fn new(at: usize, kind: MalformedKind) -> Self {
        Self { at, kind }
    }
}

/// What is wrong with a malformed string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MalformedKind {
    /// Another character or parameter than the format has here.
    Syntax,
    /// No number in canonical decimal: a sign, a leading zero, no digit.
    Number,
    /// A number that the algorithm does not take.
    Range,
    /// No canonical base64: another alphabet, padding, or unused bits that are not zero.
    Base64,
    /// A salt or digest of another length than the format's.
    Length,
    /// Something follows the hash.
    Trailing,
}

impl fmt::Display for MalformedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MalformedKind::Syntax => "unexpected character or parameter",
            MalformedKind::Number => "not a number in canonical decimal",
            MalformedKind::Range => "number outside the algorithm's range",
            MalformedKind::Base64 => "not canonical base64",
            MalformedKind::Length => "salt or digest of the wrong length",
            MalformedKind::Trailing => "something follows the hash",
        })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.at)
    }
}

impl core::error::Error for Malformed {}

/// Why a stored hash is not looked at further. No work was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// No accepted format claims the string.
    UnknownFormat,
    /// Its format is known, and is refused for the reason given.
    Unsupported(&'static str),
    /// Its format claims it, and it is not what the format allows.
    Malformed(Malformed),
    /// It costs more than the limit that is named allows.
    TooCostly(&'static str),
    /// It was made with a key whose id no key here has. Nothing can be said about the password.
    UnknownKey,
    /// The stored string is longer than [`Limits::stored_len`](crate::Limits::stored_len).
    StoredTooLong,
    /// The password is longer than [`Limits::password_len`](crate::Limits::password_len).
    PasswordTooLong,
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Refused::Malformed(malformed)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::UnknownFormat => f.write_str("no accepted format claims this hash"),
            Refused::Unsupported(why) => f.write_str(why),
            Refused::Malformed(malformed) => malformed.fmt(f),
            Refused::UnknownKey => f.write_str("made with a key that is not here"),
            Refused::TooCostly(limit) => write!(f, "too costly: over the limit {limit}"),
            Refused::StoredTooLong => f.write_str("the hash is longer than the limit stored_len"),
            Refused::PasswordTooLong => {
                f.write_str("the password is longer than the limit password_len")
            }
        }
    }
}

impl core::error::Error for Refused {}
