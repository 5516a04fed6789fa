//! How a key is derived: an algorithm, its parameters and the salt.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::goal::OutOfMemory;
use super::nested::Nested;
use super::price::Cost;
use super::steps::{KeyStep, PasswordStep, Steps};
use crate::secret::Secret;
use crate::workspace::Workspace;

#[cfg(feature = "argon2")]
use super::argon2::{self, Argon2Params};
#[cfg(feature = "bcrypt")]
use super::bcrypt::{self, BcryptParams};
#[cfg(feature = "pbkdf2")]
use super::pbkdf2::{self, Pbkdf2Params, Prf};
#[cfg(feature = "sha-crypt")]
use super::sha_crypt::{self, ShaCryptParams, ShaCryptVariant};

/// A way to derive a key from a password: everything but the password.
///
/// What a [`Format`](crate::Format) reads out of a stored string. Formats that share an algorithm
/// share its code, whatever their strings look like. Where a format does something to the password
/// before the algorithm or to the key after it, these are steps beside the algorithm, which is thus
/// still the same for its company.
#[derive(Clone)]
pub struct Derivation {
    algorithm: Algorithm,
    salt: Box<[u8]>,
    /// Shared, so that the many derivations without any stay small.
    steps: Option<Arc<Steps>>,
}

/// An algorithm and its parameters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Algorithm {
    /// Argon2, RFC 9106.
    #[cfg(feature = "argon2")]
    Argon2(Argon2Params),
    /// bcrypt: the first 23 bytes of its output, of a password cut at 72 bytes.
    #[cfg(feature = "bcrypt")]
    Bcrypt(BcryptParams),
    /// PBKDF2 with HMAC, RFC 8018 §5.2.
    #[cfg(feature = "pbkdf2")]
    Pbkdf2(Pbkdf2Params),
    /// sha256-crypt and sha512-crypt; of a salt, the first 16 bytes count.
    #[cfg(feature = "sha-crypt")]
    ShaCrypt(ShaCryptParams),
    /// One that is written elsewhere.
    Other(Arc<dyn Kdf>),
}

impl Algorithm {
    /// The parameters by name, for people to read.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        match self {
            #[cfg(feature = "argon2")]
            Algorithm::Argon2(params) => params.list(),
            #[cfg(feature = "bcrypt")]
            Algorithm::Bcrypt(params) => vec![("cost", params.cost().to_string())],
            #[cfg(feature = "pbkdf2")]
            Algorithm::Pbkdf2(params) => vec![
                ("prf", params.prf().name().to_string()),
                ("rounds", params.rounds().to_string()),
                ("key_len", params.key_len().to_string()),
            ],
            #[cfg(feature = "sha-crypt")]
            Algorithm::ShaCrypt(params) => vec![("rounds", params.rounds().to_string())],
            Algorithm::Other(kdf) => kdf.parameters(),
        }
    }
}

/// An algorithm that another crate brings to [`Hashers`](crate::Hashers).
pub trait Kdf: fmt::Debug + Send + Sync + 'static {
    /// What it costs for a password of so many bytes, before any of it is done.
    fn cost(&self, password_len: usize) -> Cost;

    /// Whether a key can have been derived from `password`. If not, verifying it does the full work
    /// all the same, and ends in a mismatch.
    fn takes(&self, password: &[u8]) -> bool {
        let _ = password;
        true
    }

    /// Begins: does at most the smallest piece.
    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices>;

    /// The parameters by name, without any secret, for people to read.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("kdf", format!("{self:?}"))]
    }
}

/// A [`Kdf`] under way. Its `Drop` wipes what it holds.
pub trait Slices: Send + Sync {
    /// Does about `units`, at least the smallest piece, and says how many are left.
    fn advance(&mut self, units: u64) -> u64;

    /// The same in a workspace, for an algorithm whose memory the allocator may refuse, or that looks at
    /// the kernels. It is what [`Work`](crate::Work) calls.
    ///
    /// # Errors
    /// [`OutOfMemory`]: nothing was computed, and nothing is said about the password.
    fn advance_in(&mut self, units: u64, workspace: &Workspace) -> Result<u64, OutOfMemory> {
        let _ = workspace;
        Ok(self.advance(units))
    }

    /// The key, once `advance` has returned 0.
    fn finish(self: Box<Self>) -> Secret;
}

/// A kind of work that gains by company: what shares vectors, or goes on in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Company {
    /// bcrypt, whatever its costs.
    #[cfg(feature = "bcrypt")]
    Bcrypt,
    /// PBKDF2 with this PRF, whatever its rounds.
    #[cfg(feature = "pbkdf2")]
    Pbkdf2(Prf),
    /// sha-crypt of this variant, whatever its rounds.
    #[cfg(feature = "sha-crypt")]
    ShaCrypt(ShaCryptVariant),
}

