//! Vectors of words: the same operation on each lane.

use fearless_simd::{Simd, SimdBase, u32x8, u64x2, u64x4};

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

vector!([S: Simd] u32x8<S>, S, u32, 8);
vector!([S: Simd] u64x2<S>, S, u64, 2);
vector!([S: Simd] u64x4<S>, S, u64, 4);

#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{U32x16, U64x8};

/// Vectors of 512 bits have any function of three bits in one instruction. The compiler finds it for
/// all that are nested, and not for the majority.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use core::arch::x86_64::{_mm512_ternarylogic_epi32, _mm512_ternarylogic_epi64};

    use fearless_simd::{Avx512, SimdBase, SimdInto, kernel, u32x16, u64x8};

    use super::Vector;

    pub(crate) type U32x16 = u32x16<Avx512>;
    pub(crate) type U64x8 = u64x8<Avx512>;

    vector!(
        [] U32x16, Avx512, u32, 16,
        #[inline(always)]
        fn majority(self, b: Self, c: Self) -> Self {
            majority_u32(self.simd, self, b, c)
        }
    );

    vector!(
        [] U64x8, Avx512, u64, 8,
        #[inline(always)]
        fn majority(self, b: Self, c: Self) -> Self {
            majority_u64(self.simd, self, b, c)
        }
    );

    kernel!(
        #[inline(always)]
        fn majority_u32(avx512: Avx512, a: U32x16, b: U32x16, c: U32x16) -> U32x16 {
            _mm512_ternarylogic_epi32::<0xe8>(a.into(), b.into(), c.into()).simd_into(avx512)
        }
    );

    kernel!(
        #[inline(always)]
        fn majority_u64(avx512: Avx512, a: U64x8, b: U64x8, c: U64x8) -> U64x8 {
            _mm512_ternarylogic_epi64::<0xe8>(a.into(), b.into(), c.into()).simd_into(avx512)
        }
    );
}
