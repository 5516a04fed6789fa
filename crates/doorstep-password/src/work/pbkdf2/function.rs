//! The function F of RFC 8018 §5.2 under way, for one block of a key, over the compression functions
//! of the RustCrypto crates.

use zeroize::Zeroize;

use crate::work::sha::Sha;

/// HMAC's two keyed states are computed once; then an iteration is two calls of the compression
/// function on one block whose padding is already in place.
pub(crate) struct Function<H: Sha> {
    /// HMAC's state after the inner padded key.
    pub(super) inner: H::State,
    /// HMAC's state after the outer padded key.
    pub(super) outer: H::State,
    /// The last U.
    pub(super) u: H::State,
    /// The xor of all U so far.
    pub(super) t: H::State,
    /// Iterations left.
    pub(super) left: u32,
}

impl<H: Sha> Function<H> {
    /// At most so many iterations.
    pub(super) fn iterate(&mut self, rounds: u32) {
        let rounds = rounds.min(self.left);
        // What stands behind U is the padding of a message of one key block and one digest.
        let mut block = H::ZERO;
        block.as_mut()[H::DIGEST_LEN] = 0x80;
        let bits = 8 * (H::BLOCK_LEN + H::DIGEST_LEN) as u64;
        block.as_mut()[H::BLOCK_LEN - 8..].copy_from_slice(&bits.to_be_bytes());
        H::write_digest(&self.u, &mut block.as_mut()[..H::DIGEST_LEN]);
        for _ in 0..rounds {
            for keyed in [&self.inner, &self.outer] {
                self.u = *keyed;
                H::compress(&mut self.u, core::slice::from_ref(&block));
                H::write_digest(&self.u, &mut block.as_mut()[..H::DIGEST_LEN]);
            }
            H::xor(&mut self.t, &self.u);
        }
        self.left -= rounds;
        block.zeroize();
    }
}

impl<H: Sha> Drop for Function<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
        self.u.zeroize();
        self.t.zeroize();
    }
}
