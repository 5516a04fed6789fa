//! PBKDF2 with HMAC (RFC 8018 §5.2, RFC 2104), an iteration at a time, alone or in company.

mod function;
mod key;
mod lanes;

use alloc::boxed::Box;
use alloc::vec::Vec;

use self::key::Key;
use super::parameters::InvalidParameters;
use super::price::StepTime;
use super::sha::{Sha, Sha1, Sha256, Sha512};
use crate::secret::Secret;
use crate::workspace::Workspace;

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

    /// The hash function's name, among parameters.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Prf::Sha1 => "sha1",
            Prf::Sha256 => "sha256",
            Prf::Sha512 => "sha512",
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
    Sha1(Box<Key<Sha1>>),
    Sha256(Box<Key<Sha256>>),
    Sha512(Box<Key<Sha512>>),
}

impl State {
    pub(crate) fn begin(params: &Pbkdf2Params, password: &[u8], salt: &[u8]) -> Self {
        match params.prf {
            Prf::Sha1 => State::Sha1(Box::new(Key::begin::<sha1::Sha1>(params, password, salt))),
            Prf::Sha256 => {
                State::Sha256(Box::new(Key::begin::<sha2::Sha256>(params, password, salt)))
            }
            Prf::Sha512 => {
                State::Sha512(Box::new(Key::begin::<sha2::Sha512>(params, password, salt)))
            }
        }
    }

    pub(crate) fn remaining(&self) -> u64 {
        match self {
            State::Sha1(key) => Prf::Sha1.step_time().units(key.rounds_left()),
            State::Sha256(key) => Prf::Sha256.step_time().units(key.rounds_left()),
            State::Sha512(key) => Prf::Sha512.step_time().units(key.rounds_left()),
        }
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64, workspace: &Workspace) -> bool {
        match self {
            State::Sha1(key) => key.advance(Prf::Sha1.step_time().steps(units), workspace),
            State::Sha256(key) => key.advance(Prf::Sha256.step_time().steps(units), workspace),
            State::Sha512(key) => key.advance(Prf::Sha512.step_time().steps(units), workspace),
        }
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&mut self) -> Secret {
        match self {
            State::Sha1(key) => key.take(),
            State::Sha256(key) => key.take(),
            State::Sha512(key) => key.take(),
        }
    }
}

/// Brings all of them to their end, in lanes where they can share them.
pub(crate) fn finish_together(states: Vec<&mut State>, workspace: &Workspace) {
    let (mut sha1, mut sha256, mut sha512) = (Vec::new(), Vec::new(), Vec::new());
    for state in states {
        match state {
            State::Sha1(key) => sha1.push(&mut **key),
            State::Sha256(key) => sha256.push(&mut **key),
            State::Sha512(key) => sha512.push(&mut **key),
        }
    }
    Key::finish_together(sha1, workspace);
    Key::finish_together(sha256, workspace);
    Key::finish_together(sha512, workspace);
}
