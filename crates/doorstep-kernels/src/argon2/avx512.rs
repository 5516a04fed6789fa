//! G in vectors of 8 words.

use fearless_simd::{Avx512, kernel, prelude::*, u64x8};

use super::block::Block;
use super::kernel::{Arithmetic, Kernel, mix, transpose};

/// The same quarter of two rows; or, of the matrices of two columns, the same quarter: it is the
/// order of words in a [`Block`] that makes it both.
type Vector = u64x8<Avx512>;

const LANES: usize = 8;

impl Kernel for Avx512 {
    #[inline(always)]
    fn compress<const XOR: bool>(self, previous: &Block, reference: &Block, current: &mut Block) {
        let (previous, _) = previous.0.as_chunks::<LANES>();
        let (reference, _) = reference.0.as_chunks::<LANES>();
        let (current, _) = current.0.as_chunks_mut::<LANES>();
        let load = |words: &[u64; LANES]| Vector::load_array_ref(self, words);

        let mut r = [[Vector::splat(self, 0); 4]; 4];
        for (i, r) in r.as_flattened_mut().iter_mut().enumerate() {
            *r = load(&previous[i]) ^ load(&reference[i]);
            let kept = if XOR { *r ^ load(&current[i]) } else { *r };
            kept.store_array(&mut current[i]);
        }
        let quarters = rows(self, transpose(r));
        let z = columns(self, transpose(quarters));
        for (z, words) in z.as_flattened().iter().zip(current) {
            (*z ^ load(words)).store_array(words);
        }
    }
}

/// P on pairs of rows.
#[inline(always)]
fn rows<const N: usize>(token: Avx512, matrices: [[Vector; N]; 4]) -> [[Vector; N]; 4] {
    let [mut a, b, mut c, mut d] = mix(token, matrices);
    for i in 0..N {
        [a[i], c[i], d[i]] = [row_3(token, a[i]), row_1(token, c[i]), row_2(token, d[i])];
    }
    let [mut a, b, mut c, mut d] = mix(token, [a, b, c, d]);
    for i in 0..N {
        [a[i], c[i], d[i]] = [row_1(token, a[i]), row_3(token, c[i]), row_2(token, d[i])];
    }
    [a, b, c, d]
}

/// P on pairs of columns.
#[inline(always)]
fn columns<const N: usize>(token: Avx512, matrices: [[Vector; N]; 4]) -> [[Vector; N]; 4] {
    let [mut a, b, mut c, mut d] = mix(token, matrices);
    for i in 0..N {
        [a[i], c[i], d[i]] = [column_3(token, a[i]), column_1(token, c[i]), column_2(token, d[i])];
    }
    let [mut a, b, mut c, mut d] = mix(token, [a, b, c, d]);
    for i in 0..N {
        [a[i], c[i], d[i]] = [column_1(token, a[i]), column_3(token, c[i]), column_2(token, d[i])];
    }
    [a, b, c, d]
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

impl Arithmetic for Avx512 {
    type Words = Vector;

    #[inline(always)]
    fn xor(self, x: Vector, y: Vector) -> Vector {
        x ^ y
    }

    #[inline(always)]
    fn add(self, x: Vector, y: Vector) -> Vector {
        let low = u64::from(u32::MAX);
        let product = (x & low) * (y & low);
        x + y + (product + product)
    }

    #[inline(always)]
    fn rotate_right<const BITS: u32>(self, x: Vector) -> Vector {
        (x >> BITS) | (x << (64 - BITS))
    }
}
