//! SHA-256 by the instructions that processors have for it, on several hashes in turn.
//!
//! One hash alone waits four cycles for each pair of rounds; another can use them.

use core::arch::x86_64::{
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi64, _mm256_zeroupper,
};

use fearless_simd::{Avx512, SimdBase, SimdInto, kernel, u32x4};

use super::{Word, each_of_sixteen};

/// Four words.
pub(crate) type Words = u32x4<Avx512>;

/// A chaining value in the order of the instructions, which name the words from the last.
#[derive(Clone, Copy)]
pub(crate) struct State {
    abef: Words,
    cdgh: Words,
}

impl State {
    #[inline(always)]
    pub(crate) fn new(token: Avx512, &[a, b, c, d, e, f, g, h]: &[u32; 8]) -> Self {
        Self { abef: [f, e, b, a].simd_into(token), cdgh: [h, g, d, c].simd_into(token) }
    }

    /// The words in their order: a message's, if they are to be hashed next.
    #[inline(always)]
    pub(crate) fn words(self, token: Avx512) -> [Words; 2] {
        let Self { abef, cdgh } = self;
        [first_words(token, abef, cdgh), last_words(token, abef, cdgh)]
    }
}

/// The states after a block each.
///
/// Loops over indices, here and in its callers: what an iterator's method calls is not sure to be
/// laid out in place, and outside of it there are no such instructions.
#[inline(always)]
pub(crate) fn compress<const N: usize>(
    token: Avx512,
    before: &[State; N],
    mut blocks: [[Words; 4]; N],
) -> [State; N] {
    clear_upper_halves(token);
    let mut states = *before;
    each_of_sixteen(
        #[inline(always)]
        |four| {
            let k = u32x4::from_slice(token, &u32::K[four / 4][4 * (four % 4)..][..4]);
            for n in 0..N {
                let (State { abef, cdgh }, w) = (&mut states[n], &mut blocks[n]);
                if four >= 4 {
                    w[four % 4] = scheduled(token, w, four);
                }
                let kw = w[four % 4] + k;
                *cdgh = two_rounds(token, *cdgh, *abef, kw);
                *abef = two_rounds(token, *abef, *cdgh, kw.slide::<2>(kw));
            }
        },
    );
    for n in 0..N {
        states[n].abef += before[n].abef;
        states[n].cdgh += before[n].cdgh;
    }
    states
}

/// Four W_t, over the last sixteen of which `w` keeps in a ring.
#[inline(always)]
fn scheduled(token: Avx512, w: &[Words; 4], four: usize) -> Words {
    let ago = [w[four % 4], w[(four + 1) % 4], w[(four + 2) % 4], w[(four + 3) % 4]];
    let sum = sigma0(token, ago[0], ago[1]) + ago[2].slide::<1>(ago[3]);
    sigma1(token, sum, ago[3])
}

kernel!(
    /// The instructions know 128 bits of a register, and take a hundred times as long while there is
    /// something in the others, which the compiler may have used for anything.
    #[inline(always)]
    fn clear_upper_halves(_avx512: Avx512) {
        _mm256_zeroupper();
    }
);

kernel!(
    /// Two rounds, for which the words of `kw` in front are the sums of K_t and W_t.
    #[inline(always)]
    fn two_rounds(avx512: Avx512, cdgh: Words, abef: Words, kw: Words) -> Words {
        _mm_sha256rnds2_epu32(cdgh.into(), abef.into(), kw.into()).simd_into(avx512)
    }
);

kernel!(
    /// W_t-16 and σ0 of W_t-15.
    #[inline(always)]
    fn sigma0(avx512: Avx512, ago_16: Words, ago_12: Words) -> Words {
        _mm_sha256msg1_epu32(ago_16.into(), ago_12.into()).simd_into(avx512)
    }
);

kernel!(
    /// What there is of W_t, and σ1 of W_t-2.
    #[inline(always)]
    fn sigma1(avx512: Avx512, sum: Words, ago_4: Words) -> Words {
        _mm_sha256msg2_epu32(sum.into(), ago_4.into()).simd_into(avx512)
    }
);

kernel!(
    #[inline(always)]
    fn first_words(avx512: Avx512, abef: Words, cdgh: Words) -> Words {
        let (ab, cd) = (_mm_shuffle_epi32(abef.into(), 0x1b), _mm_shuffle_epi32(cdgh.into(), 0x1b));
        _mm_unpacklo_epi64(ab, cd).simd_into(avx512)
    }
);

kernel!(
    #[inline(always)]
    fn last_words(avx512: Avx512, abef: Words, cdgh: Words) -> Words {
        let (ef, gh) = (_mm_shuffle_epi32(abef.into(), 0x1b), _mm_shuffle_epi32(cdgh.into(), 0x1b));
        _mm_unpackhi_epi64(ef, gh).simd_into(avx512)
    }
);
