//! scrypt, RFC 7914: PBKDF2 around the kernels' ROMix, a few blocks at a time.
//!
//! The memory is asked for with the first piece, so that a host hears of it if there is none, and is
//! wiped with the last. Without the feature `kernels` it is the same code for whatever processor the
//! target has.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use doorstep_kernels::scrypt::Mix;

use super::derivation::{Kdf, Slices};
use super::goal::OutOfMemory;
use super::memory::{Memory, R_LEN, pbkdf2, processor, zeros};
use super::parameters::InvalidParameters;
use super::price::{Cost, StepTime};
use crate::secret::Secret;
use crate::workspace::Workspace;

/// One of the two passes over one block of 128 bytes, in nanoseconds.
const BLOCK: u64 = 150;

/// Blocks of 64 bytes that are wiped in the time of one step of ROMix with r = 1.
const WIPED_PER_STEP: u64 = 16;

/// scrypt's parameters: N as its binary logarithm, r, p, and the length of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScryptParams {
    log_n: u8,
    r: u32,
    p: u32,
    key_len: usize,
}

impl ScryptParams {
    /// RFC 7914 §2: N is a power of two over 1, and r p is below 2^30. Its bound of N by r counts
    /// bits as bytes (erratum 5971), and is nobody's.
    pub(crate) fn new(
        log_n: u32,
        r: u32,
        p: u32,
        key_len: usize,
    ) -> Result<Self, InvalidParameters> {
        let product = u64::from(r) * u64::from(p);
        if product == 0 || product >= 1 << 30 || !(1..64).contains(&log_n) || key_len == 0 {
            return Err(InvalidParameters);
        }
        Ok(Self { log_n: log_n as u8, r, p, key_len })
    }

    fn blocks(&self, count: u64) -> u64 {
        1u64.checked_shl(self.log_n.into())
            .and_then(|n| n.checked_mul(self.r.into())?.checked_mul(count))
            .unwrap_or(u64::MAX)
    }

    /// The steps of so many parts, each of which fills V and then reads it.
    fn steps(&self, parts: u64) -> u64 {
        (2 * parts) << self.log_n
    }

    /// One step of ROMix.
    fn step_time(&self) -> StepTime {
        StepTime(BLOCK * u64::from(self.r))
    }

    fn memory_kib(&self) -> u64 {
        // V, X and Y, and B of each of the p.
        let rest = 2 * u64::from(self.r) + u64::from(self.r) * u64::from(self.p);
        self.blocks(1).saturating_add(rest).div_ceil(8)
    }
}

impl Kdf for ScryptParams {
    fn cost(&self, password_len: usize) -> Cost {
        let time = self.blocks(2 * u64::from(self.p)).saturating_mul(BLOCK);
        // PBKDF2 with one round: a block each for 32 bytes, and the password once.
        let ends = 4 * u64::from(self.r) * u64::from(self.p) * 350 + password_len as u64;
        Cost::new(self.memory_kib(), time.saturating_add(ends).div_ceil(1000))
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        Box::new(State {
            params: *self,
            password: Secret::new(password),
            salt: salt.into(),
            b: Secret::new(&[]),
            memory: Memory::default(),
            phase: Phase::New { steps: self.steps(self.p.into()) },
        })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("ln", self.log_n.to_string()), ("r", self.r.to_string()), ("p", self.p.to_string())]
    }
}

/// scrypt under way.
struct State {
    params: ScryptParams,
    password: Secret,
    salt: Box<[u8]>,
    /// PBKDF2's first output, of which ROMix replaces one of p parts after the other, and which is
    /// PBKDF2's second salt.
    b: Secret,
    /// ROMix's.
    memory: Memory,
    phase: Phase,
}

/// Each variant is of one word, so that none has room, which would hold whatever lay on the stack.
enum Phase {
    /// No memory was asked for yet, and there are so many steps to come.
    New {
        steps: u64,
    },
    Mixing(Box<Mixing>),
    /// The key is made.
    Wiping(Box<Secret>),
}

