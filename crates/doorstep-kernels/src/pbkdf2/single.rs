//! One lane alone, by the compression functions of the crate `sha2`.

use zeroize::Zeroize;

use super::Lane;

macro_rules! iterate {
    ($name:ident, $word:ty, $block:literal, $compress:path) => {
        pub(super) fn $name(lane: &mut Lane<$word>, iterations: u32) {
            const LEN: usize = size_of::<$word>();
            // U in the half in front, and the padding behind it, which stays.
            let mut block = [0; $block];
            put(&mut block, &lane.u);
            block[8 * LEN] = 0x80;
            let bits = 8 * ($block + 8 * LEN) as u32;
            block[$block - 4..].copy_from_slice(&bits.to_be_bytes());
            let mut u = lane.u;
            for _ in 0..iterations {
                for keyed in [&lane.inner, &lane.outer] {
                    u = *keyed;
                    $compress(&mut u, core::slice::from_ref(&block));
                    put(&mut block, &u);
                }
                for (t, u) in lane.t.iter_mut().zip(&u) {
                    *t ^= u;
                }
            }
            lane.u = u;
            u.zeroize();
            block.zeroize();

            fn put(block: &mut [u8; $block], words: &[$word; 8]) {
                for (bytes, word) in block.chunks_exact_mut(LEN).zip(words) {
                    bytes.copy_from_slice(&word.to_be_bytes());
                }
            }
        }
    };
}

iterate!(iterate256, u32, 64, ::sha2::block_api::compress256);
iterate!(iterate512, u64, 128, ::sha2::block_api::compress512);
