//! yescrypt's SMix (openwall's yescrypt 1.1, `yescrypt-ref.c`), resumable at any block, in the memory of
//! the caller: in yescrypt's own mode, with the p of 1 and the t of 0 that crypt(3) writes.
//!
//! ```text
//! Mix::begin ──► advance ──► … ──► advance ──► finish
//!  B, 128 r bytes   any number of steps           B'
//!                   on any processor
//! ```
//!
//! As with [`crate::scrypt`], whose blocks and whose [`wipe`](crate::scrypt::wipe) it shares,
//! the memory is lent to each piece. [`Mix`] holds the S-boxes, and wipes them when it is dropped. What a
//! piece leaves on the stack is not wiped. What comes before and after it is the caller's.

mod boxes;
mod pwxform;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use fearless_simd::prelude::*;

use self::boxes::Boxes;
use self::pwxform::{With, block_mix};
use crate::processor::{Processor, on_vectors};
use crate::scrypt::{self, Block};

/// How far one SMix is, and its S-boxes. Its memory is X, of 2 r blocks, and V, of N times as many.
pub struct Mix {
    n: usize,
    width: usize,
    step: usize,
    boxes: Box<Boxes>,
}

impl Mix {
    /// The blocks that N and r take; `None` if there is no such memory, or no such N: a power of two
    /// from 2 to 2^31.
    pub fn blocks(n: usize, r: usize) -> Option<usize> {
        scrypt::blocks(n, 1, r)
    }

    /// Begins with B, of 128 r bytes, in a memory with room for [`blocks`](Self::blocks). What it holds
    /// is written over, and it never gets shorter: all that was secret stays within its length.
    ///
    /// The S-boxes are filled from B, whose first 128 bytes are mixed by it: yescrypt makes a key of
    /// what is now the end of B.
    ///
    /// # Panics
    /// If there is too little room: growing would leave a copy behind that nobody wipes. If B is
    /// shorter than 128 bytes.
    pub fn begin(processor: Processor, n: usize, b: &mut [u8], memory: &mut Vec<Block>) -> Self {
        let width = b.len() / 64;
        let Some(first) = b.first_chunk_mut() else { panic!("B is too short") };
        let boxes = Boxes::fill(processor, first);
        scrypt::read(b, memory, width, Self::blocks(n, width / 2));
        Self { n, width, step: 0, boxes }
    }

    /// The steps of so large an N, of which each is a BlockMix: N that fill V, and a third as many, if
    /// that is even, that read and write it.
    pub const fn steps(n: u64) -> u64 {
        n.saturating_add(n.div_ceil(3).next_multiple_of(2))
    }

    /// Steps that are left.
    pub fn remaining(&self) -> u64 {
        Self::steps(self.n as u64) - self.step as u64
    }

    /// Does so many steps, and says whether these were the last.
    pub fn advance(&mut self, processor: Processor, memory: &mut Vec<Block>, steps: u64) -> bool {
        let steps = steps.min(self.remaining()) as usize;
        on_vectors!(processor, simd => self.run(simd, memory, steps));
        self.remaining() == 0
    }

    /// Writes B', once `advance` has said so.
    pub fn finish(&self, memory: &[Block], b: &mut [u8]) {
        scrypt::write(&memory[..self.width], b);
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, memory: &mut Vec<Block>, steps: usize) {
        let Self { n, width, ref mut step, ref mut boxes } = *self;
        for _ in 0..steps {
            if *step < n {
                scrypt::keep(memory, width, (*step + 1) * width);
            }
            let (x, v) = memory.split_at_mut(width);
            // Integerify: N is below 2^32, so that the lowest word is enough.
            let integer = x[width - 1].0[0][0] as usize;
            let with = match *step {
                0 | 1 => With::Nothing,
                // Wrap: one of the last so many, which are a power of two.
                i if i < n => {
                    let window = 1 << i.ilog2();
                    let j = (integer & (window - 1)) + (i - window);
                    With::Read(&v[j * width..][..width])
                }
                _ => With::Written(&mut v[(integer & (n - 1)) * width..][..width]),
            };
            block_mix(simd, boxes, x, with);
            *step += 1;
        }
    }
}

impl fmt::Debug for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mix").field("n", &self.n).field("step", &self.step).finish_non_exhaustive()
    }
}

/// The words of a row of a block, lowest half first.
#[inline(always)]
fn words([a, b, c, d]: &[u32; 4]) -> [u64; 2] {
    [[a, b], [c, d]].map(|[low, high]| u64::from(*low) | u64::from(*high) << 32)
}

/// The other way round.
#[inline(always)]
fn row(words: [u64; 2]) -> [u32; 4] {
    let [[a, b], [c, d]] = words.map(|word| [word as u32, (word >> 32) as u32]);
    [a, b, c, d]
}
