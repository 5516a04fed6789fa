//! DES as crypt(3) turned it into a hash: 25 encryptions of zeros with the password as the key, and
//! twelve bits of salt that exchange bits of the expansion E (the seventh edition's `crypt.c`; FIPS
//! 46-3 for DES itself). BSDi's extension takes more: 24 bits of salt, a count, and passwords of any
//! length.
//!
//! No kept crate has this: RustCrypto's `des` has no salt in its E. So it is here, from the tables of
//! the standard, by look-up. Look-ups by secret bits can be seen in a shared cache, as they can in
//! other implementations; what a password of 56 bits loses by it is not much.
//!
//! A piece is whole encryptions.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroize;

use super::derivation::{Kdf, Slices};
use super::price::Cost;
use super::rounds::{Round, Rounds};
use crate::secret::Secret;

/// One encryption without its permutations at both ends, in nanoseconds.
const ENCRYPTION: u64 = 170;
/// One key schedule and the encryption of one block, in nanoseconds.
const BLOCK: u64 = 700;

/// How much of a password counts, and how often it encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DesCryptParams {
    /// Bits that exchange those of E, the lowest first.
    salt: u32,
    count: u32,
    /// Whether more than 8 characters count.
    long: bool,
}

impl DesCryptParams {
    /// 8 characters, 12 bits of salt, 25 times.
    pub(crate) const fn traditional(salt: u32) -> Self {
        Self { salt, count: 25, long: false }
    }

    /// All characters, 24 bits of salt, `count` times.
    pub(crate) const fn bsdi(salt: u32, count: u32) -> Self {
        Self { salt, count, long: true }
    }
}

impl Kdf for DesCryptParams {
    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }

    fn cost(&self, password_len: usize) -> Cost {
        let blocks = if self.long { password_len.div_ceil(8).max(1) as u64 } else { 1 };
        let rounds = u64::from(self.count) * ENCRYPTION;
        Cost::new(1, rounds.saturating_add(blocks.saturating_mul(BLOCK)).div_ceil(1000))
    }

    /// The salt is in the parameters, as the number that it is.
    fn begin(&self, password: &[u8], _salt: &[u8]) -> Box<dyn Slices> {
        let mut chunks = password.chunks(8);
        let mut key = key_bits(chunks.next().unwrap_or_default());
        if self.long {
            // The key so far, encrypted with itself; then the next eight characters.
            for chunk in chunks {
                let mut schedule = Schedule::new(key);
                let halves = schedule.encrypt(permute(key, &IP, 64), 0);
                key = permute(halves, &FP, 64) ^ key_bits(chunk);
                schedule.zeroize();
            }
        }
        let schedule = Schedule::new(key);
        key.zeroize();
        let state = State { schedule, salt: exchanged(self.salt), halves: 0 };
        Rounds::begin(state, self.count.into(), ENCRYPTION)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        if self.long { vec![("rounds", self.count.to_string())] } else { Vec::new() }
    }
}

struct State {
    schedule: Schedule,
    salt: u32,
    /// L and R, which are not permuted between two encryptions, since FP undoes IP.
    halves: u64,
}

impl Round for State {
    fn round(&mut self) {
        self.halves = self.schedule.encrypt(self.halves, self.salt);
    }

    fn key(&mut self) -> Secret {
        let mut block = permute(self.halves, &FP, 64).to_be_bytes();
        let key = Secret::new(&block);
        block.zeroize();
        key
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.schedule.zeroize();
        self.halves.zeroize();
    }
}

/// Seven bits of each of up to eight characters, above a parity that nobody looks at.
fn key_bits(chunk: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    for (byte, character) in bytes.iter_mut().zip(chunk) {
        *byte = character << 1;
    }
    let key = u64::from_be_bytes(bytes);
    bytes.zeroize();
    key
}

/// The lowest bit of the salt is for the first bit of each half of E, which is its highest.
const fn exchanged(salt: u32) -> u32 {
    (salt & 0xff_ffff).reverse_bits() >> 8
}

/// The keys of the 16 rounds, each as the two halves of what is added to E.
struct Schedule([[u32; 2]; 16]);

