//! What a round hashes: one of eight messages, laid out once, with a hole for the last digest.

use alloc::vec::Vec;
use core::array;

use zeroize::Zeroize;

use crate::sha2::{Word, write};

/// The messages repeat after lcm(2, 3, 7) rounds.
pub(super) const CYCLE: u32 = 42;

/// What stands in a round's message (steps 21 b to e).
#[derive(Clone, Copy)]
pub(super) struct Pattern {
    /// The round is odd: P is first and the digest last, not the other way round.
    pub(super) digest_last: bool,
    /// The round is not divisible by 3: S stands in the middle.
    salt: bool,
    /// The round is not divisible by 7: then P does.
    password: bool,
}

impl Pattern {
    pub(super) const ALL: usize = 8;

    pub(super) const fn of(round: u32) -> Self {
        Self {
            digest_last: !round.is_multiple_of(2),
            salt: !round.is_multiple_of(3),
            password: !round.is_multiple_of(7),
        }
    }

    pub(super) const fn index(self) -> usize {
        self.digest_last as usize | (self.salt as usize) << 1 | (self.password as usize) << 2
    }

    const fn from_index(index: usize) -> Self {
        Self { digest_last: index & 1 != 0, salt: index & 2 != 0, password: index & 4 != 0 }
    }
}

/// The eight messages of one password, with their padding.
pub(super) struct Messages<W: Word> {
    blocks: Vec<W::Block>,
    each: [Message; Pattern::ALL],
    in_cycle: usize,
}

/// Where a message stands.
#[derive(Clone, Copy, Default)]
struct Message {
    /// The first of its blocks.
    start: usize,
    /// How many there are.
    len: usize,
    /// The first byte of the hole.
    digest_at: usize,
}

impl<W: Word> Messages<W> {
    pub(super) fn new(p: &[u8], s: &[u8]) -> Self {
        let digest_len = 8 * W::LEN;
        let longest = padded_blocks::<W>(2 * p.len() + s.len() + digest_len);
        // It must not grow: what it left behind would not be wiped.
        let mut blocks = Vec::with_capacity(Pattern::ALL * longest);
        let each = array::from_fn(|index| {
            let pattern = Pattern::from_index(index);
            let zero = W::ZERO;
            let hole = &zero.as_ref()[..digest_len];
            let salt: &[u8] = if pattern.salt { s } else { &[] };
            let password: &[u8] = if pattern.password { p } else { &[] };
            let parts = match pattern.digest_last {
                false => [hole, salt, password, p],
                true => [p, salt, password, hole],
            };
            let bytes = parts.iter().map(|part| part.len()).sum();
            let digest_at = if pattern.digest_last { bytes - digest_len } else { 0 };
            let message =
                Message { start: blocks.len(), len: padded_blocks::<W>(bytes), digest_at };
            blocks.resize(message.start + message.len, W::ZERO);
            lay_out::<W>(&mut blocks[message.start..], &parts, bytes);
            message
        });
        let in_cycle = (0..CYCLE).map(|round| each[Pattern::of(round).index()].len).sum();
        Self { blocks, each, in_cycle }
    }

    /// The message of a round, with the last digest in place.
    pub(super) fn with(&mut self, digest: &[W; 8], round: u32) -> &[W::Block] {
        let Message { start, len, digest_at } = self.each[Pattern::of(round).index()];
        let blocks = &mut self.blocks[start..start + len];
        let mut bytes = W::ZERO;
        write(digest, bytes.as_mut());
        put::<W>(blocks, digest_at, &bytes.as_ref()[..8 * W::LEN]);
        bytes.zeroize();
        blocks
    }

    /// The message of a pattern with its hole empty, and the first byte of the hole.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn empty(&mut self, pattern: usize) -> (&[W::Block], usize) {
        let Message { start, len, digest_at } = self.each[pattern];
        let blocks = &mut self.blocks[start..start + len];
        put::<W>(blocks, digest_at, &W::ZERO.as_ref()[..8 * W::LEN]);
        (blocks, digest_at)
    }

    /// How many blocks the message of a pattern has.
    #[cfg(target_arch = "x86_64")]
    pub(super) const fn len_of_pattern(&self, pattern: usize) -> usize {
        self.each[pattern].len
    }

    /// How many blocks the messages of a cycle have.
    pub(super) const fn in_cycle(&self) -> usize {
        self.in_cycle
    }
}

impl<W: Word> Drop for Messages<W> {
    fn drop(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// How many blocks a message of `bytes` fills with its padding (FIPS 180-4 §5.1), which ends with a
/// length of two words.
const fn padded_blocks<W: Word>(bytes: usize) -> usize {
    (bytes + 1 + 2 * W::LEN).div_ceil(16 * W::LEN)
}

/// Writes a message of `bytes` and its padding over blocks of zeros.
fn lay_out<W: Word>(blocks: &mut [W::Block], parts: &[&[u8]], bytes: usize) {
    let mut at = 0;
    for part in parts.iter().chain(&[&[0x80][..]]) {
        put::<W>(blocks, at, part);
        at += part.len();
    }
    if let Some(last) = blocks.last_mut() {
        write(&[W::from_u32(8 * bytes as u32)], &mut last.as_mut()[15 * W::LEN..]);
    }
}

/// Writes over the bytes from `at` on.
fn put<W: Word>(blocks: &mut [W::Block], at: usize, mut bytes: &[u8]) {
    let block_len = 16 * W::LEN;
    let mut offset = at % block_len;
    for block in &mut blocks[at / block_len..] {
        let (now, rest) = bytes.split_at(bytes.len().min(block_len - offset));
        block.as_mut()[offset..offset + now.len()].copy_from_slice(now);
        if rest.is_empty() {
            break;
        }
        (bytes, offset) = (rest, 0);
    }
}
