//! bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999), a round at a time.

use alloc::vec::Vec;

use blowfish::Blowfish;
use zeroize::Zeroize;

use super::parameters::InvalidParameters;
use super::price::StepTime;
use crate::secret::Secret;
use crate::workspace::Workspace;

/// One round of the expensive key schedule: two key expansions of 521 encryptions each.
const ROUND: StepTime = StepTime(46_000);

/// Bytes of a password that count; what follows is ignored, as the format does.
pub(crate) const PASSWORD_LEN: usize = 72;

/// Bytes of the digest that a stored string keeps: the last of 24 is dropped.
pub(crate) const DIGEST_LEN: usize = 23;

/// "OrpheanBeholderScryDoubt".
const PLAINTEXT: [[u32; 2]; 3] =
    [[0x4f727068, 0x65616e42], [0x65686f6c, 0x64657253], [0x63727944, 0x6f756274]];

/// bcrypt's one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BcryptParams {
    cost: u32,
}

impl BcryptParams {
    /// 2^`cost` rounds, from 4 to 31.
    ///
    /// # Errors
    /// [`InvalidParameters`] if `cost` is out of its range.
    pub const fn new(cost: u32) -> Result<Self, InvalidParameters> {
        if cost < 4 || cost > 31 {
            return Err(InvalidParameters);
        }
        Ok(Self { cost })
    }

    /// The binary logarithm of the number of rounds.
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    pub(crate) const fn units(&self) -> u64 {
        ROUND.units(1 << self.cost)
    }
}

pub(crate) struct State {
    cipher: Blowfish,
    key: Secret,
    salt: [u8; 16],
    rounds_left: u32,
}

impl State {
    pub(crate) fn begin(params: &BcryptParams, password: &[u8], salt: &[u8; 16]) -> Self {
        // The key is the password and the NUL that ends it in C, at most 72 bytes of both.
        let password = &password[..password.len().min(PASSWORD_LEN)];
        let mut key = Vec::with_capacity(PASSWORD_LEN + 1);
        key.extend_from_slice(password);
        key.push(0);
        key.truncate(PASSWORD_LEN);
        let mut cipher = Blowfish::bc_init_state();
        cipher.salted_expand_key(salt, &key);
        Self { cipher, key: Secret::from(key), salt: *salt, rounds_left: 1 << params.cost }
    }

    pub(crate) fn remaining(&self) -> u64 {
        ROUND.units(u64::from(self.rounds_left))
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64) -> bool {
        let rounds = ROUND.steps(units).min(u64::from(self.rounds_left)) as u32;
        for _ in 0..rounds {
            self.cipher.bc_expand_key(self.key.expose());
            self.cipher.bc_expand_key(&self.salt);
        }
        self.rounds_left -= rounds;
        self.rounds_left == 0
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&mut self) -> Secret {
        let mut digest = Vec::with_capacity(24);
        for half in PLAINTEXT {
            let mut block = half;
            for _ in 0..64 {
                block = self.cipher.bc_encrypt(block);
            }
            digest.extend(block.iter().flat_map(|word| word.to_be_bytes()));
            block.zeroize();
        }
        digest.truncate(DIGEST_LEN);
        Secret::from(digest)
    }
}

/// Brings all of them to their end.
pub(crate) fn finish_together(states: Vec<&mut State>, _: &Workspace) {
    states.into_iter().for_each(|state| {
        state.advance(u64::MAX);
    });
}
