//! bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999), a round at a time, alone
//! or in company.

mod rounds;

use alloc::boxed::Box;
use alloc::vec::Vec;

use zeroize::Zeroize;

use self::rounds::Rounds;
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

/// bcrypt under way, by whom it was begun. What was begun by a kernel goes on by it everywhere: it needs
/// no instructions that another processor lacks.
pub(crate) enum State {
    /// By the `blowfish` crate.
    Rounds(Box<Rounds>),
    #[cfg(feature = "kernels")]
    Kernel(Box<doorstep_kernels::bcrypt::State>),
}

impl State {
    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(crate) fn begin(
        params: &BcryptParams,
        password: &[u8],
        salt: &[u8; 16],
        workspace: &Workspace,
    ) -> Self {
        // The key is the password and the NUL that ends it in C, at most 72 bytes of both.
        let password = &password[..password.len().min(PASSWORD_LEN)];
        let mut key = Vec::with_capacity(PASSWORD_LEN + 1);
        key.extend_from_slice(password);
        key.push(0);
        key.truncate(PASSWORD_LEN);
        let key = Secret::from(key);
        #[cfg(feature = "kernels")]
        if workspace.processor().is_some() {
            let rounds = 1 << params.cost;
            let state = doorstep_kernels::bcrypt::State::begin(key.expose(), salt, rounds);
            return State::Kernel(state);
        }
        State::Rounds(Box::new(Rounds::begin(key, salt, params.cost)))
    }

    pub(crate) fn remaining(&self) -> u64 {
        ROUND.units(match self {
            State::Rounds(rounds) => rounds.left(),
            #[cfg(feature = "kernels")]
            State::Kernel(state) => state.remaining(),
        })
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64) -> bool {
        let steps = ROUND.steps(units);
        match self {
            State::Rounds(rounds) => rounds.advance(steps),
            #[cfg(feature = "kernels")]
            State::Kernel(state) => state.advance(steps),
        }
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&mut self) -> Secret {
        let mut output = match self {
            State::Rounds(rounds) => rounds.output(),
            #[cfg(feature = "kernels")]
            State::Kernel(state) => state.finish(),
        };
        let digest = Secret::new(&output[..DIGEST_LEN]);
        output.zeroize();
        digest
    }
}

/// Brings all of them to their end, interleaved where a kernel does that.
pub(crate) fn finish_together(states: Vec<&mut State>) {
    #[cfg(feature = "kernels")]
    let mut interleaved = Vec::new();
    for state in states {
        match state {
            State::Rounds(rounds) => {
                rounds.advance(u64::MAX);
            }
            #[cfg(feature = "kernels")]
            State::Kernel(state) => interleaved.push(&mut **state),
        }
    }
    #[cfg(feature = "kernels")]
    doorstep_kernels::bcrypt::run_together(&mut interleaved);
}
