//! Lanes with HMAC-SHA-256 in turn, by the processor's own instructions.

use fearless_simd::{Avx512, Simd, SimdBase, SimdInto, u32x4};

use super::{Lane, message_bits};
use crate::sha2::Word;
use crate::sha2::ni::{State, Words, compress};

/// As many iterations of all.
pub(super) fn iterate<const N: usize>(
    token: Avx512,
    mut lanes: [&mut Lane<u32>; N],
    iterations: u32,
) {
    token.vectorize(
        #[inline(always)]
        || iterate_vectorized(token, &mut lanes, iterations),
    );
}

#[inline(always)]
fn iterate_vectorized<const N: usize>(
    token: Avx512,
    lanes: &mut [&mut Lane<u32>; N],
    iterations: u32,
) {
    let padding = [u32::PADDING, 0, 0, 0].simd_into(token);
    let length = [0, 0, 0, message_bits::<u32>()].simd_into(token);
    let mut keyed = [[State::new(token, &[0; 8]); N]; 2];
    let mut blocks = [[padding, padding, padding, length]; N];
    let mut t = [[padding; 2]; N];
    for n in 0..N {
        keyed[0][n] = State::new(token, &lanes[n].inner);
        keyed[1][n] = State::new(token, &lanes[n].outer);
        [blocks[n][0], blocks[n][1]] = halves(token, &lanes[n].u);
        t[n] = halves(token, &lanes[n].t);
    }
    for _ in 0..iterations {
        for before in &keyed {
            let states = compress(token, before, blocks);
            for n in 0..N {
                [blocks[n][0], blocks[n][1]] = states[n].words(token);
            }
        }
        for n in 0..N {
            t[n][0] ^= blocks[n][0];
            t[n][1] ^= blocks[n][1];
        }
    }
    for n in 0..N {
        for half in 0..2 {
            blocks[n][half].store_slice(&mut lanes[n].u[4 * half..][..4]);
            t[n][half].store_slice(&mut lanes[n].t[4 * half..][..4]);
        }
    }
}

#[inline(always)]
fn halves(token: Avx512, words: &[u32; 8]) -> [Words; 2] {
    [u32x4::from_slice(token, &words[..4]), u32x4::from_slice(token, &words[4..])]
}
