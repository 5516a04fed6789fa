//! Vectors of words: the same operation on each lane.

use fearless_simd::{Simd, SimdBase, u32x8, u32x16, u64x2, u64x4, u64x8};

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
    ($vector:ident, $word:ty, $lanes:literal) => {
        impl<S: Simd> Vector for $vector<S> {
            type Word = $word;
            type Token = S;

            #[inline(always)]
            fn splat(token: S, word: $word) -> Self {
                SimdBase::splat(token, word)
            }

            #[inline(always)]
            fn load(token: S, words: &[$word]) -> Self {
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

vector!(u32x8, u32, 8);
vector!(u32x16, u32, 16);
vector!(u64x2, u64, 2);
vector!(u64x4, u64, 4);
vector!(u64x8, u64, 8);