impl Derivation {
    /// A derivation with the algorithm's parameters and `salt`, which is no secret.
    ///
    /// bcrypt takes 16 bytes of salt, sha-crypt up to 16: missing bytes are zero, others are cut.
    /// Formats are to refuse such salts before.
    pub fn new(algorithm: Algorithm, salt: &[u8]) -> Self {
        Self { algorithm, salt: salt.into(), steps: None }
    }

    /// Does one more thing to the password before the algorithm takes it.
    ///
    /// ```
    /// use doorstep_password::{Algorithm, BcryptParams, Derivation, HashFunction, PasswordStep};
    ///
    /// // bcrypt of the SHA-256 in hexadecimal, so that more than 72 bytes of password count.
    /// let bcrypt = Algorithm::Bcrypt(BcryptParams::new(12)?);
    /// let derivation = Derivation::new(bcrypt, b"sixteen of bytes")
    ///     .prepared_by(PasswordStep::Digest(HashFunction::Sha256))
    ///     .prepared_by(PasswordStep::Hex);
    /// # Ok::<(), doorstep_password::InvalidParameters>(())
    /// ```
    pub fn prepared_by(mut self, step: PasswordStep) -> Self {
        let before = &mut Arc::make_mut(self.steps.get_or_insert_default()).before;
        before.reserve_exact(1);
        before.push(step);
        self
    }

    /// Does one more thing to the key that the algorithm has derived.
    pub fn followed_by(mut self, step: KeyStep) -> Self {
        let after = &mut Arc::make_mut(self.steps.get_or_insert_default()).after;
        after.reserve_exact(1);
        after.push(step);
        self
    }

    /// Derives from the key of `old`, of `key_len` bytes, where it would have from the password.
    pub(crate) fn wrapping(mut self, old: Derivation, key_len: usize) -> Self {
        Arc::make_mut(self.steps.get_or_insert_default()).wrapped = Some((old, key_len));
        self
    }

    /// The derivation whose key this one takes, if that is not the password, and that key's length.
    pub(crate) fn wrapped(&self) -> Option<&(Derivation, usize)> {
        self.steps.as_ref()?.wrapped.as_ref()
    }

    /// Whether the first thing that is done to the password are these steps.
    pub(crate) fn begins_with(&self, steps: &[PasswordStep]) -> bool {
        self.steps.as_ref().is_some_and(|own| own.before.starts_with(steps))
    }

