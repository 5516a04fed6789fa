//! One lane with HMAC-SHA-512.

use fearless_simd::{Simd, SimdBase, u64x2};

use super::{Lane, message_bits};
use crate::sha2::Word;
use crate::sha2::alone::compress;

pub(super) fn iterate<S: Simd>(token: S, lane: &mut Lane<u64>, iterations: u32) {
    token.vectorize(
        #[inline(always)]
        || {
            let words = [[u64::PADDING, 0], [0, 0], [0, 0], [0, message_bits::<u64>().into()]];
            for _ in 0..iterations {
                for before in [&lane.inner, &lane.outer] {
                    let mut w = [u64x2::splat(token, 0); 8];
                    for pair in 0..4 {
                        w[pair] = u64x2::from_slice(token, &lane.u[2 * pair..2 * pair + 2]);
                        w[4 + pair] = u64x2::from_slice(token, &words[pair]);
                    }
                    lane.u = compress(token, before, w);
                }
                for (t, u) in lane.t.iter_mut().zip(&lane.u) {
                    *t ^= u;
                }
            }
        },
    );
}
