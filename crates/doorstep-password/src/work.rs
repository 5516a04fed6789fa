//! Work as a value: priced before it begins, run whole, in pieces or in company.
//!
//! Knows the arithmetic and the memory; knows no stored string, no policy and no limit.

mod derivation;
mod goal;
mod hash;
#[cfg(any(feature = "scrypt", feature = "yescrypt"))]
mod mixing;
mod nested;
mod parameters;
mod price;
#[cfg(any(feature = "digest", feature = "des-crypt"))]
pub(crate) mod rounds;
#[cfg(feature = "scram")]
mod saslprep;
mod sha;
mod steps;
#[cfg(any(feature = "md5-crypt", feature = "sha-crypt"))]
mod templates;

#[cfg(feature = "argon2")]
pub(crate) mod argon2;
#[cfg(feature = "bcrypt")]
pub(crate) mod bcrypt;
#[cfg(feature = "des-crypt")]
pub(crate) mod des_crypt;
#[cfg(feature = "digest")]
pub(crate) mod digest;
#[cfg(feature = "md5-crypt")]
pub(crate) mod md5_crypt;
#[cfg(feature = "pbkdf2")]
pub(crate) mod pbkdf2;
#[cfg(feature = "scrypt")]
pub(crate) mod scrypt;
#[cfg(feature = "sha1-crypt")]
pub(crate) mod sha1_crypt;
#[cfg(feature = "sha-crypt")]
pub(crate) mod sha_crypt;
#[cfg(feature = "sun-md5")]
pub(crate) mod sun_md5;
#[cfg(feature = "yescrypt")]
pub(crate) mod yescrypt;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;

pub use self::derivation::{Algorithm, Company, Derivation, Kdf, Slices};
pub use self::goal::{Goal, OutOfMemory};
pub use self::hash::HashFunction;
pub use self::parameters::InvalidParameters;
pub use self::price::Cost;
pub use self::steps::{KeyStep, PasswordStep};

use self::derivation::Progress;
use crate::secret::Secret;
use crate::stack;
use crate::workspace::Workspace;

/// Work to be done: a key to be derived from a password, and the [`Goal`] that the key is for.
///
/// It does nothing until it is told to, and it does it where it is told to: all at once with
/// [`run`](Self::run) or [`run_in`](Self::run_in), a bounded piece at a time with
/// [`advance`](Self::advance), or several together with [`run_together`](Self::run_together). It is
/// `Send` when `T` is.
///
/// Dropping it, also between two pieces, cancels it and wipes what it held.
///
/// ```
/// use core::ops::ControlFlow;
/// use doorstep_password::{Bcrypt, Hashers, Secret, Verdict, Workspace};
///
/// let hashers = Hashers::new(Bcrypt::default());
/// let stored = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.7cjLvl0DBr0LJt/A65TNBwuXC/mx6ea";
/// let mut work = hashers.verify(Secret::from("U*U"), stored)?;
/// let mut workspace = Workspace::new();
/// let verdict = loop {
///     // A piece of about 100 µs, then whatever else this thread has to do.
///     match work.advance(100, &mut workspace) {
///         ControlFlow::Continue(rest) => work = rest,
///         ControlFlow::Break(verdict) => break verdict?,
///     }
/// };
/// assert_eq!(verdict, Verdict::Mismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "work does nothing until it is run"]
pub struct Work<T> {
    derivation: Derivation,
    progress: Option<Progress>,
    goal: T,
    /// Boxed, so that work on a password of one spelling stays small.
    spelling: Option<Box<Spelling>>,
}

/// A second spelling of the goal's password. A key is derived of each, whatever comes of the first:
/// the time tells which password was sent, and nothing of the one that is stored.
struct Spelling {
    password: Secret,
    /// The key of the goal's own, once it is derived.
    key: Option<Secret>,
}

impl<T: Goal> Work<T> {
    /// Work that derives a key for `goal`, not yet begun.
    pub fn new(derivation: Derivation, goal: T) -> Self {
        Self { derivation, progress: None, goal, spelling: None }
    }

    /// The same with a second spelling of the password: the goal gets the keys of both in a row.
    pub(crate) fn also_spelt(self, password: Secret) -> Self {
        Self { spelling: Some(Box::new(Spelling { password, key: None })), ..self }
    }

    /// What all of this work takes, as known before any of it is done.
    pub fn cost(&self) -> Cost {
        let cost = self.derivation.cost(self.goal.password().len());
        let other = self.spelling.as_ref();
        let units = other.map_or(0, |other| self.derivation.cost(other.password.len()).units);
        Cost::new(cost.memory_kib, cost.units.saturating_add(units))
    }

    /// With which other work it gains by [`run_together`](Self::run_together): with that of which this
    /// is equal. `None` if with none, so that its batch would only be done later than its first.
    pub fn company(&self) -> Option<Company> {
        self.derivation.company()
    }

    /// How many units are left: [`Cost::units`] before the first piece, then falling to 0.
    pub fn remaining(&self) -> u64 {
        let cost_of = |password: &[u8]| self.derivation.cost(password.len()).units;
        let now = match &self.progress {
            None => cost_of(self.password()),
            Some(progress) => progress.remaining(),
        };
        let later = self.spelling.as_ref().filter(|other| other.key.is_none());
        now.saturating_add(later.map_or(0, |other| cost_of(other.password.expose())))
    }

    /// The spelling that is at work.
    fn password(&self) -> &[u8] {
        match &self.spelling {
            Some(other) if other.key.is_some() => other.password.expose(),
            _ => self.goal.password(),
        }
    }

