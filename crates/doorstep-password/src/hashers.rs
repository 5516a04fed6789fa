//! An ordered set of hashers: the first writes, all verify, what the first would not write is
//! outdated. Judges no user and stores nothing.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use crate::decoy::{Decoy, StandIn};
use crate::format::{CannotHash, Format, Hasher};
use crate::limits::Limits;
#[cfg(feature = "unicode")]
use crate::normalization::Normalization;
use crate::secret::Secret;
use crate::shares::{InvalidShares, Shares};
use crate::stack;
use crate::stored::{Refused, StoredHash};
use crate::work::{Derivation, Goal, OutOfMemory, Work};

/// The hashers of a host, the preferred first. Cheap to clone.
///
/// ```
/// use doorstep_password::{Argon2, Bcrypt, Hashers, Pbkdf2, ShaCrypt};
///
/// let hashers = Hashers::new(Argon2::default())
///     .accept(Pbkdf2::default())
///     .accept(Bcrypt::default())
///     .accept(ShaCrypt::default());
/// let old = "$pbkdf2-sha256$29000$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A";
/// assert_eq!(hashers.inspect(old)?.name(), "pbkdf2_sha256");
/// assert!(hashers.needs_update(old)?);
/// # Ok::<(), doorstep_password::Refused>(())
/// ```
#[derive(Clone)]
pub struct Hashers {
    preferred: Arc<dyn Hasher>,
    accepted: Arc<[Arc<dyn Format>]>,
    limits: Limits,
    stand_in: Arc<StandIn>,
    shares: Option<Arc<Shares>>,
    #[cfg(feature = "unicode")]
    normalization: Option<Normalization>,
}

impl Hashers {
    /// A set of one, which writes and verifies.
    ///
    /// Writes the string that [`decoy`](Self::decoy) reads, once: with each decoy it would take the time
    /// that no account's hash takes.
    pub fn new(preferred: impl Hasher) -> Self {
        Self {
            stand_in: Arc::new(StandIn::of(&preferred)),
            preferred: Arc::new(preferred),
            accepted: Arc::new([]),
            limits: Limits::default(),
            shares: None,
            #[cfg(feature = "unicode")]
            normalization: None,
        }
    }

    /// Verifies the hashes of one more format; they are outdated, however strong they are, since a
    /// new hash is not written so.
    ///
    /// Where two formats claim one string, the earlier reads it.
    pub fn accept(self, format: impl Format) -> Self {
        let more = core::iter::once(Arc::new(format) as Arc<dyn Format>);
        Self { accepted: self.accepted.iter().cloned().chain(more).collect(), ..self }
    }

    /// Replaces the [`Limits`].
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Normalises passwords, of which one keyboard sends `é` as a character and another as two.
    ///
    /// New hashes are made of the normalised password. Verifying tries the password as it was sent
    /// and, if that is another, normalised: old hashes keep their users. Both are tried whatever
    /// comes of the first, and the price says so before: it is twice that of one, for unknown users
    /// as well. What matches only as it was sent is [`Verdict::Outdated`], and so is normalised by
    /// the next login.
    ///
    /// Without it, passwords are compared byte for byte.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers, Normalization, Secret, Verdict};
    ///
    /// let bytes = Hashers::new(Bcrypt::new(5)?);
    /// let old = bytes.hash(Secret::from("cafe\u{301}"))?.run()?;
    /// let hashers = bytes.normalize(Normalization::Nfc);
    /// assert_eq!(hashers.verify(Secret::from("cafe\u{301}"), &old)?.run()?, Verdict::Outdated);
    ///
    /// let new = hashers.hash(Secret::from("cafe\u{301}"))?.run()?;
    /// assert_eq!(hashers.verify(Secret::from("caf\u{e9}"), &new)?.run()?, Verdict::Match);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "unicode")]
    pub fn normalize(self, normalization: Normalization) -> Self {
        Self { normalization: Some(normalization), ..self }
    }

    /// What a new hash is made of instead of `password`; `None` if that is the password itself.
    pub fn normalized(&self, password: &[u8]) -> Option<Secret> {
        #[cfg(feature = "unicode")]
        return self.normalization?.apply(password);
        #[cfg(not(feature = "unicode"))]
        {
            let _ = password;
            None
        }
    }

