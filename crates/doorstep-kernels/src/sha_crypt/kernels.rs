//! The kernels that [`table`](crate::table) chooses from, for each word.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Simd, u32x8, u32x16, u64x4, u64x8};

use super::Rounds;
#[cfg(target_arch = "x86_64")]
use super::group::Group;
use crate::Processor;
use crate::sha2::Word;
use crate::table::{self, Choice, Kernel};

/// The words that there are kernels for: `u32` for SHA-256 and `u64` for SHA-512.
pub trait Kernels: Word {
    /// How to go on with so many passwords of the same length.
    #[doc(hidden)]
    fn choose(processor: Processor, waiting: usize) -> Choice;
    /// As many rounds of the chosen passwords, in lanes if the kernel has some.
    #[doc(hidden)]
    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<Self>],
        chosen: &[usize],
        rounds: u32,
    );
}

impl Kernels for u32 {
    fn choose(processor: Processor, waiting: usize) -> Choice {
        table::sha256_crypt(processor, waiting)
    }

    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<u32>],
        chosen: &[usize],
        rounds: u32,
    ) {
        match kernel {
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
            _ => one_by_one(passwords, chosen, rounds),
        }
    }
}

impl Kernels for u64 {
    fn choose(processor: Processor, waiting: usize) -> Choice {
        table::sha512_crypt(processor, waiting)
    }

    fn advance_together(
        kernel: Kernel,
        passwords: &mut [&mut Rounds<u64>],
        chosen: &[usize],
        rounds: u32,
    ) {
        match kernel {
            Kernel::Words => one_by_one(passwords, chosen, rounds),
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

/// By words, which every processor has.
fn one_by_one<W: Kernels>(passwords: &mut [&mut Rounds<W>], chosen: &[usize], rounds: u32) {
    chosen.iter().for_each(|&at| passwords[at].advance(Processor::portable(), rounds));
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use alloc::vec::Vec;
    use core::array;

    use super::*;
    use crate::processor::Vectors;

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