    /// Whether there is more to do than the derivation that is under way.
    fn has_more_to_begin(&self) -> bool {
        let is_first_of_two = self.progress.as_ref().is_some_and(Progress::is_first_of_two);
        is_first_of_two || self.spelling.as_ref().is_some_and(|other| other.key.is_none())
    }

    /// What the work is for.
    pub fn goal(&self) -> &T {
        &self.goal
    }

    /// Gives the work up for its goal. What was computed is wiped.
    pub fn abandon(self) -> T {
        self.goal
    }

    /// Does all of it, here and now, in memory allocated for it.
    ///
    /// Where several hashes are computed, [`run_in`](Self::run_in) saves the page faults.
    pub fn run(self) -> T::Output {
        self.run_in(&mut Workspace::new())
    }

    /// Does all of it, here and now, in the memory of `workspace`.
    pub fn run_in(mut self, workspace: &mut Workspace) -> T::Output {
        loop {
            match self.advance(u64::MAX, workspace) {
                ControlFlow::Continue(rest) => self = rest,
                ControlFlow::Break(output) => return output,
            }
        }
    }

    /// Does a piece of about `units` and gives back the rest, or the outcome.
    ///
    /// A unit is about a microsecond of one core of a server of 2024. The smallest piece, which
    /// `advance(0)` does, is for PBKDF2 and sha-crypt one round, for bcrypt one of its 2^cost rounds
    /// (46 units), for Argon2 64 blocks (13 units), and at most a tenth of a millisecond of set-up
    /// with the first piece. With [`Workspace::portable`] Argon2 does all of it in its first piece:
    /// the `argon2` crate cannot be paused.
    ///
    /// Any piece may be given any workspace: the bytes are the same. What an Argon2 borrowed from one
    /// goes to the one that ends it.
    pub fn advance(
        mut self,
        units: u64,
        workspace: &mut Workspace,
    ) -> ControlFlow<T::Output, Self> {
        match self.piece(units, workspace) {
            Ok(None) => ControlFlow::Continue(self),
            Ok(Some(key)) => ControlFlow::Break(self.goal.conclude(Ok(key.expose()))),
            Err(error) => ControlFlow::Break(self.goal.conclude(Err(error))),
        }
    }

    /// The key, if that was the last piece. Nothing of it is left on the stack.
    fn piece(
        &mut self,
        units: u64,
        workspace: &mut Workspace,
    ) -> Result<Option<Secret>, OutOfMemory> {
        stack::wiping(|| self.piece_on_the_stack(units, workspace))
    }

    fn piece_on_the_stack(
        &mut self,
        units: u64,
        workspace: &mut Workspace,
    ) -> Result<Option<Secret>, OutOfMemory> {
        let mut progress = match self.progress.take() {
            Some(progress) => progress,
            None => self.derivation.begin(self.password(), workspace)?,
        };
        if !self.derivation.advance(&mut progress, units, self.password(), workspace)? {
            self.progress = Some(progress);
            return Ok(None);
        }
        let key = self.derivation.finish(progress, workspace);
        let Some(other) = &mut self.spelling else { return Ok(Some(key)) };
        match other.key.take() {
            None => {
                other.key = Some(key);
                Ok(None)
            }
            Some(first) => {
                let mut both = Vec::with_capacity(first.len() + key.len());
                both.extend_from_slice(first.expose());
                both.extend_from_slice(key.expose());
                Ok(Some(Secret::from(both)))
            }
        }
    }

    /// Does several at once on this core; the outcomes come back in the batch's order.
    ///
    /// Work of one algorithm shares vectors (SHA-2) or goes on in turn (bcrypt), whatever its costs
    /// and lengths; the rest runs one after another, Argon2 in the workspace's one memory. So a batch
    /// of strangers is correct too, only slower. With [`Workspace::portable`] all of it runs one
    /// after another.
    ///
    /// The states of what runs together are there at once: a few KiB each.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Hashers, Secret, Work, Workspace};
    ///
    /// let hashers = Hashers::new(Bcrypt::new(5)?);
    /// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let batch = ["U*U", "U*V"].map(|password| hashers.verify(Secret::from(password), stored));
    /// let batch = batch.into_iter().collect::<Result<Vec<_>, _>>()?;
    /// let verdicts = Work::run_together(batch, &mut Workspace::new());
    /// assert!(verdicts[0].is_ok_and(|verdict| verdict.is_match()));
    /// assert!(verdicts[1].is_ok_and(|verdict| !verdict.is_match()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_together(mut batch: Vec<Self>, workspace: &mut Workspace) -> Vec<T::Output> {
        stack::wiping(|| Self::finish_together(&mut batch, workspace));
        batch.into_iter().map(|work| work.run_in(workspace)).collect()
    }

    /// Brings those that like company to the end of their last derivation.
    fn finish_together(batch: &mut [Self], workspace: &mut Workspace) {
        loop {
            for work in &mut *batch {
                if work.progress.is_none() && work.derivation.company().is_some() {
                    // It takes no memory that could be lacking; and if it were, `run_in` would tell.
                    work.progress = work.derivation.begin(work.password(), workspace).ok();
                }
            }
            let begun = batch.iter_mut().filter_map(|work| work.progress.as_mut());
            Progress::finish_together(begun, workspace);
            // What follows may like company too: a second spelling, or what wraps an old hash.
            let mut is_over = true;
            for work in &mut *batch {
                if work.derivation.company().is_some() && work.has_more_to_begin() {
                    is_over &= work.piece(u64::MAX, workspace).is_err();
                }
            }
            if is_over {
                break;
            }
        }
    }
}

impl<T> fmt::Debug for Work<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work")
            .field("algorithm", &self.derivation.algorithm())
            .field("begun", &self.progress.is_some())
            .finish_non_exhaustive()
    }
}
