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

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use alloc::vec::Vec;
    use core::array;

    use super::*;

    /// Step 21 of the specification knows one password. Lengths differ, by bytes and by blocks.
    #[test]
    fn every_kernel_does_what_is_done_one_by_one() {
        for processor in Processor::levels() {
            match processor.vectors() {
                Vectors::None => {}
                Vectors::Avx2(token) => check::<u64>(Kernel::Avx2(token), 4, |word| word),
                Vectors::Avx512(token) => {
                    check::<u32>(Kernel::Avx512Half(token), 8, |word| word as u32);
                    check::<u64>(Kernel::Avx512Half(token), 4, |word| word);
                    check::<u32>(Kernel::Avx512(token), 16, |word| word as u32);
                    check::<u64>(Kernel::Avx512(token), 8, |word| word);
                }
            }
        }
    }

    #[track_caller]
    fn check<W: Kernels + Eq + core::fmt::Debug>(kernel: Kernel, most: usize, word: fn(u64) -> W) {
        let begin = |at: usize| {
            let digest =
                array::from_fn(|word_at| word((8 * at + word_at) as u64 * 0x0123_4567_89ab));
            let (p, s) = ([at as u8; 200], [0xa5; 16]);
            Rounds::new(&digest, &p[..37 * at % 200], &s[..5 * at % 17], 1000)
        };
        for width in 1..=most {
            let mut passwords: Vec<Rounds<W>> = (0..width).map(begin).collect();
            let chosen: Vec<usize> = (0..width).rev().collect();
            // A cycle of the messages, in two pieces.
            for rounds in [5, 37] {
                let mut passwords = passwords.iter_mut().collect::<Vec<_>>();
                W::advance_together(kernel, &mut passwords, &chosen, rounds);
            }
            for (at, found) in passwords.iter().enumerate() {
                let mut alone = begin(at);
                alone.advance(Processor::portable(), 42);
                let (found, expected) = ((found.digest, found.left), (alone.digest, alone.left));
                assert_eq!(found, expected, "password {at} of {width}");
            }
        }
    }
}
