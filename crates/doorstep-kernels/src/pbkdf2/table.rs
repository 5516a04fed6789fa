//! Which kernel serves which processor and how many lanes: nothing else in PBKDF2 knows.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(unused_variables, reason = "x86-64 alone has lanes")
)]

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Simd, u32x8, u32x16, u64x4, u64x8};

#[cfg(target_arch = "x86_64")]
use super::alone;
#[cfg(target_arch = "x86_64")]
use super::group::Group;
#[cfg(target_arch = "x86_64")]
use super::interleaved;
use super::{Lane, in_turn};
use crate::Processor;
use crate::processor::Vectors;
use crate::sha2::Word;

/// No kernel takes more lanes at once.
pub(super) const MOST: usize = 16;

/// How lanes go on.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// One after another.
    OneByOne,
    /// In turn, by the compression function.
    InTurn,
    /// In turn, by the instructions for SHA-256.
    #[cfg(target_arch = "x86_64")]
    Interleaved(Avx512),
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
    /// The kernel for so many lanes that have something to do, and how many it takes at once.
    #[doc(hidden)]
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize);
    /// One lane.
    #[doc(hidden)]
    fn iterate(processor: Processor, lane: &mut Lane<Self>, iterations: u32);
    /// The chosen lanes.
    #[doc(hidden)]
    fn iterate_together(
        kernel: Kernel,
        lanes: &mut [&mut Lane<Self>],
        chosen: &[usize],
        iterations: u32,
    );
}

impl Kernels for u32 {
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 10..) => (Kernel::Avx512(token), 16),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 7..) => (Kernel::Avx512Half(token), 8),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 2..) => (Kernel::Interleaved(token), 2),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx2(token), 4..) if !has_sha() => (Kernel::Avx2(token), 8),
            (_, 2..) => (Kernel::InTurn, 2),
            _ => (Kernel::OneByOne, 1),
        }
    }

    fn iterate(processor: Processor, lane: &mut Lane<u32>, iterations: u32) {
        match processor.vectors() {
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(token) => interleaved::iterate(token, [lane], iterations),
            _ => in_turn::iterate([lane], iterations),
        }
    }

    fn iterate_together(
        kernel: Kernel,
        lanes: &mut [&mut Lane<u32>],
        chosen: &[usize],
        iterations: u32,
    ) {
        match kernel {
            Kernel::OneByOne => {}
            Kernel::InTurn => {
                if let Some(two) = pair(lanes, chosen) {
                    in_turn::iterate(two, iterations);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Interleaved(token) => {
                if let Some(two) = pair(lanes, chosen) {
                    interleaved::iterate(token, two, iterations);
                }
            }
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
            Kernel::Avx512(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u32x16<Avx512>>(token, iterations),
                );
            }),
        }
    }
}

impl Kernels for u64 {
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 5..) => (Kernel::Avx512(token), 8),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 2..) => (Kernel::Avx512Half(token), 4),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx2(token), 3..) => (Kernel::Avx2(token), 4),
            _ => (Kernel::OneByOne, 1),
        }
    }

    fn iterate(processor: Processor, lane: &mut Lane<u64>, iterations: u32) {
        match processor.vectors() {
            Vectors::None => in_turn::iterate([lane], iterations),
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2(token) => alone::iterate(token, lane, iterations),
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(token) => alone::iterate(token, lane, iterations),
        }
    }

    fn iterate_together(
        kernel: Kernel,
        lanes: &mut [&mut Lane<u64>],
        chosen: &[usize],
        iterations: u32,
    ) {
        match kernel {
            Kernel::OneByOne | Kernel::InTurn => {}
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x4<Avx2>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Half(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x4<Avx512>>(token, iterations),
                );
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => in_lanes(lanes, chosen, |group| {
                token.vectorize(
                    #[inline(always)]
                    || group.iterate::<u64x8<Avx512>>(token, iterations),
                );
            }),
            // SHA-256's.
            #[cfg(target_arch = "x86_64")]
            Kernel::Interleaved(_) => {}
        }
    }
}

fn pair<'a, W: Word>(
    lanes: &'a mut [&mut Lane<W>],
    chosen: &[usize],
) -> Option<[&'a mut Lane<W>; 2]> {
    let &[one, other] = chosen else { return None };
    Some(lanes.get_disjoint_mut([one, other]).ok()?.map(|lane| &mut **lane))
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

/// Whether the crate `sha2` has the processor's own instructions for SHA-256.
#[cfg(target_arch = "x86_64")]
fn has_sha() -> bool {
    #[cfg(feature = "std")]
    return std::is_x86_feature_detected!("sha");
    #[cfg(not(feature = "std"))]
    return cfg!(target_feature = "sha");
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use alloc::vec::Vec;
    use core::array;

    use super::*;

    /// RFC 8018 §5.2 knows one block of a key. Kernels that the table keeps from this processor are
    /// called too.
    #[test]
    fn every_kernel_does_what_is_done_one_by_one() {
        check::<u32>(Kernel::InTurn, 2..=2, |word| word as u32);
        for processor in Processor::levels() {
            match processor.vectors() {
                Vectors::None => {}
                Vectors::Avx2(token) => {
                    check::<u32>(Kernel::Avx2(token), 1..=8, |word| word as u32);
                    check::<u64>(Kernel::Avx2(token), 1..=4, |word| word);
                }
                Vectors::Avx512(token) => {
                    check::<u32>(Kernel::Interleaved(token), 2..=2, |word| word as u32);
                    check::<u32>(Kernel::Avx512Half(token), 1..=8, |word| word as u32);
                    check::<u64>(Kernel::Avx512Half(token), 1..=4, |word| word);
                    check::<u32>(Kernel::Avx512(token), 1..=16, |word| word as u32);
                    check::<u64>(Kernel::Avx512(token), 1..=8, |word| word);
                }
            }
        }
    }

    #[track_caller]
    fn check<W: Kernels + Eq + core::fmt::Debug>(
        kernel: Kernel,
        widths: impl Iterator<Item = usize>,
        word: fn(u64) -> W,
    ) {
        // Any words will do: no state of HMAC is special.
        let words = |seed: usize| {
            array::from_fn(|at| {
                word(((8 * seed + at + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            })
        };
        let lane = |at| Lane::new(&words(at), &words(at + 100), &words(at + 200), 50);
        for width in widths {
            let mut lanes: Vec<Lane<W>> = (0..width).map(lane).collect();
            // Not in their order, as they are after a choice.
            let chosen: Vec<usize> = (0..width).rev().collect();
            for iterations in [1, 7] {
                let mut lanes = lanes.iter_mut().collect::<Vec<_>>();
                W::iterate_together(kernel, &mut lanes, &chosen, iterations);
            }
            for (at, found) in lanes.iter().enumerate() {
                let mut alone = lane(at);
                in_turn::iterate([&mut alone], 8);
                assert_eq!((found.u, found.t), (alone.u, alone.t), "lane {at} of {width}");
            }
        }
    }
}
