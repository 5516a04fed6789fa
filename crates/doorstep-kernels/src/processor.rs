//! Which vector instructions there are. Chooses no kernel.

use core::fmt;

use fearless_simd::Level;
#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512};

/// What a processor can do, as far as the kernels care.
///
/// Having one is the proof that its instructions are there: it cannot be made up.
#[derive(Clone, Copy)]
pub struct Processor(Vectors);

/// The vector instructions that kernels are written for.
#[derive(Clone, Copy)]
pub(crate) enum Vectors {
    /// None: one word at a time.
    None,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Processor {
    /// The best of this processor. Without the feature `std` nobody can look at it, and it is the
    /// best of what the compiler was allowed to use.
    pub fn detect() -> Self {
        Self::levels().last().unwrap_or(Self::portable())
    }

    /// One that uses no vectors.
    pub const fn portable() -> Self {
        Self(Vectors::None)
    }

    /// All that this processor can be taken for, the best last: for tests that force each kernel.
    pub fn levels() -> impl Iterator<Item = Self> {
        #[cfg(feature = "std")]
        let level = Level::new();
        #[cfg(not(feature = "std"))]
        let level = Level::baseline();
        let _ = level;

        #[cfg(target_arch = "x86_64")]
        let vectors = [level.as_avx2().map(Vectors::Avx2), level.as_avx512().map(Vectors::Avx512)];
        #[cfg(not(target_arch = "x86_64"))]
        let vectors: [Option<Vectors>; 0] = [];
        core::iter::once(Self::portable()).chain(vectors.into_iter().flatten().map(Self))
    }

    /// `"portable"`, `"avx2"` or `"avx512"`.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Vectors::None => "portable",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(_) => "avx512",
        }
    }

    pub(crate) const fn vectors(self) -> Vectors {
        self.0
    }
}

/// What `$body` makes of `$simd`, the vectors of a processor, compiled for each kind of them.
macro_rules! on_vectors {
    ($processor:expr, $simd:ident => $body:expr) => {
        match $processor.vectors() {
            // What every processor of the target has.
            $crate::processor::Vectors::None => {
                fearless_simd::dispatch!(fearless_simd::Level::baseline(), $simd => $body)
            }
            #[cfg(target_arch = "x86_64")]
            $crate::processor::Vectors::Avx2($simd) => $simd.vectorize(
                #[inline(always)]
                || $body,
            ),
            #[cfg(target_arch = "x86_64")]
            $crate::processor::Vectors::Avx512($simd) => $simd.vectorize(
                #[inline(always)]
                || $body,
            ),
        }
    };
}

pub(crate) use on_vectors;

impl fmt::Debug for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
