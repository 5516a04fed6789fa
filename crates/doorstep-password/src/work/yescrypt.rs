//! yescrypt: HMAC and PBKDF2 around the kernels' SMix, a few blocks at a time, and the keyed digests
//! around it that make gost-yescrypt.
//!
//! As scrypt's, its memory is asked for with the first piece and wiped with the last, and without the
//! feature `kernels` it is the same code for whatever processor the target has.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use doorstep_kernels::Processor;
use doorstep_kernels::yescrypt::Mix;
use hmac::{KeyInit, Mac, SimpleHmac};
use streebog::{Digest, Streebog256};
use zeroize::Zeroize;

use super::derivation::{Kdf, Slices};
use super::goal::OutOfMemory;
use super::hash::HashFunction;
use super::memory::{Memory, R_LEN, pbkdf2, processor, zeros};
use super::parameters::InvalidParameters;
use super::price::{Cost, StepTime};
use crate::secret::Secret;
use crate::workspace::Workspace;

pub(crate) const KEY_LEN: usize = 32;

const SHA256: HashFunction = HashFunction::Sha256;

/// One of the passes over one block of 128 bytes, in nanoseconds.
const BLOCK: u64 = 90;

/// Blocks of 64 bytes that are wiped in the time of one step of SMix with r = 1.
const WIPED_PER_STEP: u64 = 8;

/// yescrypt's parameters in its own mode: N as its binary logarithm, and r.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YescryptParams {
    log_n: u8,
    r: u32,
    /// For gost-yescrypt: all of the string before the digest, which is hashed. Otherwise empty.
    gost: Box<[u8]>,
}

impl YescryptParams {
    pub(crate) fn new(log_n: u32, r: u32, gost: Option<&[u8]>) -> Result<Self, InvalidParameters> {
        if !(1..64).contains(&log_n) || !(1..1 << 30).contains(&r) {
            return Err(InvalidParameters);
        }
        Ok(Self { log_n: log_n as u8, r, gost: gost.unwrap_or_default().into() })
    }

    fn first_pass(&self) -> Pass {
        // From 16 MiB on, which is what Debian takes.
        let is_large = self.log_n >= 8 && u64::from(self.r) << self.log_n >= 0x2_0000;
        if is_large { Pass::Prehash } else { Pass::Main }
    }

    fn n(&self, pass: Pass) -> u64 {
        match pass {
            Pass::Prehash => 1 << (self.log_n - 6),
            Pass::Main => 1 << self.log_n,
        }
    }

    /// The steps of a pass, and of those after it.
    fn steps_from(&self, pass: Pass) -> u64 {
        let main = Mix::steps(self.n(Pass::Main));
        match pass {
            Pass::Prehash => main.saturating_add(Mix::steps(self.n(pass))),
            Pass::Main => main,
        }
    }

    /// One step of SMix.
    fn step_time(&self) -> StepTime {
        StepTime(BLOCK * u64::from(self.r))
    }

    fn memory_kib(&self) -> u64 {
        // V, X and B; and the S-boxes.
        let blocks = self.n(Pass::Main).saturating_add(2).saturating_mul(self.r.into());
        blocks.div_ceil(8).saturating_add(12)
    }
}

impl Kdf for YescryptParams {
    fn cost(&self, password_len: usize) -> Cost {
        let steps = self.steps_from(self.first_pass());
        let time = steps.saturating_mul(self.step_time().0);
        // In each of two passes: PBKDF2 with one round, and the S-boxes.
        let ends = 2 * (4 * 350 * u64::from(self.r) + 15_000) + 10 * password_len as u64;
        Cost::new(self.memory_kib(), time.saturating_add(ends).div_ceil(1000))
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        Box::new(State {
            params: self.clone(),
            password: Secret::new(password),
            salt: salt.into(),
            b: Secret::new(&[]),
            memory: Memory::default(),
            phase: Phase::New { steps: self.steps_from(self.first_pass()) },
        })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("ln", self.log_n.to_string()), ("r", self.r.to_string())]
    }
}

/// yescrypt is done once, or, if it is large, first a 64th of it, whose key is the password of the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Prehash,
    Main,
}

