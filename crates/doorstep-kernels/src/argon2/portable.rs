//! G, one word at a time.

use super::block::{Block, WORDS, place};
use super::kernel::{Kernel, Words, mix};

#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Kernel for Portable {
    type Loaded = [u64; WORDS];

    fn load(self, block: &Block) -> Self::Loaded {
        block.0
    }

    fn first(self, block: &Self::Loaded) -> u64 {
        block[0]
    }

    fn compress<const XOR: bool>(
        self,
        mut words: Self::Loaded,
        reference: &Block,
        current: &mut Block,
    ) -> Self::Loaded {
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
            *word ^= *current;
            *current = *word;
        }
        words
    }
}

/// P on 16 words, which lie where `place` says.
#[inline(always)]
fn permute(words: &mut [u64; WORDS], place: impl Fn(usize) -> usize) {
    let mut v: [u64; 16] = core::array::from_fn(|i| words[place(i)]);
    for diagonal in [0, 1] {
        for i in 0..4 {
            let at = [0, 1, 2, 3].map(|quarter| 4 * quarter + (i + diagonal * quarter) % 4);
            let mixed = mix(at.map(|at| v[at]));
            for (at, word) in at.into_iter().zip(mixed) {
                v[at] = word;
            }
        }
    }
    for (i, word) in v.into_iter().enumerate() {
        words[place(i)] = word;
    }
}

impl Words for u64 {
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let low = |word: u64| u64::from(word as u32);
        let product = low(self) * low(other);
        self.wrapping_add(other).wrapping_add(product << 1)
    }

    #[inline(always)]
    fn rotate_right<const BITS: u32>(self) -> Self {
        self.rotate_right(BITS)
    }
}
