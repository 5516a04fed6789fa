//! What SHA-256 and SHA-512 differ in, above all the constants of FIPS 180-4 §4.2 and §5.3.
//!
//! Both hashes take them from the same roots of the same primes, SHA-256 the first 32 bits, SHA-512
//! the first 64: one table holds them all.

use super::Word;
use crate::Processor;
use crate::table::{self, Kernel};

impl Word for u32 {
    type Block = [u8; 64];

    const ZERO: [u8; 64] = [0; 64];
    const IV: [u32; 8] = high_halves(IV);
    const K: &'static [[u32; 16]] = &{
        // SHA-256 has four rows, one fewer.
        let mut rows = [[0; 16]; 4];
        let mut row = 0;
        while row < rows.len() {
            rows[row] = high_halves(K[row]);
            row += 1;
        }
        rows
    };
    const BIG_SIGMA: [[u32; 3]; 2] = [[2, 13, 22], [6, 11, 25]];
    const SMALL_SIGMA: [[u32; 3]; 2] = [[7, 18, 3], [17, 19, 10]];
    const PADDING: u32 = 1 << 31;
    const ONES: u32 = u32::MAX;

    fn from_u32(bits: u32) -> u32 {
        bits
    }

    #[inline]
    fn read(bytes: &[u8]) -> u32 {
        bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte))
    }

    #[inline]
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_be_bytes());
    }

    #[inline]
    fn xor(self, other: u32) -> u32 {
        self ^ other
    }

    #[inline]
    fn split(self, bits: u32) -> (u32, u32) {
        // A shift by all bits of a word is not one by none, hence the two.
        (self >> bits, self << 1 << (u32::BITS - 1 - bits))
    }

    #[inline]
    fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        ::sha2::block_api::compress256(state, blocks);
    }

    fn compress_alone(_: Processor, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        Self::compress(state, blocks);
    }
}

impl Word for u64 {
    type Block = [u8; 128];

    const ZERO: [u8; 128] = [0; 128];
    const IV: [u64; 8] = IV;
    const K: &'static [[u64; 16]] = &K;
    const BIG_SIGMA: [[u32; 3]; 2] = [[28, 34, 39], [14, 18, 41]];
    const SMALL_SIGMA: [[u32; 3]; 2] = [[1, 8, 7], [19, 61, 6]];
    const PADDING: u64 = 1 << 63;
    const ONES: u64 = u64::MAX;

    fn from_u32(bits: u32) -> u64 {
        bits.into()
    }

    #[inline]
    fn read(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))
    }

    #[inline]
    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.to_be_bytes());
    }

    #[inline]
    fn xor(self, other: u64) -> u64 {
        self ^ other
    }

    #[inline]
    fn split(self, bits: u32) -> (u64, u64) {
        // A shift by all bits of a word is not one by none, hence the two.
        (self >> bits, self << 1 << (u64::BITS - 1 - bits))
    }

    #[inline]
    fn compress(state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        ::sha2::block_api::compress512(state, blocks);
    }

    fn compress_alone(processor: Processor, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        match table::sha512(processor) {
            Kernel::Words => Self::compress(state, blocks),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(token) => super::alone::compress_blocks(token, state, blocks),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512Half(token) | Kernel::Avx512(token) => {
                super::alone::compress_blocks(token, state, blocks)
            }
        }
    }
}

const fn high_halves<const N: usize>(words: [u64; N]) -> [u32; N] {
    let mut halves = [0; N];
    let mut at = 0;
    while at < N {
        halves[at] = (words[at] >> 32) as u32;
        at += 1;
    }
    halves
}

/// The fractions of the square roots of the first 8 primes.
const IV: [u64; 8] = [
    0x6a09e667_f3bcc908,
    0xbb67ae85_84caa73b,
    0x3c6ef372_fe94f82b,
    0xa54ff53a_5f1d36f1,
    0x510e527f_ade682d1,
    0x9b05688c_2b3e6c1f,
    0x1f83d9ab_fb41bd6b,
    0x5be0cd19_137e2179,
];

/// The fractions of the cube roots of the first 80 primes.
const K: [[u64; 16]; 5] = [
    [
        0x428a2f98_d728ae22,
        0x71374491_23ef65cd,
        0xb5c0fbcf_ec4d3b2f,
        0xe9b5dba5_8189dbbc,
        0x3956c25b_f348b538,
        0x59f111f1_b605d019,
        0x923f82a4_af194f9b,
        0xab1c5ed5_da6d8118,
        0xd807aa98_a3030242,
        0x12835b01_45706fbe,
        0x243185be_4ee4b28c,
        0x550c7dc3_d5ffb4e2,
        0x72be5d74_f27b896f,
        0x80deb1fe_3b1696b1,
        0x9bdc06a7_25c71235,
        0xc19bf174_cf692694,
    ],
    [
        0xe49b69c1_9ef14ad2,
        0xefbe4786_384f25e3,
        0x0fc19dc6_8b8cd5b5,
        0x240ca1cc_77ac9c65,
        0x2de92c6f_592b0275,
        0x4a7484aa_6ea6e483,
        0x5cb0a9dc_bd41fbd4,
        0x76f988da_831153b5,
        0x983e5152_ee66dfab,
        0xa831c66d_2db43210,
        0xb00327c8_98fb213f,
        0xbf597fc7_beef0ee4,
        0xc6e00bf3_3da88fc2,
        0xd5a79147_930aa725,
        0x06ca6351_e003826f,
        0x14292967_0a0e6e70,
    ],
    [
        0x27b70a85_46d22ffc,
        0x2e1b2138_5c26c926,
        0x4d2c6dfc_5ac42aed,
        0x53380d13_9d95b3df,
        0x650a7354_8baf63de,
        0x766a0abb_3c77b2a8,
        0x81c2c92e_47edaee6,
        0x92722c85_1482353b,
        0xa2bfe8a1_4cf10364,
        0xa81a664b_bc423001,
        0xc24b8b70_d0f89791,
        0xc76c51a3_0654be30,
        0xd192e819_d6ef5218,
        0xd6990624_5565a910,
        0xf40e3585_5771202a,
        0x106aa070_32bbd1b8,
    ],
    [
        0x19a4c116_b8d2d0c8,
        0x1e376c08_5141ab53,
        0x2748774c_df8eeb99,
        0x34b0bcb5_e19b48a8,
        0x391c0cb3_c5c95a63,
        0x4ed8aa4a_e3418acb,
        0x5b9cca4f_7763e373,
        0x682e6ff3_d6b2b8a3,
        0x748f82ee_5defb2fc,
        0x78a5636f_43172f60,
        0x84c87814_a1f0ab72,
        0x8cc70208_1a6439ec,
        0x90befffa_23631e28,
        0xa4506ceb_de82bde9,
        0xbef9a3f7_b2c67915,
        0xc67178f2_e372532b,
    ],
    [
        0xca273ece_ea26619c,
        0xd186b8c7_21c0c207,
        0xeada7dd6_cde0eb1e,
        0xf57d4f7f_ee6ed178,
        0x06f067aa_72176fba,
        0x0a637dc5_a2c898a6,
        0x113f9804_bef90dae,
        0x1b710b35_131c471b,
        0x28db77f5_23047d84,
        0x32caab7b_40c72493,
        0x3c9ebe0a_15c9bebc,
        0x431d67c4_9c100d4c,
        0x4cc5d4be_cb3e42b6,
        0x597f299c_fc657e2a,
        0x5fcb6fab_3ad6faec,
        0x6c44198c_4a475817,
    ],
];
