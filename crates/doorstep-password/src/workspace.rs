//! Memory that is used again. Allocates Argon2's blocks once, and wipes them after each use.

#[cfg(feature = "argon2")]
pub(crate) mod argon2;

use core::fmt;

#[cfg(feature = "kernels")]
use doorstep_kernels::Processor;

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
    #[cfg(feature = "argon2")]
    argon2: argon2::Memory,
}

impl Workspace {
    /// An empty workspace that computes with the fastest code that this processor has.
    ///
    /// That is the kernels', with the feature `kernels`; the RustCrypto crates' without.
    pub fn new() -> Self {
        Self {
            #[cfg(feature = "kernels")]
            processor: Some(Processor::detect()),
            #[cfg(feature = "argon2")]
            argon2: argon2::Memory::default(),
        }
    }

    /// An empty workspace that computes with the RustCrypto crates alone: what a test compares with,
    /// and what a host chooses that wants no other arithmetic. The bytes are the same.
    pub fn portable() -> Self {
        Self {
            #[cfg(feature = "kernels")]
            processor: None,
            #[cfg(feature = "argon2")]
            argon2: argon2::Memory::default(),
        }
    }

    /// An empty workspace for each way to compute that this processor has, the portable first and the
    /// fastest last: for tests that compare them.
    pub fn all() -> impl Iterator<Item = Self> {
        #[cfg(feature = "kernels")]
        let with_kernels = Processor::levels().map(|processor| {
            let mut workspace = Self::portable();
            workspace.processor = Some(processor);
            workspace
        });
        #[cfg(not(feature = "kernels"))]
        let with_kernels = core::iter::empty();
        core::iter::once(Self::portable()).chain(with_kernels)
    }

    /// The vectors that its kernels use: `"portable"`, which are none, `"avx2"` or `"avx512"`. `None` if it has no kernels.
    pub fn vectors(&self) -> Option<&'static str> {
        #[cfg(feature = "kernels")]
        return self.processor.map(Processor::name);
        #[cfg(not(feature = "kernels"))]
        None
    }

    /// How much memory it holds, in KiB.
    pub fn memory_kib(&self) -> u64 {
        #[cfg(feature = "argon2")]
        return self.argon2.kib();
        #[cfg(not(feature = "argon2"))]
        0
    }

    /// Frees the memory if it holds more than `memory_kib`, so that one dear hash does not keep a
    /// host's budget for ever.
    pub fn shrink_to(&mut self, memory_kib: u64) {
        if self.memory_kib() > memory_kib {
            #[cfg(feature = "argon2")]
            self.argon2.free();
        }
    }

    /// Argon2's blocks.
    #[cfg(feature = "argon2")]
    pub(crate) fn argon2(&mut self) -> &mut argon2::Memory {
        &mut self.argon2
    }

    /// The processor that the kernels are to use; `None` if they are not to be used.
    #[cfg(feature = "kernels")]
    pub(crate) fn processor(&self) -> Option<Processor> {
        self.processor
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workspace")
            .field("vectors", &self.vectors())
            .field("memory_kib", &self.memory_kib())
            .finish()
    }
}
