//! Vectors of words: the same operation on each lane.

use core::arch::x86_64::{
    _mm256_ternarylogic_epi32, _mm256_ternarylogic_epi64, _mm512_ternarylogic_epi32,
    _mm512_ternarylogic_epi64,
};

use fearless_simd::{
    Avx2, Avx512, Simd, SimdBase, SimdInto, kernel, u32x8, u32x16, u64x2, u64x4, u64x8,
};

use super::Word;

/// One word of each of several hashes.
pub(crate) trait Vector: Copy {
    type Word: Word;
    /// The proof that the processor has such vectors.
    type Token: Copy;

    fn splat(token: Self::Token, word: Self::Word) -> Self;
    /// The words in front, one for each lane.
    fn load(token: Self::Token, words: &[Self::Word]) -> Self;
    fn store(self, words: &mut [Self::Word]);

    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn shift_right(self, bits: u32) -> Self;
    fn rotate_right(self, bits: u32) -> Self;

    /// Maj (FIPS 180-4 §4.1): what two of the three have.
    ///
    /// The exclusive or of `self` and `b` is the next round's of `b` and `c`.
    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        b.xor(self.xor(b).and(b.xor(c)))
    }

    /// Σ0 or Σ1 by its rotations (FIPS 180-4 §4.1).
    #[inline(always)]
    fn big_sigma(self, [a, b, c]: [u32; 3]) -> Self {
        self.rotate_right(a).xor(self.rotate_right(b)).xor(self.rotate_right(c))
    }

    /// σ0 or σ1.
    #[inline(always)]
    fn small_sigma(self, [a, b, shift]: [u32; 3]) -> Self {
        self.rotate_right(a).xor(self.rotate_right(b)).xor(self.shift_right(shift))
    }
}

macro_rules! vector {
    ([$($generics:tt)*] $vector:ty, $token:ty, $word:ty, $lanes:literal $(, $majority:item)?) => {
        impl<$($generics)*> Vector for $vector {
            type Word = $word;
            type Token = $token;

            $($majority)?

            #[inline(always)]
            fn splat(token: $token, word: $word) -> Self {
                SimdBase::splat(token, word)
            }

            #[inline(always)]
            fn load(token: $token, words: &[$word]) -> Self {
                Self::from_slice(token, &words[..$lanes])
            }

            #[inline(always)]
            fn store(self, words: &mut [$word]) {
                self.store_slice(&mut words[..$lanes]);
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }

            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self & other
            }

            #[inline(always)]
            fn shift_right(self, bits: u32) -> Self {
                self >> bits
            }

            // One instruction where the processor has it: the compiler knows this form.
            #[inline(always)]
            fn rotate_right(self, bits: u32) -> Self {
                (self >> bits) | (self << (<$word>::BITS - bits))
            }
        }
    };
}

vector!([S: Simd] u64x2<S>, S, u64, 2);
vector!([] u32x8<Avx2>, Avx2, u32, 8);
vector!([] u64x4<Avx2>, Avx2, u64, 4);

/// AVX-512 has any function of three bits in one instruction. The compiler finds it wherever
/// operations are nested, but prefers to share a part of the majority with the next round.
macro_rules! vector_with_majority {
    ($vector:ty, $word:ty, $lanes:literal, $majority:ident, $function:ident) => {
        vector!(
            [] $vector, Avx512, $word, $lanes,
            #[inline(always)]
            fn majority(self, b: Self, c: Self) -> Self {
                $majority(self.simd, self, b, c)
            }
        );

        kernel!(
            #[inline(always)]
            fn $majority(avx512: Avx512, a: $vector, b: $vector, c: $vector) -> $vector {
                $function::<0xe8>(a.into(), b.into(), c.into()).simd_into(avx512)
            }
        );
    };
}

vector_with_majority!(u32x8<Avx512>, u32, 8, majority_u32x8, _mm256_ternarylogic_epi32);
vector_with_majority!(u32x16<Avx512>, u32, 16, majority_u32x16, _mm512_ternarylogic_epi32);
vector_with_majority!(u64x4<Avx512>, u64, 4, majority_u64x4, _mm256_ternarylogic_epi64);
vector_with_majority!(u64x8<Avx512>, u64, 8, majority_u64x8, _mm512_ternarylogic_epi64);