impl Schedule {
    fn new(key: u64) -> Self {
        const ROTATIONS: [u32; 16] = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
        const MASK: u64 = (1 << 28) - 1;
        let chosen = permute(key, &PC1, 64);
        let (mut c, mut d) = (chosen >> 28, chosen & MASK);
        let mut keys = [[0; 2]; 16];
        for (key, rotation) in keys.iter_mut().zip(ROTATIONS) {
            c = (c << rotation | c >> (28 - rotation)) & MASK;
            d = (d << rotation | d >> (28 - rotation)) & MASK;
            let bits = permute(c << 28 | d, &PC2, 56);
            *key = [(bits >> 24) as u32, (bits & 0xff_ffff) as u32];
        }
        Self(keys)
    }

    /// Sixteen rounds, and the exchange of the halves at their end.
    fn encrypt(&self, halves: u64, salt: u32) -> u64 {
        let (mut left, mut right) = ((halves >> 32) as u32, halves as u32);
        for key in &self.0 {
            let (high, low) = expand(right);
            let exchange = (high ^ low) & salt;
            let (high, low) = (high ^ exchange ^ key[0], low ^ exchange ^ key[1]);
            let mut f = 0;
            for place in 0..4 {
                let shift = 18 - 6 * place;
                f |= SP[place][(high >> shift & 63) as usize];
                f |= SP[place + 4][(low >> shift & 63) as usize];
            }
            (left, right) = (right, left ^ f);
        }
        u64::from(right) << 32 | u64::from(left)
    }
}

impl Zeroize for Schedule {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// E: six bits for each four, with a neighbour on both sides. Its halves are 24 bits each.
const fn expand(right: u32) -> (u32, u32) {
    let turned = right.rotate_right(1);
    let mut halves = [0u32; 2];
    let mut place = 0;
    while place < 8 {
        let six = turned.rotate_left(4 * place + 6) & 63;
        halves[(place / 4) as usize] = halves[(place / 4) as usize] << 6 | six;
        place += 1;
    }
    (halves[0], halves[1])
}

/// Takes bit `table[n]`, counted from 1 at the highest of `width`, as the `n`th of the result.
const fn permute(bits: u64, table: &[u8], width: u32) -> u64 {
    let mut permuted = 0;
    let mut place = 0;
    while place < table.len() {
        permuted = permuted << 1 | (bits >> (width - table[place] as u32) & 1);
        place += 1;
    }
    permuted
}

/// Each S-box with P behind it.
static SP: [[u32; 64]; 8] = {
    let mut tables = [[0; 64]; 8];
    let mut place = 0;
    while place < 8 {
        let mut six = 0;
        while six < 64 {
            // The outer bits are the row.
            let row = (six >> 4 & 2) | (six & 1);
            let column = six >> 1 & 15;
            let four = S[place][16 * row + column] as u64;
            tables[place][six] = permute(four << (28 - 4 * place), &P, 32) as u32;
            six += 1;
        }
        place += 1;
    }
    tables
};

#[rustfmt::skip]
const IP: [u8; 64] = [
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
];

#[rustfmt::skip]
const FP: [u8; 64] = [
    40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
    38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
    36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
    34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
];

#[rustfmt::skip]
const P: [u8; 32] = [
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
];

#[rustfmt::skip]
const PC1: [u8; 56] = [
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
    10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
    14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
];

#[rustfmt::skip]
const PC2: [u8; 48] = [
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10,
    23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48,
    44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];

#[rustfmt::skip]
const S: [[u8; 64]; 8] = [
    [
        14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7,
        0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
        4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0,
        15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
    ],
    [
        15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10,
        3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
        0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15,
        13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
    ],
    [
        10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8,
        13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
        13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7,
        1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
    ],
    [
        7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15,
        13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
        10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4,
        3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
    ],
    [
        2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9,
        14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
        4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14,
        11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
    ],
    [
        12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11,
        10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
        9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6,
        4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
    ],
    [
        4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1,
        13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
        1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2,
        6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
    ],
    [
        13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7,
        1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
        7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8,
        2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 46-3's cipher, by the example of NBS SP 500-20 and the one that is in every textbook.
    #[test]
    fn without_salt_it_is_des() {
        for (key, plain, cipher) in [
            (0x8001010101010101, 0, 0x95a8d72813daa94d),
            (0x133457799bbcdff1, 0x0123456789abcdef, 0x85e813540f0ab405),
        ] {
            let halves = Schedule::new(key).encrypt(permute(plain, &IP, 64), 0);
            assert_eq!(permute(halves, &FP, 64), cipher);
        }
    }
}
