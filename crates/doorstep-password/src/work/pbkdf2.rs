//! PBKDF2 with HMAC (RFC 8018 §5.2, RFC 2104), an iteration at a time.
//!
//! HMAC's two keyed states are computed once; then an iteration is two calls of the compression
//! function on one block whose padding is already in place.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sha2::Digest;
use zeroize::Zeroize;

use super::parameters::InvalidParameters;
use super::price::StepTime;
use super::sha::{self, Sha, Sha1, Sha256, Sha512};
use crate::secret::Secret;

/// The hash under PBKDF2's HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prf {
    /// HMAC-SHA-1, 20 bytes: for old hashes.
    Sha1,
    /// HMAC-SHA-256, 32 bytes.
    Sha256,
    /// HMAC-SHA-512, 64 bytes.
    Sha512,
}

impl Prf {
    /// Bytes of one block of output.
    pub const fn output_len(self) -> usize {
        match self {
            Prf::Sha1 => Sha1::DIGEST_LEN,
            Prf::Sha256 => Sha256::DIGEST_LEN,
            Prf::Sha512 => Sha512::DIGEST_LEN,
        }
    }

    const fn step_time(self) -> StepTime {
        match self {
            Prf::Sha1 => StepTime(75),
            Prf::Sha256 => StepTime(85),
            Prf::Sha512 => StepTime(260),
        }
    }
}

/// PBKDF2's parameters: the PRF, the iteration count and the length of the derived key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pbkdf2Params {
    prf: Prf,
    rounds: u32,
    key_len: usize,
}

impl Pbkdf2Params {
    /// `rounds` iterations, from 1; `key_len` bytes of key, from 1 to 1024.
    ///
    /// # Errors
    /// [`InvalidParameters`] if either is out of its range.
    pub const fn new(prf: Prf, rounds: u32, key_len: usize) -> Result<Self, InvalidParameters> {
        if rounds == 0 || key_len == 0 || key_len > 1024 {
            return Err(InvalidParameters);
        }
        Ok(Self { prf, rounds, key_len })
    }

    /// The hash under HMAC.
    pub const fn prf(&self) -> Prf {
        self.prf
    }

    /// The iteration count `c`.
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The length of the derived key, `dkLen`, in bytes.
    pub const fn key_len(&self) -> usize {
        self.key_len
    }

    /// Iterations over all blocks of the key, since each block takes `rounds` of its own.
    pub const fn total_rounds(&self) -> u64 {
        self.rounds as u64 * self.key_len.div_ceil(self.prf.output_len()) as u64
    }

    pub(crate) const fn units(&self) -> u64 {
        self.prf.step_time().units(self.total_rounds())
    }
}

/// Each in a box of its own size: the slack of a shared one would carry whatever stood on the stack.
pub(crate) enum State {
    Sha1(Box<Iteration<Sha1>>),
    Sha256(Box<Iteration<Sha256>>),
    Sha512(Box<Iteration<Sha512>>),
}

impl State {
    pub(crate) fn begin(params: &Pbkdf2Params, password: &[u8], salt: &[u8]) -> Self {
        match params.prf {
            Prf::Sha1 => {
                State::Sha1(Box::new(Iteration::begin::<sha1::Sha1>(params, password, salt)))
            }
            Prf::Sha256 => {
                State::Sha256(Box::new(Iteration::begin::<sha2::Sha256>(params, password, salt)))
            }
            Prf::Sha512 => {
                State::Sha512(Box::new(Iteration::begin::<sha2::Sha512>(params, password, salt)))
            }
        }
    }

    pub(crate) fn remaining(&self) -> u64 {
        match self {
            State::Sha1(it) => Prf::Sha1.step_time().units(it.rounds_left()),
            State::Sha256(it) => Prf::Sha256.step_time().units(it.rounds_left()),
            State::Sha512(it) => Prf::Sha512.step_time().units(it.rounds_left()),
        }
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64) -> bool {
        match self {
            State::Sha1(it) => it.advance(Prf::Sha1.step_time().steps(units)),
            State::Sha256(it) => it.advance(Prf::Sha256.step_time().steps(units)),
            State::Sha512(it) => it.advance(Prf::Sha512.step_time().steps(units)),
        }
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&mut self) -> Secret {
        match self {
            State::Sha1(it) => it.take_key(),
            State::Sha256(it) => it.take_key(),
            State::Sha512(it) => it.take_key(),
        }
    }
}

