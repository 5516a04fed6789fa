//! Memory that is used again. Allocates Argon2's blocks once, and wipes them after each use.

#[cfg(feature = "argon2")]
mod argon2;

#[cfg(feature = "argon2")]
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "kernels")]
use doorstep_kernels::Processor;

#[cfg(feature = "argon2")]
use crate::work::OutOfMemory;

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
pub struct Workspace {
    /// The kernels' processor, if they are to compute.
    #[cfg(feature = "kernels")]
    processor: Option<Processor>,
    /// Blocks of the kernels, all zero.
    #[cfg(all(feature = "argon2", feature = "kernels"))]
    memory: Vec<argon2::KernelBlock>,
    /// Blocks of the `argon2` crate, all zero.
    #[cfg(feature = "argon2")]
    blocks: Vec<argon2::Block>,
}

impl Workspace {
    /// An empty workspace that computes with the fastest code that this processor has.
    ///
    /// That is the kernels', with the feature `kernels`; the RustCrypto crates' without.
    pub fn new() -> Self {
        Self {
            #[cfg(feature = "kernels")]
            processor: Some(Processor::detect()),
            ..Self::portable()
        }
    }

    /// An empty workspace that computes with the RustCrypto crates alone: what a test compares with,
    /// and what a host chooses that wants no other arithmetic. The bytes are the same.
    pub const fn portable() -> Self {
        Self {
            #[cfg(feature = "kernels")]
            processor: None,
            #[cfg(all(feature = "argon2", feature = "kernels"))]
            memory: Vec::new(),
            #[cfg(feature = "argon2")]
            blocks: Vec::new(),
        }
    }

    /// How much memory it holds, in KiB.
    pub fn memory_kib(&self) -> u64 {
        #[cfg(feature = "argon2")]
        let blocks = self.blocks.capacity();
        #[cfg(not(feature = "argon2"))]
        let blocks = 0;
        #[cfg(all(feature = "argon2", feature = "kernels"))]
        let blocks = blocks + self.memory.capacity();
        blocks as u64
    }

    /// Frees the memory if it holds more than `memory_kib`, so that one dear hash does not keep a
    /// host's budget for ever.
    pub fn shrink_to(&mut self, memory_kib: u64) {
        if self.memory_kib() > memory_kib {
            let empty = Self::portable();
            *self = Self {
                #[cfg(feature = "kernels")]
                processor: self.processor,
                ..empty
            };
        }
    }

    /// The processor that the kernels are to use; `None` if they are not to be used.
    #[cfg(feature = "kernels")]
    pub(crate) fn processor(&self) -> Option<Processor> {
        self.processor
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace").field("memory_kib", &self.memory_kib()).finish()
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

/// Room for `count` blocks.
#[cfg(feature = "argon2")]
fn reserved<T>(count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut blocks = Vec::new();
    let too_much = OutOfMemory { memory_kib: count as u64 };
    blocks.try_reserve_exact(count).map_err(|_| too_much)?;
    Ok(blocks)
}
