//! The rounds over the compression functions of the RustCrypto crates.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::layout::Layout;
use crate::work::sha::{self, Sha};

/// A round hashes one of eight messages, which differ in where the last digest, the password and the
/// salt stand. All eight are laid out once with their padding; a round then fills in the digest and
/// compresses.
pub(super) struct Templates<H: Sha> {
    /// Digest A of step 12, then C of the last round.
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
    /// With digest A, the sequence P of step 16 and the sequence S of step 20.
    pub(super) fn new(digest: &H::Block, p: &[u8], s: &[u8], rounds: u32) -> Self {
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

    pub(super) fn left(&self) -> u32 {
        self.rounds - self.round
    }

    /// Step 21, at most so many times.
    pub(super) fn advance(&mut self, rounds: u32) {
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

    pub(super) fn digest(&self) -> &[u8] {
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
