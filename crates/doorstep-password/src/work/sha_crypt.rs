//! sha256-crypt and sha512-crypt (U. Drepper, "Unix crypt using SHA-256 and SHA-512", 2007), a
//! round at a time, alone or in company.
//!
//! The step numbers in here are those of the specification.

mod crypt;
mod layout;
mod rounds;

use alloc::boxed::Box;
use alloc::vec::Vec;

use self::crypt::Crypt;
use self::layout::{in_repeats, in_rounds};
use super::parameters::InvalidParameters;
use super::price::StepTime;
use super::sha::{Sha, Sha256, Sha512};
use crate::secret::Secret;
use crate::workspace::Workspace;

/// Which of the two: `$5$` or `$6$`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShaCryptVariant {
    /// `$5$`, passlib's `sha256_crypt`: 32 bytes.
    Sha256,
    /// `$6$`, passlib's `sha512_crypt`: 64 bytes.
    Sha512,
}

impl ShaCryptVariant {
    pub(crate) const fn digest_len(self) -> usize {
        match self {
            ShaCryptVariant::Sha256 => Sha256::DIGEST_LEN,
            ShaCryptVariant::Sha512 => Sha512::DIGEST_LEN,
        }
    }

    /// The time of one compression.
    const fn step_time(self) -> StepTime {
        match self {
            ShaCryptVariant::Sha256 => StepTime(50),
            ShaCryptVariant::Sha512 => StepTime(130),
        }
    }
}

/// sha-crypt's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaCryptParams {
    variant: ShaCryptVariant,
    rounds: u32,
}

impl ShaCryptParams {
    /// `rounds` from 1 000 to 999 999 999.
    ///
    /// # Errors
    /// [`InvalidParameters`] outside of that: `crypt()` would silently take the nearest.
    pub const fn new(variant: ShaCryptVariant, rounds: u32) -> Result<Self, InvalidParameters> {
        if rounds < 1000 || rounds > 999_999_999 {
            return Err(InvalidParameters);
        }
        Ok(Self { variant, rounds })
    }

    /// Which of the two.
    pub const fn variant(&self) -> ShaCryptVariant {
        self.variant
    }

    /// The number of rounds.
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The cost grows with the password: in the rounds by its length, in the set-up by the square.
    pub(crate) fn units(&self, password_len: usize, salt_len: usize) -> u64 {
        let rounds = self.rounds;
        let compressions = match self.variant {
            ShaCryptVariant::Sha256 => in_repeats::<Sha256>(password_len, password_len)
                .saturating_add(in_rounds::<Sha256>(rounds, password_len, salt_len)),
            ShaCryptVariant::Sha512 => in_repeats::<Sha512>(password_len, password_len)
                .saturating_add(in_rounds::<Sha512>(rounds, password_len, salt_len)),
        };
        self.variant.step_time().units(compressions)
    }

    /// The templates' memory.
    pub(crate) fn memory_kib(&self, password_len: usize) -> u64 {
        (8 * (2 * password_len + 3 * self.variant.digest_len())).div_ceil(1024) as u64
    }
}

/// Each in a box of its own size: the slack of a shared one would carry whatever stood on the stack.
pub(crate) enum State {
    Sha256(Box<Crypt<Sha256, sha2::Sha256>>),
    Sha512(Box<Crypt<Sha512, sha2::Sha512>>),
}

impl State {
    pub(crate) fn begin(params: &ShaCryptParams, password: &[u8], salt: &[u8]) -> Self {
        match params.variant {
            ShaCryptVariant::Sha256 => {
                State::Sha256(Box::new(Crypt::begin(params.rounds, password, salt)))
            }
            ShaCryptVariant::Sha512 => {
                State::Sha512(Box::new(Crypt::begin(params.rounds, password, salt)))
            }
        }
    }

    pub(crate) fn remaining(&self) -> u64 {
        match self {
            State::Sha256(c) => ShaCryptVariant::Sha256.step_time().units(c.compressions_left()),
            State::Sha512(c) => ShaCryptVariant::Sha512.step_time().units(c.compressions_left()),
        }
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64, workspace: &Workspace) -> bool {
        let steps = |variant: ShaCryptVariant| variant.step_time().steps(units);
        match self {
            State::Sha256(crypt) => crypt.advance(steps(ShaCryptVariant::Sha256), workspace),
            State::Sha512(crypt) => crypt.advance(steps(ShaCryptVariant::Sha512), workspace),
        }
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&self) -> Secret {
        match self {
            State::Sha256(crypt) => crypt.key(),
            State::Sha512(crypt) => crypt.key(),
        }
    }
}

/// Brings all of them to their end, in lanes where they can share them.
pub(crate) fn finish_together(states: Vec<&mut State>, workspace: &Workspace) {
    let (mut sha256, mut sha512) = (Vec::new(), Vec::new());
    for state in states {
        match state {
            State::Sha256(crypt) => sha256.push(&mut **crypt),
            State::Sha512(crypt) => sha512.push(&mut **crypt),
        }
    }
    Crypt::finish_together(sha256, workspace);
    Crypt::finish_together(sha512, workspace);
}
