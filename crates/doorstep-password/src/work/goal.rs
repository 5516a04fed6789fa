//! What a derived key is for.

use alloc::boxed::Box;
use core::fmt;

/// What a piece of [`Work`](crate::Work) is for: it holds the password, and turns the derived key
/// into an outcome.
///
/// [`Hashers`](crate::Hashers) brings its own goals for verifying and for making hashes. A host that
/// wants the outcome to carry more, as the steps of `doorstep` carry the user, writes its own:
///
/// ```
/// use doorstep_password::{Bcrypt, Check, Goal, Hashers, OutOfMemory, Secret, Verdict};
///
/// struct Login {
///     user: u64,
///     password: Secret,
///     check: Check,
/// }
///
/// impl Goal for Login {
///     type Output = Result<Option<u64>, OutOfMemory>;
///
///     fn password(&self) -> &[u8] {
///         self.password.expose()
///     }
///
///     fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
///         Ok(self.check.verdict(key?).is_match().then_some(self.user))
///     }
/// }
///
/// let hashers = Hashers::new(Bcrypt::default());
/// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// let password = Secret::from("U*U");
/// let plan = hashers.plan(stored, password.expose())?;
/// let work = plan.work(|check| Login { user: 7, password, check });
/// assert_eq!(work.run()?, Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Goal {
    /// What comes of it.
    type Output;

    /// The password that the key is derived from. It must be the same at each call.
    fn password(&self) -> &[u8];

    /// Ends the work: with the derived key, or with the memory that could not be had.
    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output;
}

impl<T: Goal> Goal for Box<T> {
    type Output = T::Output;

    fn password(&self) -> &[u8] {
        (**self).password()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        (*self).conclude(key)
    }
}

/// The allocator refused the memory that the work needs: nothing was computed.
///
/// It says nothing about the password. A server answers it as it answers overload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    pub(crate) memory_kib: u64,
}

impl OutOfMemory {
    /// So many KiB were asked for, for algorithms that other crates bring.
    pub const fn new(memory_kib: u64) -> Self {
        Self { memory_kib }
    }

    /// How much was asked for, in KiB.
    pub fn memory_kib(self) -> u64 {
        self.memory_kib
    }
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB of memory for hashing could not be allocated", self.memory_kib)
    }
}

impl core::error::Error for OutOfMemory {}
