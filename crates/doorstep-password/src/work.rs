//! Work as a value: priced before it begins, run whole, in pieces or in company.
//!
//! Knows the arithmetic and the memory; knows no stored string, no policy and no limit.

mod derivation;
mod goal;
mod hash;
mod parameters;
mod price;
#[cfg(any(feature = "digest", feature = "des-crypt"))]
pub(crate) mod rounds;
#[cfg(feature = "scram")]
mod saslprep;
mod sha;
mod steps;

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
}

impl<T: Goal> Work<T> {
    /// Work that derives a key for `goal`, not yet begun.
    pub fn new(derivation: Derivation, goal: T) -> Self {
        Self { derivation, progress: None, goal }
    }

    /// What all of this work takes, as known before any of it is done.
    pub fn cost(&self) -> Cost {
        self.derivation.cost(self.goal.password().len())
    }

    /// With which other work it gains by [`run_together`](Self::run_together): with that of which this
    /// is equal. `None` if with none, so that its batch would only be done later than its first.
    pub fn company(&self) -> Option<Company> {
        self.derivation.company()
    }

    /// How many units are left: [`Cost::units`] before the first piece, then falling to 0.
    pub fn remaining(&self) -> u64 {
        match &self.progress {
            None => self.cost().units,
            Some(progress) => progress.remaining(),
        }
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

    /// The key, if that was the last piece.
    fn piece(
        &mut self,
        units: u64,
        workspace: &mut Workspace,
    ) -> Result<Option<Secret>, OutOfMemory> {
        let password = self.goal.password();
        let mut progress = match self.progress.take() {
            Some(progress) => progress,
            None => self.derivation.begin(password, workspace)?,
        };
        if self.derivation.advance(&mut progress, units, password, workspace)? {
            return Ok(Some(self.derivation.finish(progress, workspace)));
        }
        self.progress = Some(progress);
        Ok(None)
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
        for work in &mut batch {
            if work.progress.is_none() && work.derivation.company().is_some() {
                // It takes no memory that could be lacking; and if it were, `run_in` would tell.
                work.progress = work.derivation.begin(work.goal.password(), workspace).ok();
            }
        }
        let begun = batch.iter_mut().filter_map(|work| work.progress.as_mut());
        Progress::finish_together(begun, workspace);
        batch.into_iter().map(|work| work.run_in(workspace)).collect()
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
