//! The kernels that [`table`](crate::table) chooses from, for each word.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Simd, u32x8, u32x16, u64x4, u64x8};

#[cfg(target_arch = "x86_64")]
use super::group::Group;
use super::{Lane, in_turn};
#[cfg(target_arch = "x86_64")]
use super::{alone, interleaved};
use crate::Processor;
use crate::sha2::Word;
use crate::table::{self, Choice, Kernel};

/// The words that there are kernels for: `u32` for SHA-256 and `u64` for SHA-512.
pub trait Kernels: Word {
    /// How to go on with so many lanes.
    #[doc(hidden)]
    fn choose(processor: Processor, waiting: usize) -> Choice;
    /// As many iterations of the chosen lanes, no more than fit into the kernel.
    #[doc(hidden)]
    fn iterate(choice: Choice, lanes: &mut [&mut Lane<Self>], chosen: &[usize], iterations: u32);
}

impl Kernels for u32 {
    fn choose(processor: Processor, waiting: usize) -> Choice {
        table::pbkdf2_sha256(processor, waiting)
    }

    fn iterate(choice: Choice, lanes: &mut [&mut Lane<u32>], chosen: &[usize], iterations: u32) {
        match choice.kernel {
            Kernel::Words => in_turn(lanes, chosen, iterations),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u32x8<Avx2>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Half(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u32x8<Avx512>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) if choice.width > 2 => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u32x16<Avx512>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => {
                if let Some(two) = pick::<_, 2>(lanes, chosen) {
                    interleaved::iterate(token, two, iterations);
                } else if let Some(one) = pick::<_, 1>(lanes, chosen) {
                    interleaved::iterate(token, one, iterations);
                }
            }
        }
    }
}

impl Kernels for u64 {
    fn choose(processor: Processor, waiting: usize) -> Choice {
        table::pbkdf2_sha512(processor, waiting)
    }

    fn iterate(choice: Choice, lanes: &mut [&mut Lane<u64>], chosen: &[usize], iterations: u32) {
        match (choice.kernel, choice.width) {
            (Kernel::Words, _) => in_turn(lanes, chosen, iterations),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx2(token), 1) => {
                pick(lanes, chosen)
                    .into_iter()
                    .for_each(|[one]| alone::iterate(token, one, iterations));
            }
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx512(token), 1) => {
                pick(lanes, chosen)
                    .into_iter()
                    .for_each(|[one]| alone::iterate(token, one, iterations));
            }
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx2(token), _) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x4<Avx2>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx512Half(token), _) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x4<Avx512>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            (Kernel::Avx512(token), _) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x8<Avx512>>(token, iterations),
                );
            }),
        }
    }
}

/// One lane or two, by the compression function.
fn in_turn<W: Word>(lanes: &mut [&mut Lane<W>], chosen: &[usize], iterations: u32) {
    if let Some(two) = pick::<_, 2>(lanes, chosen) {
        in_turn::iterate(two, iterations);
    } else if let Some(one) = pick::<_, 1>(lanes, chosen) {
        in_turn::iterate(one, iterations);
    }
}

/// The chosen lanes, if they are `N`.
fn pick<'a, W: Word, const N: usize>(
    lanes: &'a mut [&mut Lane<W>],
    chosen: &[usize],
) -> Option<[&'a mut Lane<W>; N]> {
    let chosen: [usize; N] = chosen.try_into().ok()?;
    Some(lanes.get_disjoint_mut(chosen).ok()?.map(|lane| &mut **lane))
}

#[cfg(target_arch = "x86_64")]
fn in_lanes<W: Word>(
    lanes: &mut [&mut Lane<W>],
    chosen: &[usize],
    iterate: impl FnOnce(&mut Group<W>),
) {
    let mut group = Group::new(lanes, chosen);
    iterate(&mut group);
    group.store(lanes, chosen);
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use alloc::vec::Vec;
    use core::array;

    use super::*;
    use crate::processor::Vectors;

    /// RFC 8018 §5.2 knows one block of a key. Kernels that the table keeps from this processor are
    /// called too.
    #[test]
    fn every_kernel_does_what_is_done_one_by_one() {
        check::<u32>(Kernel::Words, 2, |word| word as u32);
        for processor in Processor::levels() {
            match processor.vectors() {
                Vectors::None => {}
                Vectors::Avx2(token) => {
                    check::<u32>(Kernel::Avx2(token), 8, |word| word as u32);
                    check::<u64>(Kernel::Avx2(token), 1, |word| word);
                    check::<u64>(Kernel::Avx2(token), 4, |word| word);
                }
                Vectors::Avx512(token) => {
                    check::<u32>(Kernel::Avx512(token), 2, |word| word as u32);
                    check::<u32>(Kernel::Avx512Half(token), 8, |word| word as u32);
                    check::<u64>(Kernel::Avx512Half(token), 4, |word| word);
                    check::<u32>(Kernel::Avx512(token), 16, |word| word as u32);
                    check::<u64>(Kernel::Avx512(token), 1, |word| word);
                    check::<u64>(Kernel::Avx512(token), 8, |word| word);
                }
            }
        }
    }

    #[track_caller]
    fn check<W: Kernels + Eq + core::fmt::Debug>(kernel: Kernel, width: usize, word: fn(u64) -> W) {
        // Any words will do: no state of HMAC is special.
        let words = |seed: usize| {
            array::from_fn(|at| {
                word(((8 * seed + at + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            })
        };
        let lane = |at| Lane::new(&words(at), &words(at + 100), &words(at + 200), 50);
        let choice = Choice { kernel, width };
        for width in 1..=width {
            let mut lanes: Vec<Lane<W>> = (0..width).map(lane).collect();
            // Not in their order, as they are after a choice.
            let chosen: Vec<usize> = (0..width).rev().collect();
            for iterations in [1, 7] {
                let mut lanes = lanes.iter_mut().collect::<Vec<_>>();
                W::iterate(choice, &mut lanes, &chosen, iterations);
            }
            for (at, found) in lanes.iter().enumerate() {
                let mut alone = lane(at);
                in_turn::iterate([&mut alone], 8);
                assert_eq!((found.u, found.t), (alone.u, alone.t), "lane {at} of {width}");
            }
        }
    }
}
