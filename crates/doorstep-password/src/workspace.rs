//! Memory that is used again. Allocates Argon2's blocks once, and wipes them after each use.

use core::fmt;

/// Memory for one hash at a time, kept from one to the next.
///
/// Fresh pages cost Argon2 about 8 ms at 19 MiB; a workspace pays that once. It grows to what the
/// dearest work needs and keeps it until [`shrink_to`](Self::shrink_to) or its end. It holds nothing
/// secret between two pieces of work: what was used is wiped when the work ends.
///
/// Keep one for each thread that hashes, and no more threads than memory allows.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret, Workspace};
///
/// let hashers = Hashers::new(Argon2::new(1024, 1, 1)?);
/// let mut workspace = Workspace::new();
/// let stored = hashers.hash(Secret::from("correct horse"))?.run_in(&mut workspace)?;
/// let verdict = hashers.verify(Secret::from("correct horse"), &stored)?.run_in(&mut workspace)?;
/// assert!(verdict.is_match());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Workspace {
    #[cfg(feature = "argon2")]
    argon2: alloc::vec::Vec<argon2::Block>,
}

impl Workspace {
    /// An empty workspace that computes with the fastest code that this processor has.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty workspace that computes with the RustCrypto crates alone: what a test compares with,
    /// and what a host chooses that wants no other arithmetic. The bytes are the same.
    pub fn portable() -> Self {
        Self::default()
    }

    /// How much memory it holds, in KiB.
    pub fn memory_kib(&self) -> u64 {
        #[cfg(feature = "argon2")]
        return self.argon2.capacity() as u64;
        #[cfg(not(feature = "argon2"))]
        0
    }

    /// Frees the memory if it holds more than `memory_kib`, so that one dear hash does not keep a
    /// host's budget for ever.
    pub fn shrink_to(&mut self, memory_kib: u64) {
        if self.memory_kib() > memory_kib {
            *self = Self::default();
        }
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("memory_kib", &self.memory_kib()).finish()
    }
}

#[cfg(feature = "argon2")]
mod blocks {
    use core::ops::{Deref, DerefMut};

    use argon2::Block;
    use zeroize::Zeroize;

    use super::Workspace;
    use crate::work::OutOfMemory;

    /// Argon2's blocks on loan from a workspace, wiped when given back.
    pub(crate) struct Argon2Blocks<'a>(&'a mut [Block]);

    impl Workspace {
        /// Lends `count` blocks, all zero.
        pub(crate) fn argon2_blocks(
            &mut self,
            count: usize,
        ) -> Result<Argon2Blocks<'_>, OutOfMemory> {
            if self.argon2.len() < count {
                // The old blocks go first: both at once would be twice the memory.
                self.argon2 = alloc::vec::Vec::new();
                self.argon2
                    .try_reserve_exact(count)
                    .map_err(|_| OutOfMemory { memory_kib: count as u64 })?;
                self.argon2.resize(count, Block::new());
            }
            Ok(Argon2Blocks(&mut self.argon2[..count]))
        }
    }

    impl Deref for Argon2Blocks<'_> {
        type Target = [Block];

        fn deref(&self) -> &[Block] {
            self.0
        }
    }

    impl DerefMut for Argon2Blocks<'_> {
        fn deref_mut(&mut self) -> &mut [Block] {
            self.0
        }
    }

    impl Drop for Argon2Blocks<'_> {
        fn drop(&mut self) {
            self.0.iter_mut().for_each(Zeroize::zeroize);
        }
    }
}
