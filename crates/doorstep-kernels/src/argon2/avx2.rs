//! G in vectors of 4 words.

use fearless_simd::{Avx2, prelude::*, u64x4};

use super::block::{Block, WORDS};
use super::kernel::{Kernel, Words, mix};

/// A quarter of a row.
type Vector = u64x4<Avx2>;

const LANES: usize = 4;

/// Where a quarter of a row lies, as [`place`](super::block::place) has it.
const fn at(row: usize, quarter: usize) -> usize {
    8 * (row / 2) + 2 * quarter + row % 2
}

impl Kernel for Avx2 {
    type Loaded = [Vector; WORDS / LANES];

    #[inline(always)]
    fn load(self, block: &Block) -> Self::Loaded {
        let (vectors, _) = block.0.as_chunks::<LANES>();
        core::array::from_fn(|i| Vector::load_array_ref(self, &vectors[i]))
    }

    #[inline(always)]
    fn first(self, block: &Self::Loaded) -> u64 {
        block[0][0]
    }

    #[inline(always)]
    fn compress<const XOR: bool>(
        self,
        previous: Self::Loaded,
        reference: &Block,
        current: &mut Block,
    ) -> Self::Loaded {
        let (reference, _) = reference.0.as_chunks::<LANES>();
        let (current, _) = current.0.as_chunks_mut::<LANES>();
        let mut v: Self::Loaded =
            core::array::from_fn(|i| previous[i] ^ Vector::load_array_ref(self, &reference[i]));
        for i in 0..v.len() {
            let kept = if XOR { v[i] ^ Vector::load_array_ref(self, &current[i]) } else { v[i] };
            kept.store_array(&mut current[i]);
        }
        for row in 0..8 {
            let [a, b, c, d] = mix([0, 1, 2, 3].map(|quarter| v[at(row, quarter)]));
            let [a, b, c, d] = mix([a, b.slide::<1>(b), c.slide::<2>(c), d.slide::<3>(d)]);
            v[at(row, 0)] = a;
            v[at(row, 1)] = b.slide::<3>(b);
            v[at(row, 2)] = c.slide::<2>(c);
            v[at(row, 3)] = d.slide::<1>(d);
        }
        // Two columns at once: each vector has a pair of words of both, and a matrix is 8 pairs.
        for columns in 0..4 {
            let pair = |row| v[at(row, columns)];
            let [a0, b0, c0, d0] = mix([pair(0), pair(2), pair(4), pair(6)]);
            let [a1, b1, c1, d1] = mix([pair(1), pair(3), pair(5), pair(7)]);
            let (b0, b1) = (join(b0, b1), join(b1, b0));
            let (d0, d1) = (join(d1, d0), join(d0, d1));
            let [a0, b0, c1, d0] = mix([a0, b0, c1, d0]);
            let [a1, b1, c0, d1] = mix([a1, b1, c0, d1]);
            v[at(0, columns)] = a0;
            v[at(1, columns)] = a1;
            v[at(2, columns)] = join(b1, b0);
            v[at(3, columns)] = join(b0, b1);
            v[at(4, columns)] = c0;
            v[at(5, columns)] = c1;
            v[at(6, columns)] = join(d0, d1);
            v[at(7, columns)] = join(d1, d0);
        }
        for i in 0..v.len() {
            v[i] ^= Vector::load_array_ref(self, &current[i]);
            v[i].store_array(&mut current[i]);
        }
        v
    }
}

/// The second word of each of `first`'s pairs, then the first one of `second`'s.
#[inline(always)]
fn join(first: Vector, second: Vector) -> Vector {
    first.slide_within_blocks::<1>(second)
}

impl Words for Vector {
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let low = u64::from(u32::MAX);
        let product = (self & low) * (other & low);
        self + other + (product + product)
    }

    #[inline(always)]
    fn rotate_right<const BITS: u32>(self) -> Self {
        (self >> BITS) | (self << (64 - BITS))
    }
}