    /// The longest password that is looked at, in bytes.
    pub fn password_len(&self) -> usize {
        self.limits.password_len
    }

    /// Gives unknown names the work of old formats, in the shares that these have of all accounts.
    ///
    /// Each entry is any hash of the old format and parameters, and its share between 0 and 1.
    /// `secret`, of at least 16 bytes, decides which name gets which. It must be the same on all
    /// replicas and across restarts, or one name would change its speed.
    ///
    /// ```
    /// use doorstep_password::{Argon2, Bcrypt, Hashers, Secret};
    ///
    /// // Three accounts in ten have not logged in since bcrypt.
    /// let sample = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let hashers = Hashers::new(Argon2::default())
    ///     .accept(Bcrypt::default())
    ///     .shares(Secret::from("from the configuration"), [(sample, 0.3)])?;
    /// # Ok::<(), doorstep_password::InvalidShares>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidShares`] if a sample is refused, the shares do not fit in 1, or the secret is short.
    pub fn shares<'a>(
        self,
        secret: Secret,
        shares: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<Self, InvalidShares> {
        let shares: Vec<_> = shares
            .into_iter()
            .map(|(sample, share)| Ok((self.stand_in(sample)?, share)))
            .collect::<Result<_, Refused>>()
            .map_err(InvalidShares::Sample)?;
        Ok(Self { shares: Some(Arc::new(Shares::new(secret, shares)?)), ..self })
    }

    /// A sample without its digest, where its format has such a form.
    fn stand_in(&self, sample: &str) -> Result<StandIn, Refused> {
        let Reading { format, hash, .. } = self.read_within_limits(sample, 0)?;
        let stored = format.blank(sample).unwrap_or_else(|| sample.into());
        Ok(StandIn::new(stored, hash.derivation().clone()))
    }

    /// Work that verifies `password` against a stored hash. It is the caller's to run.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers, Secret, Verdict};
    ///
    /// let hashers = Hashers::new(Bcrypt::new(5)?);
    /// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let work = hashers.verify(Secret::from("U*U"), stored)?;
    /// assert!(work.cost().units < 10_000);
    /// assert_eq!(work.run()?, Verdict::Match);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Refused`], before any work, if the stored string is not to be verified at all.
    pub fn verify(&self, password: Secret, stored: &str) -> Result<Work<Verifying>, Refused> {
        let plan = self.plan(stored, password.expose())?;
        Ok(plan.work(|check| Verifying { password, check }))
    }

    /// Work that makes a new hash with the preferred hasher and a salt from the operating system.
    ///
    /// # Errors
    /// [`HashError`], before any work, if no hash can be made.
    #[cfg(feature = "getrandom")]
    pub fn hash(&self, password: Secret) -> Result<Work<Making>, HashError> {
        let salt = Salt::generate().ok_or(HashError::Entropy)?;
        self.hash_with_salt(password, &salt)
    }

    /// The same with a salt from the host's own generator, without the feature `getrandom`.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers, Secret};
    /// # use rand_chacha::{ChaCha20Rng as HardwareRng, rand_core::SeedableRng};
    /// # let mut rng = HardwareRng::from_seed([7; 32]);
    ///
    /// let hashers = Hashers::new(Bcrypt::new(5)?);
    /// let stored = hashers.hash_with_rng(Secret::from("correct horse"), &mut rng)?.run()?;
    /// # assert!(hashers.verify(Secret::from("correct horse"), &stored)?.run()?.is_match());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`HashError`], before any work, if no hash can be made.
    pub fn hash_with_rng<R>(&self, password: Secret, rng: &mut R) -> Result<Work<Making>, HashError>
    where
        R: TryCryptoRng + ?Sized,
    {
        let salt = Salt::from_rng(rng).ok_or(HashError::Entropy)?;
        self.hash_with_salt(password, &salt)
    }

    fn hash_with_salt(&self, password: Secret, salt: &Salt) -> Result<Work<Making>, HashError> {
        self.can_hash(password.expose())?;
        let password = self.normalized(password.expose()).unwrap_or(password);
        let encoder = self.encoder(salt);
        Ok(Work::new(encoder.derivation.clone(), Making { password, encoder }))
    }

