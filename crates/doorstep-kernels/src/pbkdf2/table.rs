//! Which kernel serves which processor and how many lanes: nothing else in PBKDF2 knows.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512, Simd, u32x8, u32x16, u64x4, u64x8};

use super::group::Group;
use super::{Lane, single};
use crate::Processor;
use crate::processor::Vectors;
use crate::sha2::Word;

/// How lanes go on.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// One after another.
    OneByOne,
    /// In the lanes of one vector.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// The words that there are kernels for: both.
pub trait Kernels: Word {
    /// The kernel for so many lanes that have something to do, and how many it takes at once.
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize);
    /// One lane.
    fn iterate(processor: Processor, lane: &mut Lane<Self>, iterations: u32);
    /// Several lanes.
    fn iterate_together(kernel: Kernel, group: &mut Group<Self>, iterations: u32);
}

impl Kernels for u32 {
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 4..) => (Kernel::Avx512(token), 16),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx2(token), 8..) => (Kernel::Avx2(token), 8),
            _ => (Kernel::OneByOne, 1),
        }
    }

    fn iterate(_: Processor, lane: &mut Lane<u32>, iterations: u32) {
        single::iterate(lane, iterations);
    }

    fn iterate_together(kernel: Kernel, group: &mut Group<u32>, iterations: u32) {
        match kernel {
            Kernel::OneByOne => {}
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => token.vectorize(
                #[inline(always)]
                || group.iterate::<u32x8<_>>(token, iterations),
            ),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => token.vectorize(
                #[inline(always)]
                || group.iterate::<u32x16<_>>(token, iterations),
            ),
        }
    }
}

impl Kernels for u64 {
    fn choose(processor: Processor, waiting: usize) -> (Kernel, usize) {
        match (processor.vectors(), waiting) {
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx512(token), 2..) => (Kernel::Avx512(token), 8),
            #[cfg(target_arch = "x86_64")]
            (Vectors::Avx2(token), 3..) => (Kernel::Avx2(token), 4),
            _ => (Kernel::OneByOne, 1),
        }
    }

    fn iterate(_: Processor, lane: &mut Lane<u64>, iterations: u32) {
        single::iterate(lane, iterations);
    }

    fn iterate_together(kernel: Kernel, group: &mut Group<u64>, iterations: u32) {
        match kernel {
            Kernel::OneByOne => {}
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => token.vectorize(
                #[inline(always)]
                || group.iterate::<u64x4<_>>(token, iterations),
            ),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(token) => token.vectorize(
                #[inline(always)]
                || group.iterate::<u64x8<_>>(token, iterations),
            ),
        }
    }
}
