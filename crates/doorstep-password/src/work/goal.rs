//! What a derived key is for.

use alloc::boxed::Box;
use core::fmt;

/// What a piece of [`Work`](crate::Work) is for: it holds the password, and turns the derived key
/// into an outcome.
///
/// [`Hashers`](crate::Hashers) brings its own goals for verifying and for making hashes. A host that
/// wants the outcome to carry more, as the steps of `doorstep` carry the user, writes its own.
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
