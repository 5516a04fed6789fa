//! Fills the memory in pieces. The one place that says which kernel serves which processor.

use alloc::boxed::Box;

#[cfg(target_arch = "x86_64")]
use fearless_simd::Simd;
use zeroize::Zeroizing;

#[cfg(target_arch = "x86_64")]
use super::avx2;
use super::block::{Block, WORDS, place};
use super::hash::{self, Inputs, Seed};
use super::kernel::Kernel;
use super::params::{Params, Version};
use super::portable::Portable;
use super::position::Position;
use crate::Processor;
use crate::table;

/// A memory that is being filled: how far it is.
///
/// It holds no secret. What it holds besides the position, the addresses of data-independent
/// references, follows from the parameters alone.
pub struct Fill {
    params: Params,
    position: Position,
    /// Pseudo-random words for the next references of a data-independent segment.
    /// Boxed, so that its alignment leaves no room between the fields, where whatever lay on the stack
    /// would be moved along.
    addresses: Box<Block>,
    remaining: u64,
}

impl Fill {
    /// Hashes the inputs and fills the first two blocks of each lane. What is in the memory does not
    /// matter. `None` if an input has more than 2^32 - 1 bytes.
    ///
    /// # Panics
    /// If the memory has not as many blocks as the parameters say.
    pub fn begin(params: Params, inputs: &Inputs<'_>, memory: &mut [Block]) -> Option<Self> {
        check(&params, memory);
        let seed = Seed::new(&params, inputs)?;
        for (lane, blocks) in (0..).zip(memory.chunks_exact_mut(params.lane_len() as usize)) {
            for (index, block) in (0..2).zip(blocks) {
                seed.block(index, lane, block);
            }
        }
        let blocks = u64::from(params.passes()) * memory.len() as u64;
        let remaining = blocks - 2 * u64::from(params.lanes());
        let addresses = Box::new(Block::ZERO);
        Some(Self { params, position: Position::START, addresses, remaining })
    }

    /// How many blocks there are to fill. Later passes count again.
    pub const fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Fills as many blocks, or as many as remain, and says whether it was the last of them.
    ///
    /// The memory is what the last piece left. The processor may be another.
    ///
    /// # Panics
    /// If the memory has not as many blocks as the parameters say.
    pub fn advance(&mut self, processor: Processor, memory: &mut [Block], blocks: u64) -> bool {
        check(&self.params, memory);
        match table::argon2(processor) {
            table::Kernel::Words => self.fill(Portable, memory, blocks),
            #[cfg(target_arch = "x86_64")]
            table::Kernel::Avx2(avx2) => avx2.vectorize(
                #[inline(always)]
                || self.fill(avx2::Vectors::new(avx2), memory, blocks),
            ),
            #[cfg(target_arch = "x86_64")]
            table::Kernel::Avx512Half(avx512) | table::Kernel::Avx512(avx512) => avx512.vectorize(
                #[inline(always)]
                || self.fill(avx512, memory, blocks),
            ),
        }
        self.remaining == 0
    }

    /// Makes the tag of what was filled. The memory still is the caller's to [`wipe`](super::wipe).
    ///
    /// # Panics
    /// If blocks remain, or if the memory or the tag is not as long as the parameters say.
    pub fn finish(&self, memory: &[Block], tag: &mut [u8]) {
        check(&self.params, memory);
        assert_eq!(self.remaining, 0, "blocks remain to be filled");
        assert_eq!(tag.len(), self.params.tag_len() as usize, "the tag has another length");
        let mut sum = Zeroizing::new(Block::ZERO);
        for lane in memory.chunks_exact(self.params.lane_len() as usize) {
            for (sum, word) in sum.0.iter_mut().zip(&lane[lane.len() - 1].0) {
                *sum ^= word;
            }
        }
        hash::tag(&sum, tag);
    }

    /// Fills segment after segment, and parts of them.
    #[inline(always)]
    fn fill<K: Kernel>(&mut self, kernel: K, memory: &mut [Block], blocks: u64) {
        let mut blocks = blocks.min(self.remaining);
        self.remaining -= blocks;
        while blocks > 0 {
            let independent = self.position.is_independent(self.params.variant());
            if independent && self.position.needs_addresses() {
                self.next_addresses(kernel);
            }
            let run = self.position.run(&self.params);
            let run = u32::try_from(blocks).map_or(run, |blocks| run.min(blocks));
            if self.position.pass > 0 && self.params.version() == Version::V0x13 {
                self.fill_run::<_, true>(kernel, memory, independent, run);
            } else {
                self.fill_run::<_, false>(kernel, memory, independent, run);
            }
            self.position.skip(run, &self.params);
            blocks -= u64::from(run);
        }
    }

    /// Fills `run` blocks of one segment, for whose references one block of addresses is enough.
    #[inline(always)]
    fn fill_run<K: Kernel, const XOR: bool>(
        &self,
        kernel: K,
        memory: &mut [Block],
        independent: bool,
        run: u32,
    ) {
        let first = self.position.index;
        let mut previous = self.position.previous(&self.params);
        for index in first..first + run {
            let random = if independent {
                self.addresses.0[place(index as usize % WORDS)]
            } else {
                memory[previous].0[0]
            };
            let reference = self.position.reference(index, random, &self.params);
            let current = self.position.current(index, &self.params);
            let Ok(blocks) = memory.get_disjoint_mut([previous, reference, current]) else {
                unreachable!("no block refers to itself, nor to the one before")
            };
            let [previous_block, reference, block] = blocks;
            kernel.compress::<XOR>(previous_block, reference, block);
            previous = current;
        }
    }

    /// RFC 9106 §3.4.1.2: the addresses for the block at `index` and those that follow.
    #[inline(always)]
    fn next_addresses<K: Kernel>(&mut self, kernel: K) {
        let Position { pass, slice, lane, index } = self.position;
        let input = [
            pass,
            lane,
            slice,
            self.params.blocks() as u32,
            self.params.passes(),
            self.params.variant().number(),
            index / WORDS as u32 + 1,
        ];
        *self.addresses = Block::ZERO;
        for (i, number) in input.into_iter().enumerate() {
            self.addresses.0[place(i)] = u64::from(number);
        }
        for _ in 0..2 {
            let input = Block::clone(&self.addresses);
            kernel.compress::<false>(&Block::ZERO, &input, &mut self.addresses);
        }
    }
}

fn check(params: &Params, memory: &[Block]) {
    assert_eq!(memory.len(), params.blocks(), "the memory has another number of blocks");
}
