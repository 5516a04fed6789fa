//! Where a fill is, and which block is referred to from there (RFC 9106 §3.4).

use super::block::WORDS;
use super::params::{Params, SLICES, Variant};

/// The block that comes next.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub(super) pass: u32,
    pub(super) slice: u32,
    pub(super) lane: u32,
    /// Within the segment.
    pub(super) index: u32,
}

impl Position {
    /// After the first two blocks of each lane, which are hashed.
    pub(super) const START: Self = Self { pass: 0, slice: 0, lane: 0, index: 2 };

    /// Whether references of this segment do not depend on the data.
    pub(super) fn is_independent(&self, variant: Variant) -> bool {
        match variant {
            Variant::D => false,
            Variant::I => true,
            Variant::Id => self.pass == 0 && self.slice < SLICES / 2,
        }
    }

    /// Whether a block of addresses begins here.
    pub(super) fn needs_addresses(&self) -> bool {
        self.index == self.first_index() || self.index.is_multiple_of(WORDS as u32)
    }

    /// How many blocks there are to the next segment or block of addresses.
    pub(super) fn run(&self, params: &Params) -> u32 {
        let words = WORDS as u32;
        (params.segment_len() - self.index).min(words - self.index % words)
    }

    /// Goes on by as many blocks, which end in this segment: to the next lane, slice and pass.
    pub(super) fn skip(&mut self, blocks: u32, params: &Params) {
        self.index += blocks;
        if self.index < params.segment_len() {
            return;
        }
        self.lane += 1;
        if self.lane == params.lanes() {
            self.lane = 0;
            self.slice += 1;
        }
        if self.slice == SLICES {
            self.slice = 0;
            self.pass += 1;
        }
        self.index = self.first_index();
    }

    /// Where in the memory the block at `index` of this segment lies.
    #[inline(always)]
    pub(super) fn current(&self, index: u32, params: &Params) -> usize {
        self.lane_start(self.lane, params) + (self.slice * params.segment_len() + index) as usize
    }

    /// Where the block before the next one lies: before the first of a lane, its last.
    #[inline(always)]
    pub(super) fn previous(&self, params: &Params) -> usize {
        let next = self.current(self.index, params);
        if next == self.lane_start(self.lane, params) {
            next + params.lane_len() as usize - 1
        } else {
            next - 1
        }
    }

    /// Which block the pseudo-random word J_1 || J_2 refers to from the one at `index`: RFC 9106
    /// §3.4.2.
    #[inline(always)]
    pub(super) fn reference(&self, index: u32, random: u64, params: &Params) -> usize {
        let (lane_len, segment_len) = (params.lane_len(), params.segment_len());
        let (j_1, j_2) = (random as u32, (random >> 32) as u32);
        let lane = match params.lanes() {
            1 => 0,
            // Other lanes have nothing yet.
            _ if self.is_first_segment() => self.lane,
            lanes => j_2 % lanes,
        };
        // W, the blocks to choose from: the segments that are complete, and of the same lane what
        // this one has, without the block just before, which is in the sum anyway.
        let complete = if self.pass == 0 { self.slice } else { SLICES - 1 } * segment_len;
        let choice =
            if lane == self.lane { complete + index - 1 } else { complete - u32::from(index == 0) };
        let x = (u64::from(j_1) * u64::from(j_1)) >> 32;
        let y = (u64::from(choice) * x) >> 32;
        let z = u64::from(choice) - 1 - y;
        // The oldest of them follows this segment, where the last pass left it.
        let oldest = if self.pass == 0 { 0 } else { (self.slice + 1) % SLICES * segment_len };
        let chosen = u64::from(oldest) + z;
        let round = if chosen < u64::from(lane_len) { 0 } else { u64::from(lane_len) };
        self.lane_start(lane, params) + (chosen - round) as usize
    }

    fn lane_start(&self, lane: u32, params: &Params) -> usize {
        lane as usize * params.lane_len() as usize
    }

    fn first_index(&self) -> u32 {
        if self.is_first_segment() { Self::START.index } else { 0 }
    }

    fn is_first_segment(&self) -> bool {
        (self.pass, self.slice) == (0, 0)
    }
}