/// yescrypt under way.
struct State {
    params: YescryptParams,
    password: Secret,
    salt: Box<[u8]>,
    /// PBKDF2's output, and, mixed, its salt.
    b: Secret,
    /// SMix's.
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

struct Mixing {
    pass: Pass,
    mix: Mix,
    /// PBKDF2's key after it.
    key: Secret,
}

impl State {
    /// Asks for all memory.
    fn reserve(&mut self) -> Result<(), OutOfMemory> {
        let too_much = OutOfMemory { memory_kib: self.params.memory_kib() };
        let r = self.params.r as usize;
        let n = usize::try_from(self.params.n(Pass::Main)).map_err(|_| too_much)?;
        self.b = zeros(r.checked_mul(R_LEN)).ok_or(too_much)?;
        self.memory.reserve(Mix::blocks(n, r)).ok_or(too_much)
    }

    /// Begins a pass with the password, or with the key of the pass before.
    fn pass(&mut self, processor: Processor, pass: Pass, prehashed: Option<Secret>) -> Phase {
        let name: &[u8] = match pass {
            Pass::Prehash => b"yescrypt-prehash",
            Pass::Main => b"yescrypt",
        };
        let password = prehashed.as_ref().unwrap_or(&self.password);
        let b = self.b.expose_mut();
        pbkdf2(SHA256.hmac(name, password.expose()).expose(), &self.salt, b);
        let key = Secret::new(&b[..KEY_LEN]);
        // Whoever has the memory for it has an N that fits.
        let n = self.params.n(pass) as usize;
        let mix = Mix::begin(processor, n, b, self.memory.blocks());
        let key = SHA256.hmac(&b[b.len() - R_LEN / 2..], key.expose());
        Phase::Mixing(Box::new(Mixing { pass, mix, key }))
    }

    /// What follows on a pass that is mixed.
    fn next(&mut self, processor: Processor, Mixing { pass, mix, key }: Mixing) -> Phase {
        mix.finish(self.memory.blocks(), self.b.expose_mut());
        let mut derived = Secret::from(vec![0; KEY_LEN]);
        pbkdf2(key.expose(), self.b.expose(), derived.expose_mut());
        if pass == Pass::Prehash {
            return self.pass(processor, Pass::Main, Some(derived));
        }
        // SCRAM's StoredKey (RFC 5802 §3), with SHA-256.
        let client_key = SHA256.hmac(derived.expose(), b"Client Key");
        let stored_key = SHA256.digest(client_key.expose());
        if self.params.gost.is_empty() {
            return Phase::Wiping(Box::new(stored_key));
        }
        let mut digest = Streebog256::digest(self.password.expose());
        let inner = hmac_streebog(&digest, &self.params.gost);
        digest.as_mut_slice().zeroize();
        Phase::Wiping(Box::new(hmac_streebog(inner.expose(), stored_key.expose())))
    }

    fn remaining(&self) -> u64 {
        let steps = match &self.phase {
            Phase::New { steps } => *steps,
            Phase::Mixing(mixing) => {
                let later = match mixing.pass {
                    Pass::Prehash => self.params.steps_from(Pass::Main),
                    Pass::Main => 0,
                };
                mixing.mix.remaining().saturating_add(later)
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
        let processor = processor(workspace);
        if matches!(self.phase, Phase::New { .. }) {
            self.reserve()?;
            self.phase = self.pass(processor, self.params.first_pass(), None);
        }
        let mut budget = self.params.step_time().steps(units);
        while budget > 0 {
            match core::mem::replace(&mut self.phase, Phase::New { steps: 0 }) {
                Phase::New { .. } => break,
                Phase::Mixing(mut mixing) => {
                    let now = budget.min(mixing.mix.remaining());
                    budget -= now;
                    let is_mixed = mixing.mix.advance(processor, self.memory.blocks(), now);
                    self.phase = match is_mixed {
                        true => self.next(processor, *mixing),
                        false => Phase::Mixing(mixing),
                    };
                }
                Phase::Wiping(key) => {
                    let each = WIPED_PER_STEP * u64::from(self.params.r);
                    self.memory.wipe(budget.saturating_mul(each));
                    self.phase = Phase::Wiping(key);
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

/// HMAC with Streebog-256 (GOST R 34.11-2012, RFC 7836 §4.1.1).
fn hmac_streebog(key: &[u8], message: &[u8]) -> Secret {
    let Ok(mut mac) = SimpleHmac::<Streebog256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(message);
    let mut tag = mac.finalize().into_bytes();
    let key = Secret::new(&tag);
    tag.as_mut_slice().zeroize();
    key
}