    /// Whether the preferred hasher can make a hash of `password`, within the limits.
    ///
    /// # Errors
    /// [`HashError::Password`] or [`HashError::Refused`].
    pub fn can_hash(&self, password: &[u8]) -> Result<(), HashError> {
        #[cfg(feature = "unicode")]
        if let Some(normalization) = self.normalization {
            normalization.can_hash(password).map_err(HashError::Password)?;
        }
        let normalized = self.normalized(password);
        let password = normalized.as_ref().map_or(password, Secret::expose);
        self.preferred.can_hash(password).map_err(HashError::Password)?;
        let derivation = self.new_derivation(&Salt::default());
        // A hash that could not be verified afterwards must not be made.
        self.limits.admit(&derivation, password.len()).map_err(HashError::Refused)
    }

    /// Whether a stored hash is of another algorithm or of weaker parameters than a new one.
    ///
    /// # Errors
    /// [`Refused`] if it is not to be verified at all.
    pub fn needs_update(&self, stored: &str) -> Result<bool, Refused> {
        let reading = self.read_within_limits(stored, 0)?;
        Ok(reading.outdated)
    }

    /// What a stored hash says of itself, held against the limits. Nothing is hashed.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers};
    ///
    /// let hashers = Hashers::new(Bcrypt::default());
    /// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let inspected = hashers.inspect(stored)?;
    /// assert_eq!(inspected.name(), "bcrypt");
    /// let parameters = inspected.parameters();
    /// assert_eq!((parameters[0].name, &*parameters[0].value), ("cost", "5"));
    /// # Ok::<(), doorstep_password::Refused>(())
    /// ```
    ///
    /// # Errors
    /// [`Refused`] if it is not to be verified at all.
    pub fn inspect(&self, stored: &str) -> Result<StoredHash, Refused> {
        Ok(self.read_within_limits(stored, 0)?.hash)
    }

    /// The stored hash with a digest of zeros, by [`Format::blank`] of the format that claims it. Its
    /// price is not looked at. `None` if no format reads it, or if the one that does has no such form.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers};
    ///
    /// let hashers = Hashers::new(Bcrypt::default());
    /// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let blank = hashers.blank(stored).expect("bcrypt has one");
    /// assert_eq!(hashers.inspect(&blank)?.digest(), [0; 23]);
    /// # Ok::<(), doorstep_password::Refused>(())
    /// ```
    pub fn blank(&self, stored: &str) -> Option<String> {
        self.read(stored).ok()?.format.blank(stored)
    }

    /// How to verify a password against a stored hash: what [`verify`](Self::verify) is made of, for
    /// goals of the host's own.
    ///
    /// # Errors
    /// [`Refused`] if the stored string is not to be verified at all.
    pub fn plan(&self, stored: &str, password: &[u8]) -> Result<Plan, Refused> {
        stack::wiping(|| self.plan_on_the_stack(stored, password))
    }

    fn plan_on_the_stack(&self, stored: &str, password: &[u8]) -> Result<Plan, Refused> {
        let Reading { format, hash, outdated } = self.read_within_limits(stored, password.len())?;
        let takes = |password: &[u8]| format.takes(password) && hash.derivation().takes(password);
        let spelling = self.spelling(hash.derivation(), password)?;
        let takes = [Some(password), spelling.as_ref().map(Secret::expose)].map(|it| it.map(takes));
        let (derivation, expected) = hash.into_parts();
        Ok(Plan { derivation, spelling, check: Check { expected, takes, outdated } })
    }

    /// The other spelling of `password` that is to be tried.
    fn spelling(
        &self,
        derivation: &Derivation,
        password: &[u8],
    ) -> Result<Option<Secret>, Refused> {
        // No hash was made of what normalising has made too long.
        let is_possible = |other: &Secret| other.len() <= self.limits.password_len;
        let Some(other) = self.normalized(password).filter(is_possible) else { return Ok(None) };
        let units = |len| derivation.cost(len).units;
        if units(password.len()).saturating_add(units(other.len())) > self.limits.units {
            return Err(Refused::TooCostly("units"));
        }
        Ok(Some(other))
    }

