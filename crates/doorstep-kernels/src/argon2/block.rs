//! A block of memory, and the order of its words.

use zeroize::Zeroize;

/// Words of a block.
pub(super) const WORDS: usize = 128;

/// 1 KiB of Argon2's memory.
///
/// Its words lie in the order in which vectors read them, which is not the RFC's: a block is for
/// [`Fill`](super::Fill) to read. All kernels use the same order.
#[derive(Clone, PartialEq, Eq)]
#[repr(align(64))]
pub struct Block(pub(super) [u64; WORDS]);

/// Where the RFC's word `i` lies.
///
/// RFC 9106 §3.5 looks at a block as 8 rows of 16 words, a row as the 4 × 4 matrix that P works on.
/// Two rows are interleaved here by quarters, the rows of those matrices:
///
/// ```text
/// row 0: a0 b0 c0 d0                   a0 a1 b0 b1 c0 c1 d0 d1
/// row 1: a1 b1 c1 d1      becomes      a2 a3 b2 b3 c2 c3 d2 d3      and so on
/// ```
///
/// A vector of 8 words then is the same quarter of two rows, as P on rows wants it, and also the
/// same two rows of two columns, as P on columns wants it: nothing is moved in between. A vector of 4
/// is a quarter, as ever.
pub(super) const fn place(i: usize) -> usize {
    let (row, quarter, word) = (i / 16, i % 16 / 4, i % 4);
    32 * (row / 2) + 8 * quarter + 4 * (row % 2) + word
}

impl Block {
    /// A block of zeros: what memory may hold before it is filled.
    pub const ZERO: Self = Self([0; WORDS]);

    pub(super) fn read_le_bytes(&mut self, bytes: &[u8; 8 * WORDS]) {
        for (i, word) in bytes.as_chunks().0.iter().enumerate() {
            self.0[place(i)] = u64::from_le_bytes(*word);
        }
    }

    pub(super) fn write_le_bytes(&self, bytes: &mut [u8; 8 * WORDS]) {
        for (i, word) in bytes.as_chunks_mut().0.iter_mut().enumerate() {
            *word = self.0[place(i)].to_le_bytes();
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Zeroize for Block {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// Overwrites memory with zeros, at the speed of a fill.
pub fn wipe(memory: &mut [Block]) {
    for block in &mut *memory {
        block.0 = [0; WORDS];
    }
    zeroize::optimization_barrier(memory);
}
