//! SHA-512 of one message: the rounds in scalar registers, and between them the message schedule, two
//! words at a time, in a vector.
//!
//! A round is a chain that waits for itself. What can be added early is added early, and the schedule
//! fills the gaps: laid out apart, it would cost a third more.

use core::hint::black_box;

use fearless_simd::{Simd, SimdBase, u64x2};

use super::{Vector, Word, each_of_sixteen};

/// The sums of K_t and W_t of sixteen rounds, no two words of a vector on two cache lines.
#[repr(align(64))]
struct Sums([u64; 16]);

/// `state` after the blocks.
pub(super) fn compress_blocks<S: Simd>(token: S, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
    token.vectorize(
        #[inline(always)]
        || {
            for block in blocks {
                let mut w = [SimdBase::splat(token, 0); 8];
                for (pair, bytes) in w.iter_mut().zip(block.as_chunks::<16>().0) {
                    let (words, _) = bytes.as_chunks();
                    let words = [u64::from_be_bytes(words[0]), u64::from_be_bytes(words[1])];
                    *pair = u64x2::from_slice(token, &words);
                }
                *state = compress(token, state, w);
            }
        },
    );
}

/// `state` after the block of words `w`.
#[inline(always)]
pub(crate) fn compress<S: Simd>(token: S, state: &[u64; 8], mut w: [u64x2<S>; 8]) -> [u64; 8] {
    let [sigma0, sigma1] = u64::SMALL_SIGMA;
    let [first, others @ ..] = u64::K else { return *state };
    let mut s = *state;
    let mut sums = Sums([0; 16]);
    for (pair, &words) in w.iter().enumerate() {
        add(token, words, first, &mut sums, pair);
    }
    for row in others {
        // They go through memory: the way from a vector to a scalar register takes more instructions.
        black_box(&mut sums);
        each_of_sixteen(
            #[inline(always)]
            |t| {
                let pair = t / 2;
                let sum = sums.0[t];
                if t % 2 == 0 {
                    let ago_15 = w[pair].slide::<1>(w[(pair + 1) % 8]);
                    let ago_7 = w[(pair + 4) % 8].slide::<1>(w[(pair + 5) % 8]);
                    w[pair] = (w[pair] + ago_7) + ago_15.small_sigma(sigma0);
                    s = round(s, sum);
                } else {
                    w[pair] += w[(pair + 7) % 8].small_sigma(sigma1);
                    s = round(s, sum);
                    add(token, w[pair], row, &mut sums, pair);
                }
            },
        );
    }
    black_box(&mut sums);
    each_of_sixteen(
        #[inline(always)]
        |t| s = round(s, sums.0[t]),
    );
    for (s, before) in s.iter_mut().zip(state) {
        *s = s.wrapping_add(*before);
    }
    s
}

#[inline(always)]
fn add<S: Simd>(token: S, words: u64x2<S>, k: &[u64; 16], sums: &mut Sums, pair: usize) {
    let places = 2 * pair..2 * pair + 2;
    (words + u64x2::from_slice(token, &k[places.clone()])).store_slice(&mut sums.0[places]);
}

/// One round (FIPS 180-4 §6.4.2), with the sum of K_t and W_t.
///
/// The order of these lines is the order of the instructions, and was measured: others with the same
/// result take up to a tenth longer.
#[inline(always)]
const fn round([a, b, c, d, e, f, g, h]: [u64; 8], kw: u64) -> [u64; 8] {
    let [[r28, r34, r39], [r14, r18, r41]] = u64::BIG_SIGMA;
    let known = h.wrapping_add(kw);
    let sigma1 = e.rotate_right(r14) ^ e.rotate_right(r18) ^ e.rotate_right(r41);
    let majority = b ^ ((a ^ b) & (b ^ c));
    let choice = g ^ (e & (f ^ g));
    // The next round waits for this word most, and this word for the last term of the sum.
    let fifth = d.wrapping_add(known).wrapping_add(choice).wrapping_add(sigma1);
    let sigma0 = a.rotate_right(r28) ^ a.rotate_right(r34) ^ a.rotate_right(r39);
    let others = sigma0.wrapping_add(majority);
    let first = known.wrapping_add(choice).wrapping_add(others).wrapping_add(sigma1);
    [first, a, b, c, fifth, e, f, g]
}
