//! Passwords whose rounds go on together, word by word: the first words of all, then the second of
//! all.
//!
//! They are at the same round of the cycle, so that all messages begin with the digest, whose words
//! are then in place already, or all end with it.

use alloc::vec;
use alloc::vec::Vec;
use core::array;

use zeroize::Zeroize;

use super::Rounds;
use super::message::Pattern;
use crate::sha2::{Vector, Word, compress};

/// Up to `LANES` passwords. A column that none fills computes on, for nothing.
pub(super) struct Group<W: Word, const LANES: usize> {
    lanes: usize,
    digest: [[W; LANES]; 8],
    /// The messages in rows, sixteen for each block.
    words: Vec<[W; LANES]>,
    /// A row for each block: ones in the lanes whose message ends with it.
    ends: Vec<[W; LANES]>,
    patterns: [Messages<W, LANES>; Pattern::ALL],
    round: u32,
}

/// The messages of one pattern.
#[derive(Clone, Copy)]
struct Messages<W, const LANES: usize> {
    /// The first of their blocks.
    start: usize,
    /// Blocks of the longest.
    len: usize,
    holes: [Hole<W>; LANES],
}

/// Where the digest goes, if it does not come first.
#[derive(Clone, Copy)]
struct Hole<W> {
    /// The word in which it begins.
    word: usize,
    /// After so many bits.
    bits: u32,
    /// What stands before it in its first word.
    before: W,
    /// What stands behind it in its last.
    behind: W,
}

impl<W: Word, const LANES: usize> Group<W, LANES> {
    /// Takes the passwords of `chosen`, which are at the same round of the cycle.
    pub(super) fn new(passwords: &mut [&mut Rounds<W>], chosen: &[usize]) -> Self {
        let zero = W::default();
        let hole = Hole { word: 0, bits: 0, before: zero, behind: zero };
        let mut start = 0;
        let patterns = array::from_fn(|pattern| {
            let lens = chosen.iter().map(|&at| passwords[at].messages.len_of_pattern(pattern));
            let messages = Messages { start, len: lens.max().unwrap_or(0), holes: [hole; LANES] };
            start += messages.len;
            messages
        });
        let mut group = Self {
            lanes: chosen.len(),
            digest: [[zero; LANES]; 8],
            words: vec![[zero; LANES]; 16 * start],
            ends: vec![[zero; LANES]; start],
            patterns,
            round: passwords[chosen[0]].round,
        };
        for (lane, &at) in chosen.iter().enumerate() {
            group.load(lane, passwords[at]);
        }
        group
    }

    fn load(&mut self, lane: usize, password: &mut Rounds<W>) {
        for (row, &word) in self.digest.iter_mut().zip(&password.digest) {
            row[lane] = word;
        }
        for (index, pattern) in self.patterns.iter_mut().enumerate() {
            let (blocks, digest_at) = password.messages.empty(index);
            let rows = &mut self.words[16 * pattern.start..];
            let bytes = blocks.iter().flat_map(|block| block.as_ref().chunks_exact(W::LEN));
            for (row, bytes) in rows.iter_mut().zip(bytes) {
                row[lane] = W::read(bytes);
            }
            self.ends[pattern.start + blocks.len() - 1][lane] = W::ONES;
            let word = digest_at / W::LEN;
            pattern.holes[lane] = Hole {
                word,
                bits: 8 * (digest_at % W::LEN) as u32,
                before: rows[word][lane],
                behind: rows[word + 8][lane],
            };
        }
    }

    /// Gives the digests back, `rounds` later.
    pub(super) fn store(&self, passwords: &mut [&mut Rounds<W>], chosen: &[usize], rounds: u32) {
        for (lane, &at) in chosen.iter().enumerate() {
            let password = &mut *passwords[at];
            for (word, row) in password.digest.iter_mut().zip(&self.digest) {
                *word = row[lane];
            }
            password.round += rounds;
            password.left -= rounds;
        }
    }

    /// As many rounds of all.
    #[inline(always)]
    pub(super) fn advance<V: Vector<Word = W>>(&mut self, token: V::Token, rounds: u32) {
        for round in self.round..self.round + rounds {
            let pattern = Pattern::of(round);
            let Messages { start, len, .. } = self.patterns[pattern.index()];
            if pattern.digest_last {
                self.fill_holes(pattern);
            }
            let mut digest = load(token, &self.digest);
            let mut state = W::IV.map(|word| V::splat(token, word));
            for block in start..start + len {
                let (rows, _) = self.words[16 * block..].as_chunks::<16>();
                let mut w = load(token, &rows[0]);
                if block == start && !pattern.digest_last {
                    w[..8].copy_from_slice(&digest);
                }
                state = compress(token, state, w);
                let ends = V::load(token, &self.ends[block]);
                for (digest, state) in digest.iter_mut().zip(state) {
                    *digest = digest.xor(digest.xor(state).and(ends));
                }
            }
            for (row, digest) in self.digest.iter_mut().zip(digest) {
                digest.store(row);
            }
        }
        self.round += rounds;
    }

    /// Puts the digests at the end of their messages.
    #[inline(always)]
    fn fill_holes(&mut self, pattern: Pattern) {
        let Messages { start, holes, .. } = &self.patterns[pattern.index()];
        for (lane, hole) in holes[..self.lanes].iter().enumerate() {
            let rows = &mut self.words[16 * start + hole.word..][..9];
            let mut before = hole.before;
            for (row, digest) in rows.iter_mut().zip(&self.digest) {
                let (now, rest) = digest[lane].split(hole.bits);
                row[lane] = before.xor(now);
                before = rest;
            }
            rows[8][lane] = before.xor(hole.behind);
        }
    }
}

#[inline(always)]
fn load<V: Vector, const LANES: usize, const N: usize>(
    token: V::Token,
    rows: &[[V::Word; LANES]; N],
) -> [V; N] {
    rows.each_ref().map(
        #[inline(always)]
        |row| V::load(token, row),
    )
}

impl<W: Word, const LANES: usize> Drop for Group<W, LANES> {
    fn drop(&mut self) {
        self.digest.zeroize();
        self.words.iter_mut().for_each(Zeroize::zeroize);
        for Hole { before, behind, .. } in self.patterns.iter_mut().flat_map(|p| &mut p.holes) {
            before.zeroize();
            behind.zeroize();
        }
    }
}
