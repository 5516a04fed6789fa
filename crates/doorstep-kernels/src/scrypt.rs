//! scrypt's ROMix (RFC 7914 §4 and §5), resumable at any block, in the memory of the caller.
//!
//! ```text
//! Mix::begin ──► advance ──► … ──► advance ──► finish
//!  B, 128 r bytes   any number of steps           B'
//!                   on any processor
//! ```
//!
//! The memory is lent to each piece and holds all that is secret between two of them; [`Mix`] holds
//! only how far it is. So whoever lends the memory wipes it, with [`wipe`]. What a piece leaves on the
//! stack is not wiped. PBKDF2 before and after it is the caller's.

use alloc::vec::Vec;

use fearless_simd::{prelude::*, u32x4};
use zeroize::Zeroize;

use crate::processor::{Processor, on_vectors};

/// 64 bytes of scrypt's memory: Salsa20's state, by its diagonals.
///
/// Its words lie as vectors work on them, which is not the RFC's order: a block is for [`Mix`] to read.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub(crate) [[u32; 4]; 4]);

/// The RFC's place of each word: the diagonals are rows.
const PLACES: [[usize; 4]; 4] = [[0, 5, 10, 15], [4, 9, 14, 3], [8, 13, 2, 7], [12, 1, 6, 11]];

impl Block {
    /// A block of zeros.
    pub const ZERO: Self = Self([[0; 4]; 4]);

    pub(crate) fn read_le_bytes(bytes: &[u8; 64]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self(PLACES.map(|row| row.map(|place| u32::from_le_bytes(words[place]))))
    }

    pub(crate) fn write_le_bytes(&self, bytes: &mut [u8; 64]) {
        let (words, _) = bytes.as_chunks_mut();
        for (word, place) in self.0.as_flattened().iter().zip(PLACES.as_flattened()) {
            words[*place] = word.to_le_bytes();
        }
    }
}

impl Zeroize for Block {
    fn zeroize(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

/// Overwrites memory with zeros, at the speed of a fill.
pub fn wipe(memory: &mut [Block]) {
    memory.fill(Block::ZERO);
    zeroize::optimization_barrier(memory);
}

/// The blocks that N and so many more of them take, each of 128 r bytes; `None` if there is no such memory,
/// or no such N: a power of two from 2 to 2^31.
pub(crate) fn blocks(n: usize, more: usize, r: usize) -> Option<usize> {
    let is_known = n.is_power_of_two() && (2..=1 << 31).contains(&n) && r > 0;
    if is_known { n.checked_add(more)?.checked_mul(r.checked_mul(2)?) } else { None }
}

/// Reads B into the first blocks of a memory, which has `len` of them then, if it had fewer.
///
/// # Panics
/// If there is no room for as many as are needed.
pub(crate) fn read(b: &[u8], memory: &mut Vec<Block>, len: usize, needed: Option<usize>) {
    assert!(needed.is_some_and(|count| count <= memory.capacity()), "no room for V");
    memory.resize(memory.len().max(len), Block::ZERO);
    for (block, bytes) in memory.iter_mut().zip(b.as_chunks().0) {
        *block = Block::read_le_bytes(bytes);
    }
}

/// The other way round.
pub(crate) fn write(blocks: &[Block], b: &mut [u8]) {
    for (block, bytes) in blocks.iter().zip(b.as_chunks_mut().0) {
        block.write_le_bytes(bytes);
    }
}

/// Copies X, the first blocks, into V, of which `at` may be the end.
#[inline(always)]
pub(crate) fn keep(memory: &mut Vec<Block>, width: usize, at: usize) {
    if memory.len() == at {
        memory.extend_from_within(..width);
    } else {
        memory.copy_within(..width, at);
    }
}

/// How far one ROMix is. Its memory is X and Y, of 2 r blocks each, and then V, of N times as many.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    n: usize,
    width: usize,
    step: usize,
}

impl Mix {
    /// The blocks that N and r take; `None` if there is no such memory, or no such N: a power of two
    /// from 2 to 2^31.
    pub fn blocks(n: usize, r: usize) -> Option<usize> {
        blocks(n, 2, r)
    }

    /// Begins with B, of 128 r bytes, in a memory with room for [`blocks`](Self::blocks). What it holds
    /// is written over, and it never gets shorter: all that was secret stays within its length.
    ///
    /// # Panics
    /// If there is too little room: growing would leave a copy behind that nobody wipes.
    pub fn begin(n: usize, b: &[u8], memory: &mut Vec<Block>) -> Self {
        let width = b.len() / 64;
        read(b, memory, 2 * width, Self::blocks(n, width / 2));
        Self { n, width, step: 0 }
    }

    /// Steps that are left, of which each is a BlockMix.
    pub fn remaining(&self) -> u64 {
        (2 * self.n - self.step) as u64
    }

    /// Does so many steps, and says whether these were the last.
    pub fn advance(&mut self, processor: Processor, memory: &mut Vec<Block>, steps: u64) -> bool {
        let steps = steps.min(self.remaining()) as usize;
        on_vectors!(processor, simd => self.run(simd, memory, steps));
        self.remaining() == 0
    }

    /// Writes B', once `advance` has said so.
    pub fn finish(&self, memory: &[Block], b: &mut [u8]) {
        write(&memory[..self.width], b);
    }

