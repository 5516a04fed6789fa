//! Which kernel serves which processor and how many passwords: nothing else in SHA-crypt knows.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(unused_variables, reason = "x86-64 alone has lanes")
)]

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Simd, u32x8, u32x16, u64x4, u64x8};

use super::Rounds;
#[cfg(target_arch = "x86_64")]
use super::group::Group;
use crate::Processor;
use crate::processor::Vectors;
use crate::sha2::Word;

/// How passwords go on.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// One after another, the longest first.
    Alone,
    /// In the lanes of one vector.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// In a vector half as wide as the widest, which some processors have more units for.
    #[cfg(target_arch = "x86_64")]
    Avx512Half(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// The words that there are kernels for: `u32` for SHA-256 and `u64` for SHA-512.
pub trait Kernels: Word {
    /// How many passwords go on together at most.
    #[doc(hidden)]
    fn most(processor: Processor) -> usize;
    /// The kernel for so many passwords of the same length, and how many it takes at once.
    #[doc(hidden)]
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize);
    /// As many rounds of the chosen passwords, if the kernel has lanes.
    #[doc(hidden)]
    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<Self>],
        chosen: &[usize],
        rounds: u32,
    );
}

impl Kernels for u32 {
    fn most(processor: Processor) -> usize {
        match processor.vectors() {
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(_) => 16,
            _ => 1,
        }
    }

    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 10..) => (Kernel::Avx512(token), 16),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 5..) => (Kernel::Avx512Half(token), 8),
            _ => (Kernel::Alone, 1),
        }
    }

    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<u32>],
        chosen: &[usize],
        rounds: u32,
    ) {
        match kernel {
            Kernel::Alone => {}
            // Slower than the processor's own instructions.
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(_) => {}
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Half(token) => {
                let mut group = Group::<u32, 8>::new(passwords, chosen);
                token.vectorize(
                    #[inline(always)]
                    || group.advance::<u32x8<Avx512>>(token, rounds),
                );
                group.store(passwords, chosen, rounds);
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => {
                let mut group = Group::<u32, 16>::new(passwords, chosen);
                token.vectorize(
                    #[inline(always)]
                    || group.advance::<u32x16<Avx512>>(token, rounds),
                );
                group.store(passwords, chosen, rounds);
            }
        }
    }
}

impl Kernels for u64 {
    fn most(processor: Processor) -> usize {
        match processor.vectors() {
            Vectors::None => 1,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2(_) => 4,
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(_) => 8,
        }
    }

    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 5..) => (Kernel::Avx512(token), 8),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 2..) => (Kernel::Avx512Half(token), 4),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx2(token), 3..) => (Kernel::Avx2(token), 4),
            _ => (Kernel::Alone, 1),
        }
    }

    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<u64>],
        chosen: &[usize],
        rounds: u32,
    ) {
        match kernel {
            Kernel::Alone => {}
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => {
                let mut group = Group::<u64, 4>::new(passwords, chosen);
                token.vectorize(
                    #[inline(always)]
                    || group.advance::<u64x4<Avx2>>(token, rounds),
                );
                group.store(passwords, chosen, rounds);
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Half(token) => {
                let mut group = Group::<u64, 4>::new(passwords, chosen);
                token.vectorize(
                    #[inline(always)]
                    || group.advance::<u64x4<Avx512>>(token, rounds),
                );
                group.store(passwords, chosen, rounds);
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => {
                let mut group = Group::<u64, 8>::new(passwords, chosen);
                token.vectorize(
                    #[inline(always)]
                    || group.advance::<u64x8<Avx512>>(token, rounds),
                );
                group.store(passwords, chosen, rounds);
            }
        }
    }
}