    /// What `username` is verified against if it has no hash that is to be verified.
    ///
    /// It stands for a hash of the preferred hasher's or, by [`shares`](Self::shares), of an old format.
    /// The machine of `doorstep` asks for it by itself; who uses this crate alone does so for unknown
    /// users, and, if there are shares, for everybody: to choose one takes as long as an HMAC.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers, Secret, Verdict};
    ///
    /// let hashers = Hashers::new(Bcrypt::new(5)?);
    /// let decoy = hashers.decoy("nobody");
    /// assert_eq!(hashers.inspect(decoy.stored())?.name(), "bcrypt");
    /// assert!(decoy.plan(b"correct horse").is_forced());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decoy(&self, username: &str) -> Decoy<'_> {
        let old = self.shares.as_ref().and_then(|shares| shares.stand_in_for(username));
        Decoy { hashers: self, stand_in: old.unwrap_or(&self.stand_in) }
    }

    /// How a new hash is derived with `salt`, and how its key is written: what
    /// [`hash_with_rng`](Self::hash_with_rng) is made of, for goals of the host's own.
    pub fn encoder(&self, salt: &Salt) -> Encoder {
        Encoder::new(self.preferred.clone(), salt)
    }

    fn new_derivation(&self, salt: &Salt) -> Derivation {
        new_derivation(&*self.preferred, salt)
    }

    fn read_within_limits(
        &self,
        stored: &str,
        password_len: usize,
    ) -> Result<Reading<'_>, Refused> {
        let reading = self.read(stored)?;
        self.limits.admit(reading.hash.derivation(), password_len)?;
        Ok(reading)
    }

    fn read(&self, stored: &str) -> Result<Reading<'_>, Refused> {
        if stored.len() > self.limits.stored_len {
            return Err(Refused::StoredTooLong);
        }
        if self.preferred.claims(stored) {
            let hash = self.preferred.parse(stored)?;
            let outdated = self.preferred.is_outdated(&hash);
            return Ok(Reading { format: &self.preferred, hash, outdated });
        }
        let mut accepted = self.accepted.iter();
        let format = accepted.find(|format| format.claims(stored)).ok_or(Refused::UnknownFormat)?;
        Ok(Reading { format, hash: format.parse(stored)?, outdated: true })
    }
}

pub(crate) fn new_derivation(hasher: &dyn Hasher, salt: &Salt) -> Derivation {
    hasher.derivation(salt.first(hasher.salt_len()))
}

/// A stored hash, who read it, and whether a new one would be better.
struct Reading<'a> {
    format: &'a dyn Format,
    hash: StoredHash,
    outdated: bool,
}

