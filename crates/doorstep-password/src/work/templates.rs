//! The rounds of sha-crypt, which has them from md5-crypt, over the compression functions of the
//! RustCrypto crates.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::sha::{self, Sha};

/// A round hashes one of eight messages, which differ in where the last digest, the password and the
/// salt stand. All eight are laid out once with their padding; a round then fills in the digest and
/// compresses.
pub(crate) struct Templates<H: Sha> {
    /// Of the first steps (sha-crypt's digest A), then of the last round.
    digest: H::Block,
    messages: Vec<Message<H>>,
    round: u32,
    rounds: u32,
}

struct Message<H: Sha> {
    blocks: Vec<H::Block>,
    /// Where the last digest goes.
    digest_at: usize,
}

impl<H: Sha> Templates<H> {
    /// With that digest, and what stands for the password and the salt: themselves in md5-crypt, the
    /// sequences P and S in sha-crypt.
    pub(crate) fn new(digest: &H::Block, p: &[u8], s: &[u8], rounds: u32) -> Self {
        let hole = H::ZERO;
        let hole = &hole.as_ref()[..H::DIGEST_LEN];
        let message = |index| {
            let layout = Layout::from_index(index);
            let middle_salt = if layout.salt { s } else { &[] };
            let middle_password = if layout.password { p } else { &[] };
            let middle = middle_salt.len() + middle_password.len();
            let (first, last, digest_at) =
                if layout.digest_last { (p, hole, p.len() + middle) } else { (hole, p, 0) };
            let parts = [first, middle_salt, middle_password, last];
            Message { blocks: sha::pad::<H>(0, &parts), digest_at }
        };
        Self { digest: *digest, messages: (0..8).map(message).collect(), round: 0, rounds }
    }

    pub(crate) fn left(&self) -> u32 {
        self.rounds - self.round
    }

    /// At most so many rounds.
    pub(crate) fn advance(&mut self, rounds: u32) {
        let end = self.round + rounds.min(self.left());
        while self.round < end {
            let message = &mut self.messages[Layout::of(self.round).index()];
            let digest = &mut self.digest.as_mut()[..H::DIGEST_LEN];
            write_at::<H>(&mut message.blocks, message.digest_at, digest);
            let mut state = H::IV;
            H::compress(&mut state, &message.blocks);
            H::write_digest(&state, digest);
            self.round += 1;
        }
    }

    pub(crate) fn digest(&self) -> &[u8] {
        &self.digest.as_ref()[..H::DIGEST_LEN]
    }
}

impl<H: Sha> Drop for Templates<H> {
    fn drop(&mut self) {
        self.digest.zeroize();
        for message in &mut self.messages {
            message.blocks.iter_mut().for_each(Zeroize::zeroize);
        }
    }
}

fn write_at<H: Sha>(blocks: &mut [H::Block], mut at: usize, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let (block, offset) = (at / H::BLOCK_LEN, at % H::BLOCK_LEN);
        let len = bytes.len().min(H::BLOCK_LEN - offset);
        let (now, rest) = bytes.split_at(len);
        blocks[block].as_mut()[offset..offset + len].copy_from_slice(now);
        bytes = rest;
        at += len;
    }
}

/// What stands in a round's message (of sha-crypt's specification, steps 21 b to e).
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// The round is odd: the password first and the digest last, not the other way round.
    pub(crate) digest_last: bool,
    /// The round is not divisible by 3.
    pub(crate) salt: bool,
    /// The round is not divisible by 7.
    pub(crate) password: bool,
}

impl Layout {
    pub(crate) const fn of(round: u32) -> Self {
        Self {
            digest_last: !round.is_multiple_of(2),
            salt: !round.is_multiple_of(3),
            password: !round.is_multiple_of(7),
        }
    }

    pub(crate) const fn index(self) -> usize {
        self.digest_last as usize | (self.salt as usize) << 1 | (self.password as usize) << 2
    }

    pub(crate) const fn from_index(index: usize) -> Self {
        Self { digest_last: index & 1 != 0, salt: index & 2 != 0, password: index & 4 != 0 }
    }
}