/// The function F of RFC 8018 §5.2 under way, for one block of the key after the other.
pub(crate) struct Iteration<H: Sha> {
    /// HMAC's state after the inner padded key.
    inner: H::State,
    /// HMAC's state after the outer padded key.
    outer: H::State,
    /// The last U, followed by the padding of a message of one key block and one digest.
    u: H::Block,
    /// The xor of all U of this block so far.
    t: H::Block,
    /// Iterations left in this block.
    left: u32,
    rounds: u32,
    salt: Vec<u8>,
    key: Vec<u8>,
    key_len: usize,
}

impl<H: Sha> Iteration<H> {
    fn begin<D: Digest>(params: &Pbkdf2Params, password: &[u8], salt: &[u8]) -> Self {
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

        let mut u = H::ZERO;
        u.as_mut()[H::DIGEST_LEN] = 0x80;
        let bits = 8 * (H::BLOCK_LEN + H::DIGEST_LEN) as u64;
        u.as_mut()[H::BLOCK_LEN - 8..].copy_from_slice(&bits.to_be_bytes());

        let blocks = params.key_len.div_ceil(H::DIGEST_LEN);
        let mut iteration = Self {
            inner,
            outer,
            u,
            t: H::ZERO,
            left: 0,
            rounds: params.rounds,
            salt: salt.to_vec(),
            key: Vec::with_capacity(blocks * H::DIGEST_LEN),
            key_len: params.key_len,
        };
        iteration.first_of_block();
        iteration
    }

    /// U_1 of the next block: HMAC(password, salt || INT(i)).
    fn first_of_block(&mut self) {
        let index = (self.key.len() / H::DIGEST_LEN + 1) as u32;
        let mut state = self.inner;
        H::compress(&mut state, &sha::pad::<H>(H::BLOCK_LEN, &[&self.salt, &index.to_be_bytes()]));
        H::write_digest(&state, &mut self.u.as_mut()[..H::DIGEST_LEN]);
        state = self.outer;
        H::compress(&mut state, &[self.u]);
        H::write_digest(&state, &mut self.u.as_mut()[..H::DIGEST_LEN]);
        state.zeroize();
        self.t = self.u;
        self.left = self.rounds - 1;
    }

    fn rounds_left(&self) -> u64 {
        let blocks = self.key_len.div_ceil(H::DIGEST_LEN) - self.key.len() / H::DIGEST_LEN;
        u64::from(self.left) + blocks.saturating_sub(1) as u64 * u64::from(self.rounds)
    }

    fn advance(&mut self, mut rounds: u64) -> bool {
        loop {
            let now = rounds.min(u64::from(self.left)) as u32;
            self.iterate(now);
            rounds -= u64::from(now);
            if self.left > 0 {
                return false;
            }
            self.key.extend_from_slice(&self.t.as_ref()[..H::DIGEST_LEN]);
            if self.key.len() >= self.key_len {
                return true;
            }
            self.first_of_block();
            rounds = rounds.saturating_sub(1);
        }
    }

    fn iterate(&mut self, rounds: u32) {
        for _ in 0..rounds {
            let mut state = self.inner;
            H::compress(&mut state, core::slice::from_ref(&self.u));
            H::write_digest(&state, &mut self.u.as_mut()[..H::DIGEST_LEN]);
            state = self.outer;
            H::compress(&mut state, core::slice::from_ref(&self.u));
            H::write_digest(&state, &mut self.u.as_mut()[..H::DIGEST_LEN]);
            let (t, u) = (self.t.as_mut(), self.u.as_ref());
            for (t, u) in t[..H::DIGEST_LEN].iter_mut().zip(&u[..H::DIGEST_LEN]) {
                *t ^= u;
            }
        }
        self.left -= rounds;
    }

    fn take_key(&mut self) -> Secret {
        let mut key = core::mem::take(&mut self.key);
        // The tail of the last block stays in the capacity, which `Secret` wipes as well.
        key.truncate(self.key_len);
        Secret::from(key)
    }
}

impl<H: Sha> Drop for Iteration<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
        self.u.zeroize();
        self.t.zeroize();
        self.key.zeroize();
    }
}