impl fmt::Debug for Hashers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashers")
            .field("writes", self.new_derivation(&Salt::default()).algorithm())
            .field("accepts", &self.accepted.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What came of verifying a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the verdict decides whether the password was right"]
pub enum Verdict {
    /// The password is not that of the hash.
    Mismatch,
    /// The password is right.
    Match,
    /// The password is right, and the preferred hasher would not write this hash today.
    Outdated,
}

impl Verdict {
    /// Whether the password is right, be its hash outdated or not.
    pub const fn is_match(self) -> bool {
        matches!(self, Verdict::Match | Verdict::Outdated)
    }
}

/// How to verify one password against one stored hash.
#[derive(Debug)]
#[must_use = "a plan verifies nothing until its work is run"]
pub struct Plan {
    derivation: Derivation,
    spelling: Option<Secret>,
    check: Check,
}

impl Plan {
    /// The work, for a goal that holds the password and the check.
    pub fn work<T: Goal>(self, goal: impl FnOnce(Check) -> T) -> Work<T> {
        let work = Work::new(self.derivation, goal(self.check));
        match self.spelling {
            None => work,
            Some(other) => work.also_spelt(other),
        }
    }

    /// Whether the verdict is a mismatch before any work is done.
    pub fn is_forced(&self) -> bool {
        self.check.is_forced()
    }

    /// The same, of which no password is right.
    pub(crate) fn forced(mut self) -> Self {
        self.check.takes = self.check.takes.map(|takes| takes.map(|_| false));
        self
    }

    /// The work of a hash that was not read, and so matches nothing.
    pub(crate) fn unread(derivation: Derivation) -> Self {
        let check =
            Check { expected: Secret::new(&[]), takes: [Some(false), None], outdated: false };
        Self { derivation, spelling: None, check }
    }
}

/// The comparison at the end of a verification: what a [`Goal`] of the host's own concludes with.
pub struct Check {
    expected: Secret,
    /// For the password as it was sent and, where there is one, for its other spelling, whether a hash
    /// can have been made of it. If of neither, it is compared all the same, and a mismatch.
    takes: [Option<bool>; 2],
    outdated: bool,
}

impl Check {
    /// Compares what was derived with the stored digest, in constant time.
    ///
    /// `key` is what a [`Goal`] concludes with: one key, or one for each spelling of the password.
    pub fn verdict(&self, key: &[u8]) -> Verdict {
        let expected = &self.expected;
        let takes = self.takes.iter().flatten();
        // Of a longer key no part is compared: it is not the digest's.
        if expected.is_empty() || key.len() != expected.len() * takes.clone().count() {
            return Verdict::Mismatch;
        }
        let keys = key.chunks_exact(expected.len());
        let mut matches = keys
            .zip(takes)
            .map(|(key, &takes)| expected.expose().ct_eq(key) & Choice::from(u8::from(takes)));
        let first = matches.next().unwrap_or(Choice::from(0));
        let other = matches.next();
        let is_normalized = other.unwrap_or(first);
        if !bool::from(first | is_normalized) {
            Verdict::Mismatch
        } else if self.outdated || !bool::from(is_normalized) {
            Verdict::Outdated
        } else {
            Verdict::Match
        }
    }

    /// Whether the verdict is a mismatch before any work is done.
    pub fn is_forced(&self) -> bool {
        !self.takes.contains(&Some(true))
    }

    /// Whether a match would be [`Verdict::Outdated`].
    pub fn is_outdated(&self) -> bool {
        self.outdated
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("outdated", &self.outdated).finish_non_exhaustive()
    }
}

/// The goal of [`Hashers::verify`].
#[derive(Debug)]
pub struct Verifying {
    password: Secret,
    check: Check,
}

impl Goal for Verifying {
    type Output = Result<Verdict, OutOfMemory>;

    fn password(&self) -> &[u8] {
        self.password.expose()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        key.map(|key| self.check.verdict(key))
    }
}

/// Writes a new hash, once its key is derived.
pub struct Encoder {
    hasher: Arc<dyn Hasher>,
    derivation: Derivation,
}

impl Encoder {
    pub(crate) fn new(hasher: Arc<dyn Hasher>, salt: &Salt) -> Self {
        let derivation = new_derivation(&*hasher, salt);
        Self { hasher, derivation }
    }

    /// How the key is derived.
    pub fn derivation(&self) -> &Derivation {
        &self.derivation
    }

    /// The stored string.
    pub fn encode(&self, key: &[u8]) -> String {
        self.hasher.encode(&self.derivation, key)
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Encoder").field(self.derivation.algorithm()).finish()
    }
}

/// The goal of [`Hashers::hash_with_rng`] and `Hashers::hash`.
#[derive(Debug)]
pub struct Making {
    password: Secret,
    encoder: Encoder,
}

impl Goal for Making {
    type Output = Result<String, OutOfMemory>;

    fn password(&self) -> &[u8] {
        self.password.expose()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        key.map(|key| self.encoder.encode(key))
    }
}

/// Random bytes from which a hasher takes its salt.
#[derive(Clone, Copy, Default)]
pub struct Salt([u8; Salt::MAX_LEN]);

impl Salt {
    /// The most that a [`Hasher`] may take, in bytes.
    pub const MAX_LEN: usize = 32;

    /// From the operating system; `None` if it has no entropy to give.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Option<Self> {
        let mut salt = Self::default();
        getrandom::fill(&mut salt.0).ok()?;
        Some(salt)
    }

    /// From the host's generator; `None` if it fails.
    pub fn from_rng<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Option<Self> {
        let mut salt = Self::default();
        rng.try_fill_bytes(&mut salt.0).ok()?;
        Some(salt)
    }

    fn first(&self, len: usize) -> &[u8] {
        &self.0[..len.min(Self::MAX_LEN)]
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// Why no hash is made. No work was done, and nothing of the password is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashError {
    /// The preferred algorithm would not take the password whole.
    Password(CannotHash),
    /// The new hash would itself be refused by the limits.
    Refused(Refused),
    /// There is no entropy for a salt.
    Entropy,
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HashError::Password(why) => why.fmt(f),
            HashError::Refused(refused) => refused.fmt(f),
            HashError::Entropy => f.write_str("there is no entropy for a salt"),
        }
    }
}

impl core::error::Error for HashError {}