/// ROMix of one part.
#[derive(Clone, Copy)]
struct Mixing {
    part: usize,
    mix: Mix,
}

impl State {
    /// Asks for all memory, and fills B.
    fn first(&mut self) -> Result<Phase, OutOfMemory> {
        let too_much = OutOfMemory { memory_kib: self.params.memory_kib() };
        let ScryptParams { log_n, r, p, .. } = self.params;
        let (r, p) = (r as usize, p as usize);
        let n = 1usize.checked_shl(log_n.into()).ok_or(too_much)?;
        let b_len = r.checked_mul(p).and_then(|parts| parts.checked_mul(R_LEN));
        self.b = zeros(b_len).ok_or(too_much)?;
        self.memory.reserve(Mix::blocks(n, r)).ok_or(too_much)?;
        let b = self.b.expose_mut();
        pbkdf2(self.password.expose(), &self.salt, b);
        let mix = Mix::begin(n, &b[..r * R_LEN], self.memory.blocks());
        Ok(Phase::Mixing(Box::new(Mixing { part: 0, mix })))
    }

    /// What follows on a part that is mixed.
    fn next(&mut self, Mixing { part, mix }: Mixing) -> Phase {
        let ScryptParams { log_n, r, p, key_len } = self.params;
        let part_len = R_LEN * r as usize;
        let b = self.b.expose_mut();
        mix.finish(self.memory.blocks(), &mut b[part * part_len..][..part_len]);
        let part = part + 1;
        if part < p as usize {
            let mix =
                Mix::begin(1 << log_n, &b[part * part_len..][..part_len], self.memory.blocks());
            return Phase::Mixing(Box::new(Mixing { part, mix }));
        }
        let mut key = Secret::from(vec![0; key_len]);
        pbkdf2(self.password.expose(), b, key.expose_mut());
        Phase::Wiping(Box::new(key))
    }

    fn remaining(&self) -> u64 {
        let steps = match &self.phase {
            Phase::New { steps } => *steps,
            Phase::Mixing(mixing) => {
                let parts = u64::from(self.params.p) - 1 - mixing.part as u64;
                mixing.mix.remaining() + self.params.steps(parts)
            }
            Phase::Wiping(_) => u64::from(!self.memory.is_wiped()),
        };
        self.params.step_time().units(steps)
    }
}

impl Slices for State {
    /// Computes with what every processor of the target has; without memory, its key is empty.
    fn advance(&mut self, units: u64) -> u64 {
        self.advance_in(units, &Workspace::portable()).unwrap_or_else(|OutOfMemory { .. }| {
            // A key of no bytes matches no digest.
            self.phase = Phase::Wiping(Box::new(Secret::new(&[])));
            0
        })
    }

    fn advance_in(&mut self, units: u64, workspace: &Workspace) -> Result<u64, OutOfMemory> {
        if matches!(self.phase, Phase::New { .. }) {
            self.phase = self.first()?;
        }
        let processor = processor(workspace);
        let mut budget = self.params.step_time().steps(units);
        while budget > 0 {
            match &mut self.phase {
                Phase::New { .. } => break,
                Phase::Mixing(mixing) => {
                    let now = budget.min(mixing.mix.remaining());
                    budget -= now;
                    if mixing.mix.advance(processor, self.memory.blocks(), now) {
                        let mixing = **mixing;
                        self.phase = self.next(mixing);
                    }
                }
                Phase::Wiping(_) => {
                    let each = WIPED_PER_STEP * u64::from(self.params.r);
                    self.memory.wipe(budget.saturating_mul(each));
                    break;
                }
            }
        }
        Ok(self.remaining())
    }

    fn finish(mut self: Box<Self>) -> Secret {
        match core::mem::replace(&mut self.phase, Phase::New { steps: 0 }) {
            Phase::Wiping(key) => *key,
            Phase::New { .. } | Phase::Mixing(_) => Secret::new(&[]),
        }
    }
}
