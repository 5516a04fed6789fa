//! G in vectors of 4 words.

use core::hint::black_box;

use fearless_simd::{Avx2, kernel, prelude::*, u64x4};

use super::block::Block;
use super::kernel::{Arithmetic, Kernel, mix, transpose};

/// A quarter of a row; or, of the matrices of two columns, half a quarter.
type Vector = u64x4<Avx2>;

const LANES: usize = 4;

/// G with AVX2, and the orders of bytes that rotate words.
#[derive(Clone, Copy)]
pub(super) struct Vectors {
    token: Avx2,
    by_16: Vector,
    by_24: Vector,
    by_32: Vector,
}

impl Vectors {
    #[inline(always)]
    pub(super) fn new(token: Avx2) -> Self {
        // Were these orders known, the compiler would merge them with those that make diagonals, and
        // have more to do than without.
        let rotate_right = |bits| {
            let even = u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7]).rotate_right(bits);
            let odd = even + u64::from_le_bytes([8; 8]);
            black_box(Vector::load_array(token, [even, odd, even, odd]))
        };
        Self { token, by_16: rotate_right(16), by_24: rotate_right(24), by_32: rotate_right(32) }
    }
}

impl Kernel for Vectors {
    #[inline(always)]
    fn compress<const XOR: bool>(self, previous: &Block, reference: &Block, current: &mut Block) {
        let (previous, _) = previous.0.as_chunks::<LANES>();
        let (reference, _) = reference.0.as_chunks::<LANES>();
        let (current, _) = current.0.as_chunks_mut::<LANES>();
        let load = |words: &[u64; LANES]| Vector::load_array_ref(self.token, words);

        let mut r = [[[Vector::splat(self.token, 0); 2]; 4]; 4];
        for (i, r) in r.as_flattened_mut().as_flattened_mut().iter_mut().enumerate() {
            *r = load(&previous[i]) ^ load(&reference[i]);
            let kept = if XOR { *r ^ load(&current[i]) } else { *r };
            kept.store_array(&mut current[i]);
        }
        let [r0, r1, r2, r3] = r;
        let [c0, c1, c2, c3] = transpose([
            two_rows(self, r0),
            two_rows(self, r1),
            two_rows(self, r2),
            two_rows(self, r3),
        ]);
        let z = transpose([
            two_columns(self, c0),
            two_columns(self, c1),
            two_columns(self, c2),
            two_columns(self, c3),
        ]);
        for (z, words) in z.as_flattened().as_flattened().iter().zip(current) {
            (*z ^ load(words)).store_array(words);
        }
    }
}

/// P on two rows.
#[inline(always)]
fn two_rows(vectors: Vectors, matrices: [[Vector; 2]; 4]) -> [[Vector; 2]; 4] {
    let [[a0, a1], b, [c0, c1], [d0, d1]] = mix(vectors, matrices);
    let a = [turn::<3>(a0), turn::<3>(a1)];
    let c = [turn::<1>(c0), turn::<1>(c1)];
    let d = [turn::<2>(d0), turn::<2>(d1)];
    let [[a0, a1], b, [c0, c1], [d0, d1]] = mix(vectors, [a, b, c, d]);
    let a = [turn::<1>(a0), turn::<1>(a1)];
    let c = [turn::<3>(c0), turn::<3>(c1)];
    let d = [turn::<2>(d0), turn::<2>(d1)];
    [a, b, c, d]
}

/// P on two columns.
#[inline(always)]
fn two_columns(vectors: Vectors, matrices: [[Vector; 2]; 4]) -> [[Vector; 2]; 4] {
    let [[a0, a1], b, [c0, c1], [d0, d1]] = mix(vectors, matrices);
    let a = [join(a1, a0), join(a0, a1)];
    let c = [join(c0, c1), join(c1, c0)];
    let d = [d1, d0];
    let [[a0, a1], b, [c0, c1], [d0, d1]] = mix(vectors, [a, b, c, d]);
    let a = [join(a0, a1), join(a1, a0)];
    let c = [join(c1, c0), join(c0, c1)];
    let d = [d1, d0];
    [a, b, c, d]
}

/// The words of a row, from the `N`th on and round.
#[inline(always)]
fn turn<const N: usize>(vector: Vector) -> Vector {
    vector.slide::<N>(vector)
}

/// For both columns, the second word of `first`, then the first one of `second`.
#[inline(always)]
fn join(first: Vector, second: Vector) -> Vector {
    first.slide_within_blocks::<1>(second)
}

kernel!(
    #[inline(always)]
    fn reorder_bytes(token: Avx2, vector: Vector, order: Vector) -> Vector {
        core::arch::x86_64::_mm256_shuffle_epi8(vector.into(), order.into()).simd_into(token)
    }
);

impl Arithmetic for Vectors {
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
        match BITS {
            16 => reorder_bytes(self.token, x, self.by_16),
            24 => reorder_bytes(self.token, x, self.by_24),
            32 => reorder_bytes(self.token, x, self.by_32),
            63 => (x >> 63) | (x + x),
            _ => (x >> BITS) | (x << (64 - BITS)),
        }
    }
}
