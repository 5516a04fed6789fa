//! G, one word at a time.

use super::block::{Block, WORDS, place};
use super::kernel::{Arithmetic, Kernel, mix};

#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Kernel for Portable {
    fn compress<const XOR: bool>(self, previous: &Block, reference: &Block, current: &mut Block) {
        let mut words = previous.0;
        let blocks = reference.0.iter().zip(&mut current.0);
        for (word, (reference, current)) in words.iter_mut().zip(blocks) {
            *word ^= reference;
            *current = if XOR { *word ^ *current } else { *word };
        }
        for row in 0..8 {
            permute(&mut words, |i| place(16 * row + i));
        }
        for column in 0..8 {
            permute(&mut words, |i| place(16 * (i / 2) + 2 * column + i % 2));
        }
        for (word, current) in words.iter_mut().zip(&mut current.0) {
            *current ^= *word;
        }
    }
}

/// P on 16 words, which lie where `place` says.
#[inline(always)]
fn permute(words: &mut [u64; WORDS], place: impl Fn(usize) -> usize) {
    let mut quarters = [[0; 4]; 4];
    for i in 0..16 {
        quarters[i / 4][i % 4] = words[place(i)];
    }
    let [a, [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]] = mix(Portable, quarters);
    let diagonals = [a, [b1, b2, b3, b0], [c2, c3, c0, c1], [d3, d0, d1, d2]];
    let [a, [b1, b2, b3, b0], [c2, c3, c0, c1], [d3, d0, d1, d2]] = mix(Portable, diagonals);
    let quarters = [a, [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]];
    for i in 0..16 {
        words[place(i)] = quarters[i / 4][i % 4];
    }
}

impl Arithmetic for Portable {
    type Words = u64;

    #[inline(always)]
    fn xor(self, x: u64, y: u64) -> u64 {
        x ^ y
    }

    #[inline(always)]
    fn add(self, x: u64, y: u64) -> u64 {
        let low = |word: u64| u64::from(word as u32);
        x.wrapping_add(y).wrapping_add((low(x) * low(y)) << 1)
    }

    #[inline(always)]
    fn rotate_right<const BITS: u32>(self, x: u64) -> u64 {
        x.rotate_right(BITS)
    }
}
