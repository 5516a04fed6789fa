//! Filling the memory, block by block. The one place that says which kernel serves which processor.

#[cfg(target_arch = "x86_64")]
use fearless_simd::Simd;
use zeroize::Zeroizing;

#[cfg(target_arch = "x86_64")]
use super::avx2;
use super::block::{Block, WORDS, place};
use super::hash::{self, Inputs, Seed};
use super::kernel::Kernel;
use super::params::{Params, SLICES, Variant, Version};
use super::portable::Portable;
use crate::Processor;
use crate::processor::Vectors;

/// A memory that is being filled: how far it is.
///
/// It holds no secret. What it holds besides the position, the addresses of data-independent
/// references, follows from the parameters alone.
#[derive(Clone)]
pub struct Fill {
    params: Params,
    position: Position,
    /// Pseudo-random words for the next references of a data-independent segment.
    addresses: Block,
    remaining: u64,
}

/// The block that comes next.
#[derive(Clone, Copy)]
struct Position {
    pass: u32,
    slice: u32,
    lane: u32,
    /// Within the segment.
    index: u32,
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
        let position = Position { pass: 0, slice: 0, lane: 0, index: 2 };
        let blocks = u64::from(params.passes()) * memory.len() as u64;
        let remaining = blocks - 2 * u64::from(params.lanes());
        Some(Self { params, position, addresses: Block::ZERO, remaining })
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
        match processor.vectors() {
            Vectors::None => self.fill(Portable, memory, blocks),
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2(avx2) => avx2.vectorize(
                #[inline(always)]
                || self.fill(avx2::Vectors::new(avx2), memory, blocks),
            ),
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512(avx512) => avx512.vectorize(
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
    pub fn finish(self, memory: &[Block], tag: &mut [u8]) {
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
        let Position { slice, lane, index: start, .. } = self.position;
        let lane_len = self.params.lane_len() as usize;
        let lane_start = lane as usize * lane_len;
        let column = (slice * self.params.segment_len()) as usize;
        let before = (column + start as usize).checked_sub(1).unwrap_or(lane_len - 1);
        let mut previous = lane_start + before;
        for index in start..start + run {
            let random = if independent {
                self.addresses.0[place(index as usize % WORDS)]
            } else {
                memory[previous].0[0]
            };
            let reference = self.position.reference(index, random, &self.params);
            let current = lane_start + column + index as usize;
            // A block never refers to itself, nor to the one before.
            let Ok([a, b, c]) = memory.get_disjoint_mut([previous, reference, current]) else {
                unreachable!("a reference lies in another block of the memory")
            };
            kernel.compress::<XOR>(a, b, c);
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
        self.addresses = Block::ZERO;
        for (i, number) in input.into_iter().enumerate() {
            self.addresses.0[place(i)] = u64::from(number);
        }
        for _ in 0..2 {
            let input = self.addresses.clone();
            kernel.compress::<false>(&Block::ZERO, &input, &mut self.addresses);
        }
    }
}

impl Position {
    /// Whether references of this segment do not depend on the data.
    fn is_independent(&self, variant: Variant) -> bool {
        match variant {
            Variant::D => false,
            Variant::I => true,
            Variant::Id => self.pass == 0 && self.slice < SLICES / 2,
        }
    }

    /// Whether a block of addresses begins here. The first segment begins with its third block.
    fn needs_addresses(&self) -> bool {
        self.index.is_multiple_of(WORDS as u32)
            || self.index == 2 && (self.pass, self.slice) == (0, 0)
    }

    /// How many blocks there are to the next block of addresses or segment.
    fn run(&self, params: &Params) -> u32 {
        let words = WORDS as u32;
        (params.segment_len() - self.index).min(words - self.index % words)
    }

    /// RFC 9106 §3.4.2: which block of the memory the pseudo-random word J_1 || J_2 refers to.
    #[inline(always)]
    fn reference(&self, index: u32, random: u64, params: &Params) -> usize {
        let (lane_len, segment_len) = (params.lane_len(), params.segment_len());
        let (first, second) = (random as u32, (random >> 32) as u32);
        // Nothing of another lane is there in the first segment.
        let lane = match params.lanes() {
            1 => 0,
            _ if (self.pass, self.slice) == (0, 0) => self.lane,
            lanes => second % lanes,
        };
        // Blocks that may be referred to: the segments that are complete, and of the same lane what
        // this one has, without the block just before.
        let segments = if self.pass == 0 { self.slice } else { SLICES - 1 };
        let area = segments * segment_len;
        let area = if lane == self.lane { area + index - 1 } else { area - u32::from(index == 0) };
        let x = (u64::from(first) * u64::from(first)) >> 32;
        let distance = ((u64::from(area) * x) >> 32) as u32;
        let oldest = if self.pass == 0 { 0 } else { (self.slice + 1) % SLICES * segment_len };
        let within = u64::from(oldest) + u64::from(area - 1 - distance);
        let within =
            if within >= u64::from(lane_len) { within - u64::from(lane_len) } else { within };
        lane as usize * lane_len as usize + within as usize
    }

    /// Goes on by `blocks`, which end in this segment: RFC 9106 §3.4, Figure 7.
    fn skip(&mut self, blocks: u32, params: &Params) {
        self.index += blocks;
        if self.index < params.segment_len() {
            return;
        }
        self.index = 0;
        self.lane += 1;
        if self.lane == params.lanes() {
            self.lane = 0;
            self.slice += 1;
        }
        if self.slice == SLICES {
            self.slice = 0;
            self.pass += 1;
        }
        if (self.pass, self.slice) == (0, 0) {
            self.index = 2;
        }
    }
}

fn check(params: &Params, memory: &[Block]) {
    assert_eq!(memory.len(), params.blocks(), "the memory has another number of blocks");
}
