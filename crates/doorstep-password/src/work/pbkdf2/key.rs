//! The derived key, block after block.

use alloc::vec::Vec;

use sha2::Digest;
use zeroize::Zeroize;

use super::Pbkdf2Params;
use super::function::Function;
use super::lanes::InLanes;
use crate::secret::Secret;
use crate::work::sha::{self, Sha};
use crate::workspace::Workspace;

/// A key under way.
pub(crate) struct Key<H: Sha> {
    function: Function<H>,
    rounds: u32,
    salt: Vec<u8>,
    /// The blocks that are done.
    bytes: Vec<u8>,
    len: usize,
}

impl<H: InLanes> Key<H> {
    pub(super) fn begin<D: Digest>(params: &Pbkdf2Params, password: &[u8], salt: &[u8]) -> Self {
        // RFC 2104 §2: a key longer than a block is hashed first.
        let mut key = H::ZERO;
        if password.len() > H::BLOCK_LEN {
            let mut digest = D::digest(password);
            key.as_mut()[..H::DIGEST_LEN].copy_from_slice(&digest);
            digest.as_mut_slice().zeroize();
        } else {
            key.as_mut()[..password.len()].copy_from_slice(password);
        }
        let keyed = |pad: u8| {
            let mut block = key;
            block.as_mut().iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = H::IV;
            H::compress(&mut state, &[block]);
            block.zeroize();
            state
        };
        let (inner, outer) = (keyed(0x36), keyed(0x5c));
        key.zeroize();

        let blocks = params.key_len.div_ceil(H::DIGEST_LEN);
        let mut key = Self {
            function: Function { inner, outer, u: H::IV, t: H::IV, left: 0 },
            rounds: params.rounds,
            salt: salt.to_vec(),
            bytes: Vec::with_capacity(blocks * H::DIGEST_LEN),
            len: params.key_len,
        };
        key.begin_block();
        key
    }

    /// U_1 of the next block: HMAC(password, salt || INT(i)).
    fn begin_block(&mut self) {
        let Function { inner, outer, u, t, left } = &mut self.function;
        let index = (self.bytes.len() / H::DIGEST_LEN + 1) as u32;
        *u = *inner;
        H::compress(u, &sha::pad::<H>(H::BLOCK_LEN, &[&self.salt, &index.to_be_bytes()]));
        let mut digest = H::ZERO;
        H::write_digest(u, digest.as_mut());
        let mut padded = sha::pad::<H>(H::BLOCK_LEN, &[&digest.as_ref()[..H::DIGEST_LEN]]);
        *u = *outer;
        H::compress(u, &padded);
        padded.iter_mut().for_each(Zeroize::zeroize);
        digest.zeroize();
        *t = *u;
        *left = self.rounds - 1;
    }

    pub(super) fn rounds_left(&self) -> u64 {
        let blocks = self.len.div_ceil(H::DIGEST_LEN) - self.bytes.len() / H::DIGEST_LEN;
        u64::from(self.function.left) + blocks.saturating_sub(1) as u64 * u64::from(self.rounds)
    }

    /// Whether that was the last of it.
    pub(super) fn advance(&mut self, mut rounds: u64, workspace: &Workspace) -> bool {
        while let Some(function) = self.next_function() {
            if rounds == 0 {
                return false;
            }
            let now = rounds.min(u64::from(function.left)) as u32;
            H::iterate(&mut [function], now, workspace);
            rounds -= u64::from(now);
        }
        true
    }

    /// Brings all keys to their end. One of several blocks is back with each of them.
    pub(super) fn finish_together(mut keys: Vec<&mut Self>, workspace: &Workspace) {
        loop {
            let functions = keys.iter_mut().filter_map(|key| key.next_function());
            let mut functions: Vec<_> = functions.collect();
            if functions.is_empty() {
                return;
            }
            H::iterate(&mut functions, u32::MAX, workspace);
        }
    }

    /// The function that has iterations left; `None` if the key is done.
    fn next_function(&mut self) -> Option<&mut Function<H>> {
        while self.function.left == 0 {
            if self.bytes.len() >= self.len {
                return None;
            }
            let at = self.bytes.len();
            self.bytes.resize(at + H::DIGEST_LEN, 0);
            H::write_digest(&self.function.t, &mut self.bytes[at..]);
            if self.bytes.len() < self.len {
                self.begin_block();
            }
        }
        Some(&mut self.function)
    }

    pub(super) fn take(&mut self) -> Secret {
        let mut bytes = core::mem::take(&mut self.bytes);
        // The tail of the last block stays in the capacity, which `Secret` wipes as well.
        bytes.truncate(self.len);
        Secret::from(bytes)
    }
}

impl<H: Sha> Drop for Key<H> {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