    /// The algorithm and its parameters.
    pub fn algorithm(&self) -> &Algorithm {
        &self.algorithm
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// Whether a key of this derivation can have been made from `password`: NUL ends what crypt(3)
    /// reads, and not every password is text.
    pub(crate) fn takes(&self, password: &[u8]) -> bool {
        if let Some((old, _)) = self.wrapped() {
            return old.takes(password);
        }
        match &self.steps {
            Some(steps) if !steps.before.is_empty() => steps.takes(password),
            _ => match &self.algorithm {
                #[cfg(feature = "bcrypt")]
                Algorithm::Bcrypt(_) => !password.contains(&0),
                #[cfg(feature = "sha-crypt")]
                Algorithm::ShaCrypt(_) => !password.contains(&0),
                #[cfg(feature = "argon2")]
                Algorithm::Argon2(_) => true,
                #[cfg(feature = "pbkdf2")]
                Algorithm::Pbkdf2(_) => true,
                Algorithm::Other(kdf) => kdf.takes(password),
            },
        }
    }

    /// What it costs for a password of so many bytes, its steps included.
    pub fn cost(&self, password_len: usize) -> Cost {
        let Some((old, key_len)) = self.wrapped() else { return self.own_cost(password_len) };
        // One after the other: the memory of the first is free when the second begins.
        let (first, second) = (old.cost(password_len), self.own_cost(*key_len));
        let memory_kib = first.memory_kib.max(second.memory_kib);
        Cost::new(memory_kib, first.units.saturating_add(second.units))
    }

    /// The same without the derivation that it wraps.
    pub(super) fn own_cost(&self, password_len: usize) -> Cost {
        let Some(steps) = &self.steps else { return self.algorithm_cost(password_len) };
        let (units, prepared_len) = steps.price(password_len);
        let cost = self.algorithm_cost(prepared_len);
        Cost::new(cost.memory_kib, cost.units.saturating_add(units))
    }

    fn algorithm_cost(&self, password_len: usize) -> Cost {
        match &self.algorithm {
            #[cfg(feature = "argon2")]
            Algorithm::Argon2(params) => Cost::new(u64::from(params.memory_kib()), params.units()),
            #[cfg(feature = "bcrypt")]
            Algorithm::Bcrypt(params) => Cost::new(5, params.units()),
            #[cfg(feature = "pbkdf2")]
            Algorithm::Pbkdf2(params) => Cost::new(1, params.units()),
            #[cfg(feature = "sha-crypt")]
            Algorithm::ShaCrypt(params) => Cost::new(
                params.memory_kib(password_len),
                params.units(password_len, self.salt.len()),
            ),
            Algorithm::Other(kdf) => kdf.cost(password_len),
        }
    }

    /// With which others it gains by going on together; `None` if with none.
    pub(crate) fn company(&self) -> Option<Company> {
        if let Some(company) = self.wrapped().and_then(|(old, _)| old.company()) {
            return Some(company);
        }
        match &self.algorithm {
            // Two memories do not fit in a processor's cache.
            #[cfg(feature = "argon2")]
            Algorithm::Argon2(_) => None,
            #[cfg(feature = "bcrypt")]
            Algorithm::Bcrypt(_) => Some(Company::Bcrypt),
            #[cfg(feature = "pbkdf2")]
            Algorithm::Pbkdf2(params) => Some(Company::Pbkdf2(params.prf())),
            #[cfg(feature = "sha-crypt")]
            Algorithm::ShaCrypt(params) => Some(Company::ShaCrypt(params.variant())),
            Algorithm::Other(_) => None,
        }
    }

    pub(crate) fn begin(
        &self,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Progress, OutOfMemory> {
        match self.wrapped() {
            Some((old, key_len)) => {
                let later = self.own_cost(*key_len).units;
                let nested = Box::new(Nested::begin(old, password, workspace)?);
                Ok(Progress::Nested { nested, later })
            }
            None => self.begin_own(password, workspace),
        }
    }

    /// The same without the derivation that it wraps: of that one's key, instead of the password.
    pub(super) fn begin_own(
        &self,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Progress, OutOfMemory> {
        let prepared = self.prepare(password);
        let password = prepared.as_ref().map_or(password, Secret::expose);
        Ok(match &self.algorithm {
            #[cfg(feature = "argon2")]
            Algorithm::Argon2(params) => {
                Progress::Argon2(argon2::State::begin(params, password, &self.salt, workspace)?)
            }
            #[cfg(feature = "bcrypt")]
            Algorithm::Bcrypt(params) => {
                let salt = fixed_salt(&self.salt);
                Progress::Bcrypt(bcrypt::State::begin(params, password, &salt, workspace))
            }
            #[cfg(feature = "pbkdf2")]
            Algorithm::Pbkdf2(params) => {
                Progress::Pbkdf2(pbkdf2::State::begin(params, password, &self.salt))
            }
            #[cfg(feature = "sha-crypt")]
            Algorithm::ShaCrypt(params) => {
                let salt = &self.salt[..self.salt.len().min(16)];
                Progress::ShaCrypt(sha_crypt::State::begin(params, password, salt))
            }
            Algorithm::Other(kdf) => {
                let remaining = kdf.cost(password.len()).units;
                let slices = kdf.begin(password, &self.salt);
                Progress::Other { slices: Box::new(Other(slices)), remaining }
            }
        })
    }

    /// Whether that was the last piece. `password` is the one it was begun with.
    pub(crate) fn advance(
        &self,
        progress: &mut Progress,
        units: u64,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<bool, OutOfMemory> {
        if let Progress::Nested { nested, .. } = progress {
            return nested.advance(self, units, password, workspace);
        }
        // The others have taken of it what they need.
        let prepared = if progress.reads_password() { self.prepare(password) } else { None };
        let password = prepared.as_ref().map_or(password, Secret::expose);
        progress.advance(units, password, workspace)
    }

    /// What the algorithm takes, if that is not the password itself.
    fn prepare(&self, password: &[u8]) -> Option<Secret> {
        self.steps.as_ref()?.prepare(password)
    }

    /// The key, once the last piece is done.
    pub(crate) fn finish(&self, progress: Progress, workspace: &mut Workspace) -> Secret {
        let key = progress.finish(workspace);
        match &self.steps {
            Some(steps) => steps.conclude(key),
            None => key,
        }
    }
}

/// Shows the parameters, never the salt.
impl fmt::Debug for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Derivation").field(&self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(feature = "bcrypt")]
fn fixed_salt(salt: &[u8]) -> [u8; 16] {
    let mut fixed = [0; 16];
    let len = salt.len().min(16);
    fixed[..len].copy_from_slice(&salt[..len]);
    fixed
}

/// A derivation under way. Its state is boxed, so that work moves cheaply and is wiped in one place.
///
/// Each variant is of two words, so that none has room that another fills: such room takes along whatever
/// lay on the stack, into a box or a batch.
pub(crate) enum Progress {
    #[cfg(feature = "argon2")]
    Argon2(argon2::State),
    #[cfg(feature = "bcrypt")]
    Bcrypt(bcrypt::State),
    #[cfg(feature = "pbkdf2")]
    Pbkdf2(pbkdf2::State),
    #[cfg(feature = "sha-crypt")]
    ShaCrypt(sha_crypt::State),
    Other {
        slices: Box<Other>,
        remaining: u64,
    },
    Nested {
        nested: Box<Nested>,
        /// The units of the second derivation.
        later: u64,
    },
}

/// One that is written elsewhere, behind one word.
pub(crate) struct Other(Box<dyn Slices>);

impl Progress {
    pub(crate) fn remaining(&self) -> u64 {
        match self {
            #[cfg(feature = "argon2")]
            Progress::Argon2(state) => state.remaining(),
            #[cfg(feature = "bcrypt")]
            Progress::Bcrypt(state) => state.remaining(),
            #[cfg(feature = "pbkdf2")]
            Progress::Pbkdf2(state) => state.remaining(),
            #[cfg(feature = "sha-crypt")]
            Progress::ShaCrypt(state) => state.remaining(),
            Progress::Other { remaining, .. } => *remaining,
            Progress::Nested { nested, later } => nested.remaining(*later),
        }
    }

    /// Whether another derivation follows the one that is under way.
    pub(crate) fn is_first_of_two(&self) -> bool {
        matches!(self, Progress::Nested { nested, .. } if nested.is_old())
    }

    /// Whether `advance` looks at the password.
    fn reads_password(&self) -> bool {
        match self {
            // Its first blocks are made once the memory is there.
            #[cfg(feature = "argon2")]
            Progress::Argon2(_) => true,
            _ => false,
        }
    }

    /// Whether that was the last of it. `password` is what it was begun with.
    fn advance(
        &mut self,
        units: u64,
        password: &[u8],
        workspace: &Workspace,
    ) -> Result<bool, OutOfMemory> {
        Ok(match self {
            #[cfg(feature = "argon2")]
            Progress::Argon2(state) => return state.advance(units, password, workspace),
            #[cfg(feature = "bcrypt")]
            Progress::Bcrypt(state) => state.advance(units),
            #[cfg(feature = "pbkdf2")]
            Progress::Pbkdf2(state) => state.advance(units, workspace),
            #[cfg(feature = "sha-crypt")]
            Progress::ShaCrypt(state) => state.advance(units, workspace),
            Progress::Other { slices, remaining } => {
                *remaining = slices.0.advance_in(units, workspace)?;
                *remaining == 0
            }
            // It is advanced by its derivation, which knows what comes next.
            Progress::Nested { .. } => false,
        })
    }

    /// Brings those that like company to their end, and leaves the others as they are.
    pub(crate) fn finish_together<'a>(
        batch: impl Iterator<Item = &'a mut Self>,
        workspace: &Workspace,
    ) {
        #[cfg(feature = "bcrypt")]
        let mut in_bcrypt = Vec::new();
        #[cfg(feature = "pbkdf2")]
        let mut in_pbkdf2 = Vec::new();
        #[cfg(feature = "sha-crypt")]
        let mut in_sha_crypt = Vec::new();
        for progress in batch {
            let Some(progress) = progress.under_way() else { continue };
            match progress {
                #[cfg(feature = "argon2")]
                Progress::Argon2(_) => {}
                #[cfg(feature = "bcrypt")]
                Progress::Bcrypt(state) => in_bcrypt.push(state),
                #[cfg(feature = "pbkdf2")]
                Progress::Pbkdf2(state) => in_pbkdf2.push(state),
                #[cfg(feature = "sha-crypt")]
                Progress::ShaCrypt(state) => in_sha_crypt.push(state),
                Progress::Other { .. } | Progress::Nested { .. } => {}
            }
        }
        #[cfg(feature = "bcrypt")]
        bcrypt::finish_together(in_bcrypt);
        #[cfg(feature = "pbkdf2")]
        pbkdf2::finish_together(in_pbkdf2, workspace);
        #[cfg(feature = "sha-crypt")]
        sha_crypt::finish_together(in_sha_crypt, workspace);
    }

    /// The one that is at work, of those within one another.
    fn under_way(&mut self) -> Option<&mut Self> {
        match self {
            Progress::Nested { nested, .. } => nested.under_way()?.under_way(),
            alone => Some(alone),
        }
    }

    pub(super) fn finish(self, workspace: &mut Workspace) -> Secret {
        match self {
            #[cfg(feature = "argon2")]
            Progress::Argon2(state) => state.finish(workspace),
            #[cfg(feature = "bcrypt")]
            Progress::Bcrypt(mut state) => state.finish(),
            #[cfg(feature = "pbkdf2")]
            Progress::Pbkdf2(mut state) => state.finish(),
            #[cfg(feature = "sha-crypt")]
            Progress::ShaCrypt(state) => state.finish(),
            Progress::Other { slices, .. } => slices.0.finish(),
            Progress::Nested { nested, .. } => nested.finish(workspace),
        }
    }
}
