//! Blowfish with bcrypt's key schedule, for one password: made to be short of waiting.
//!
//! The sum of a round waits for the look-ups of a word's two highest bytes. In a word of 32 bits one
//! of them is a shift away and the other a shift and a mask. So a word is kept twice in 64 bits:
//!
//! ```text
//!  63       56                40       32       24                8        0
//! ├────────┼────────┼────────┼────────┼────────┼────────┼────────┼────────┤
//! │ byte 2 │ byte 1 │ byte 0 │ unread │ byte 3 │ byte 2 │ byte 1 │ byte 0 │
//! ```
//!
//! Each of the two is the top of something, of 64 bits or of the lower 32, and one shift away. What
//! the lower sum carries over ends among the unread bits, of which tables and subkeys hold none.

use zeroize::Zeroize;

use super::{Words, pi};

type Wide = u64;
type Tables = [[Wide; 256]; 4];
type Subkeys = [Wide; 18];

pub(super) struct Blowfish {
    tables: Tables,
    subkeys: Subkeys,
}

impl Blowfish {
    /// To be filled by [`begin`](Self::begin) or [`load`](Self::load).
    pub(super) const EMPTY: Self = Self { tables: [[0; 256]; 4], subkeys: [0; 18] };

    /// The digits of π, and the first expansion, which takes the salt in turn with the key.
    pub(super) fn begin(&mut self, key: &Words, salt: &Words) {
        self.load(&pi::TABLES, &pi::SUBKEYS);
        mix(&mut self.subkeys, key);
        let mut block = [0; 2];
        let mut salt = salt.as_chunks::<2>().0[..2].iter().cycle();
        let mut next = |cipher: &Self| {
            if let Some([left, right]) = salt.next() {
                block = cipher.encrypt([block[0] ^ left, block[1] ^ right]);
            }
            block.map(wide)
        };
        for i in 0..9 {
            let block = next(self);
            self.subkeys[2 * i..2 * i + 2].copy_from_slice(&block);
        }
        for i in 0..4 {
            for j in 0..128 {
                let block = next(self);
                self.tables[i][2 * j..2 * j + 2].copy_from_slice(&block);
            }
        }
    }

    /// An expansion without salt, of which a round has two.
    pub(super) fn expand(&mut self, words: &Words) {
        mix(&mut self.subkeys, words);
        let block = replace_subkeys(&self.tables, &mut self.subkeys);
        replace_tables(&mut self.tables, &self.subkeys, block);
    }

    #[inline(never)]
    pub(super) fn encrypt(&self, block: [u32; 2]) -> [u32; 2] {
        encrypt(&self.tables, &self.subkeys, block.map(wide)).map(|word| word as u32)
    }

    /// From what the lanes, or π, hold.
    pub(super) fn load(&mut self, tables: &[[u32; 256]; 4], subkeys: &Words) {
        let ours = self.tables.as_flattened_mut().iter_mut();
        ours.zip(tables.as_flattened()).for_each(|(ours, &theirs)| *ours = wide(theirs));
        self.subkeys.iter_mut().zip(subkeys).for_each(|(ours, &theirs)| *ours = wide(theirs));
    }

    pub(super) fn store(&self, tables: &mut [[u32; 256]; 4], subkeys: &mut Words) {
        let ours = self.tables.as_flattened().iter();
        ours.zip(tables.as_flattened_mut()).for_each(|(&ours, theirs)| *theirs = ours as u32);
        self.subkeys.iter().zip(subkeys).for_each(|(&ours, theirs)| *theirs = ours as u32);
    }

    pub(super) fn wipe(&mut self) {
        self.tables.zeroize();
        self.subkeys.zeroize();
    }
}

fn mix(subkeys: &mut Subkeys, words: &Words) {
    for (subkey, &word) in subkeys.iter_mut().zip(words) {
        *subkey ^= wide(word);
    }
}

#[inline(never)]
fn replace_subkeys(tables: &Tables, subkeys: &mut Subkeys) -> [Wide; 2] {
    let mut block = [0; 2];
    for i in 0..9 {
        block = encrypt(tables, subkeys, block);
        subkeys[2 * i..2 * i + 2].copy_from_slice(&block.map(|word| wide(word as u32)));
    }
    block
}

// A function of its own, where the subkeys do not change: then they are mixed into the half that is
// ready, and not into the one that the next round waits for, which took 8 % longer.
#[inline(never)]
fn replace_tables(tables: &mut Tables, subkeys: &Subkeys, mut block: [Wide; 2]) {
    for i in 0..4 {
        for j in 0..128 {
            block = encrypt(tables, subkeys, block);
            tables[i][2 * j..2 * j + 2].copy_from_slice(&block.map(|word| wide(word as u32)));
        }
    }
}

#[inline(always)]
fn encrypt(tables: &Tables, subkeys: &Subkeys, [mut left, mut right]: [Wide; 2]) -> [Wide; 2] {
    left ^= subkeys[0];
    for pair in subkeys[1..17].as_chunks::<2>().0 {
        right = right ^ pair[0] ^ substitute(tables, left);
        left = left ^ pair[1] ^ substitute(tables, right);
    }
    [right ^ subkeys[17], left]
}

#[inline(always)]
fn substitute(tables: &Tables, word: Wide) -> Wide {
    let a = tables[0][usize::from((word as u32 >> 24) as u8)];
    let b = tables[1][usize::from((word >> 56) as u8)];
    let c = tables[2][usize::from((word >> 8) as u8)];
    let d = tables[3][usize::from(word as u8)];
    (a.wrapping_add(b) ^ c).wrapping_add(d)
}

/// The word, and its lower three bytes at the top.
#[inline(always)]
fn wide(word: u32) -> Wide {
    let word = Wide::from(word);
    word | word << 40
}
