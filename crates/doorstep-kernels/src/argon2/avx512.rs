//! G in vectors of 8 words.

use fearless_simd::{Avx512, kernel, prelude::*, u64x8};

use super::block::{Block, WORDS};
use super::kernel::{Kernel, Words, mix};

/// A block, or the two rows or columns of it that one P works on.
type Vector = u64x8<Avx512>;

const LANES: usize = 8;

impl Kernel for Avx512 {
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
        for k in 0..4 {
            let [a, b, c, d] = mix([v[4 * k], v[4 * k + 1], v[4 * k + 2], v[4 * k + 3]]);
            let [a, b, c, d] = mix([a, row_1(self, b), row_2(self, c), row_3(self, d)]);
            v[4 * k] = a;
            v[4 * k + 1] = row_3(self, b);
            v[4 * k + 2] = row_2(self, c);
            v[4 * k + 3] = row_1(self, d);
        }
        for k in 0..4 {
            let [a, b, c, d] = mix([v[k], v[4 + k], v[8 + k], v[12 + k]]);
            let [a, b, c, d] = mix([a, column_1(self, b), column_2(self, c), column_3(self, d)]);
            v[k] = a;
            v[4 + k] = column_3(self, b);
            v[8 + k] = column_2(self, c);
            v[12 + k] = column_1(self, d);
        }
        for i in 0..v.len() {
            v[i] ^= Vector::load_array_ref(self, &current[i]);
            v[i].store_array(&mut current[i]);
        }
        v
    }
}

/// Makes a function that takes the words of a vector in another order.
macro_rules! order {
    ($name:ident, $order:expr) => {
        kernel!(
            #[inline(always)]
            fn $name(token: Avx512, vector: Vector) -> Vector {
                use core::arch::x86_64::{_mm512_permutexvar_epi64, _mm512_setr_epi64};
                const ORDER: [i64; 8] = $order;
                let [a, b, c, d, e, f, g, h] = ORDER;
                _mm512_permutexvar_epi64(_mm512_setr_epi64(a, b, c, d, e, f, g, h), vector.into())
                    .simd_into(token)
            }
        );
    };
}

// Two rows lie one after the other: 0 1 2 3, 0 1 2 3.
order!(row_1, [1, 2, 3, 0, 5, 6, 7, 4]);
order!(row_2, [2, 3, 0, 1, 6, 7, 4, 5]);
order!(row_3, [3, 0, 1, 2, 7, 4, 5, 6]);

// Two columns lie in pairs: 0 1, 0 1, 2 3, 2 3.
order!(column_1, [1, 4, 3, 6, 5, 0, 7, 2]);
order!(column_2, [4, 5, 6, 7, 0, 1, 2, 3]);
order!(column_3, [5, 0, 7, 2, 1, 4, 3, 6]);

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