    /// RFC 7914 §5: the first N steps write V, the others read it.
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, memory: &mut Vec<Block>, steps: usize) {
        let Self { n, width, .. } = *self;
        for _ in 0..steps {
            if self.step < n {
                keep(memory, width, (self.step + 2) * width);
                let (x, v) = memory.split_at_mut(2 * width);
                let v = &v[self.step * width..][..width];
                block_mix(&mut x[..width], |at| State::load(simd, &v[at]));
            } else {
                let (xy, v) = memory.split_at_mut(2 * width);
                let (x, y) = xy.split_at_mut(width);
                let (x, y) = if self.step.is_multiple_of(2) { (x, y) } else { (y, x) };
                // Integerify: N is below 2^32, so that the lowest word is enough.
                let j = x[width - 1].0[0][0] as usize & (n - 1);
                let (x, v) = (&x[..width], &v[j * width..][..width]);
                block_mix(y, |at| State::load(simd, &x[at]).xor(State::load(simd, &v[at])));
            }
            self.step += 1;
        }
    }
}

/// RFC 7914 §4, of what `input` has at each place: the even blocks come before the odd ones.
#[inline(always)]
fn block_mix<S: Simd>(output: &mut [Block], input: impl Fn(usize) -> State<S>) {
    let width = output.len();
    let mut x = input(width - 1);
    let (even, odd) = output.split_at_mut(width / 2);
    for (pair, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
        x = x.xor(input(2 * pair)).salsa20::<4>();
        x.store(even);
        x = x.xor(input(2 * pair + 1)).salsa20::<4>();
        x.store(odd);
    }
}

/// Salsa20's state in vectors, by its diagonals.
#[derive(Clone, Copy)]
pub(crate) struct State<S: Simd>([u32x4<S>; 4]);

impl<S: Simd> State<S> {
    #[inline(always)]
    pub(crate) fn load(simd: S, block: &Block) -> Self {
        Self([0, 1, 2, 3].map(
            #[inline(always)]
            |row| u32x4::load_array_ref(simd, &block.0[row]),
        ))
    }

    #[inline(always)]
    pub(crate) fn store(self, block: &mut Block) {
        for (row, words) in self.0.into_iter().zip(&mut block.0) {
            row.store_array(words);
        }
    }

    #[inline(always)]
    fn xor(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([a ^ e, b ^ f, c ^ g, d ^ h])
    }

    /// RFC 7914 §3, with so many double rounds, of which scrypt does four.
    #[inline(always)]
    pub(crate) fn salsa20<const DOUBLE_ROUNDS: usize>(self) -> Self {
        let Self([mut a, mut b, mut c, mut d]) = self;
        for _ in 0..2 * DOUBLE_ROUNDS {
            b ^= rotate_left::<S, 7>(a + d);
            c ^= rotate_left::<S, 9>(b + a);
            d ^= rotate_left::<S, 13>(c + b);
            a ^= rotate_left::<S, 18>(d + c);
            // Columns become rows, and rows columns.
            (b, c, d) = (d.slide::<1>(d), c.slide::<2>(c), b.slide::<3>(b));
        }
        let Self([e, f, g, h]) = self;
        Self([a + e, b + f, c + g, d + h])
    }
}

/// One instruction where the processor has it: the compiler knows this form.
#[inline(always)]
fn rotate_left<S: Simd, const BITS: u32>(words: u32x4<S>) -> u32x4<S> {
    (words << BITS) | (words >> (32 - BITS))
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// RFC 7914 §10, by each kernel and in pieces of each size.
    #[test]
    fn romix_is_the_rfcs() {
        let unhex = |text: &str| -> Vec<u8> {
            let digits: Vec<u8> = text
                .chars()
                .filter_map(|digit| digit.to_digit(16))
                .map(|digit| digit as u8)
                .collect();
            digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
        };
        let b = unhex(
            "f7ce0b653d2d72a4108cf5abe912ffdd777616dbbb27a70e8204f3ae2d0f6fad
             89f68f4811d1e87bcc3bd7400a9ffd29094f0184639574f39ae5a1315217bcd7
             894991447213bb226c25b54da86370fbcd984380374666bb8ffcb5bf40c254b0
             67d27c51ce4ad5fed829c90b505a571b7f4d1cad6a523cda770e67bceaaf7e89",
        );
        let expected = unhex(
            "79ccc193629debca047f0b70604bf6b62ce3dd4a9626e355fafc6198e6ea2b46
             d58413673b99b029d665c357601fb426a0b2f4bba200ee9f0a43d19b571a9c71
             ef1142e65d5a266fddca832ce59faa7cac0b9cf1be2bffca300d01ee387619c4
             ae12fd4438f203a0e4e1c47ec314861f4e9087cb33396a6873e8f9d2539a4b8e",
        );
        for processor in Processor::levels() {
            for steps in [1, 3, 16, 31, 32, 1000] {
                let mut memory = Vec::with_capacity(Mix::blocks(16, 1).expect("a small N"));
                let mut mix = Mix::begin(16, &b, &mut memory);
                assert_eq!(mix.remaining(), 32);
                while !mix.advance(processor, &mut memory, steps) {}
                let mut out = vec![0; b.len()];
                mix.finish(&memory, &mut out);
                assert_eq!(out, expected, "{processor:?}, {steps} at a time");
            }
        }
    }

    #[test]
    fn no_memory_for_what_is_no_parameter() {
        assert_eq!(Mix::blocks(2, 1), Some(8));
        for (n, r) in [(0, 1), (1, 1), (3, 1), (2, 0), (1 << 31, usize::MAX / 2), (16, usize::MAX)]
        {
            assert_eq!(Mix::blocks(n, r), None, "{n} {r}");
        }
    }
}
