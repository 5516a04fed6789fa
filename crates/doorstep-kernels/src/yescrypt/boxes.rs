//! The three S-boxes of pwxform: filled by scrypt, and written over as they are used.

use alloc::boxed::Box;
use alloc::vec::Vec;

use zeroize::Zeroize;

use super::words;
use crate::Processor;
use crate::scrypt::{self, Block};

/// One box: 2^Swidth entries of PWXsimple words, in sixteen groups. A use writes one of these, by four
/// lanes in each of four rounds.
pub(super) type Sbox = [[[[u64; 2]; 4]; 4]; 16];

/// Blocks of 64 bytes that the boxes are filled from.
const BLOCKS: usize = 192;

/// Steps of ROMix that write so many: each writes two, since r is 1.
const STEPS: u64 = BLOCKS as u64 / 2;

/// The boxes, and how often they were used. Wiped when dropped.
pub(super) struct Boxes {
    boxes: [Sbox; 3],
    uses: usize,
}

/// The boxes by their names of the moment.
pub(super) struct Turned<'a> {
    pub(super) s0: &'a mut Sbox,
    pub(super) s1: &'a mut Sbox,
    pub(super) s2: &'a mut Sbox,
    /// Which of its groups is written next.
    pub(super) group: usize,
}

impl Boxes {
    /// Fills them by SMix1 with r = 1, which mixes the first 128 bytes of B.
    pub(super) fn fill(processor: Processor, b: &mut [u8; 128]) -> Box<Self> {
        // The first half of ROMix is SMix1, but that there N is a power of two.
        let n = STEPS.next_power_of_two() as usize;
        let mut memory = Vec::with_capacity(scrypt::Mix::blocks(n, 1).unwrap_or_default());
        let mut mix = scrypt::Mix::begin(n, b, &mut memory);
        mix.advance(processor, &mut memory, STEPS);
        mix.finish(&memory, b);
        let mut filled = Box::new(Self { boxes: [[[[[0; 2]; 4]; 4]; 16]; 3], uses: 0 });
        let v = memory[memory.len() - BLOCKS..].iter().flat_map(|Block(rows)| rows);
        // S2 comes first.
        let entries = filled.boxes.iter_mut().rev().flat_map(|s| s.as_flattened_mut());
        for (entry, row) in entries.flatten().zip(v) {
            *entry = words(row);
        }
        scrypt::wipe(&mut memory);
        filled
    }

    /// Lends them for so many uses.
    #[inline(always)]
    pub(super) fn lend(&mut self, uses: usize) -> Turned<'_> {
        let [a, b, c] = &mut self.boxes;
        let [s0, s1, s2] = match self.uses % 3 {
            0 => [a, b, c],
            1 => [c, a, b],
            _ => [b, c, a],
        };
        let group = self.uses % 16;
        // Counted for ever, they would wrap at no multiple of 3.
        self.uses = (self.uses + uses) % 48;
        Turned { s0, s1, s2, group }
    }
}

impl Turned<'_> {
    /// After a use: S2 becomes S0, S0 becomes S1, and S1 the next to be written.
    #[inline(always)]
    pub(super) fn turn(&mut self) {
        self.group += 1;
        core::mem::swap(&mut self.s0, &mut self.s1);
        core::mem::swap(&mut self.s0, &mut self.s2);
    }
}

impl Drop for Boxes {
    fn drop(&mut self) {
        self.boxes
            .as_flattened_mut()
            .as_flattened_mut()
            .as_flattened_mut()
            .iter_mut()
            .for_each(Zeroize::zeroize);
    }
}
