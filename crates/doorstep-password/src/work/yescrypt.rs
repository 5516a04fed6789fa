//! yescrypt: HMAC and PBKDF2 around the kernels' SMix, a few blocks at a time, and the keyed digests
//! around it that make gost-yescrypt.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use doorstep_kernels::Processor;
use doorstep_kernels::scrypt::Block;
use doorstep_kernels::yescrypt::Mix;
use hmac::{KeyInit, Mac, SimpleHmac};
use streebog::{Digest, Streebog256};
use zeroize::Zeroize;

use super::derivation::{Kdf, Slices};
use super::goal::OutOfMemory;
use super::hash::HashFunction;
use super::mixing::{Held, Mixer, Mixing, R_LEN, pbkdf2};
use super::parameters::InvalidParameters;
use super::price::{Cost, StepTime};
use crate::secret::Secret;

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
        Mixing::begin(self.clone(), password, salt)
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

/// SMix of one pass.
pub(super) struct Smix {
    pass: Pass,
    mix: Mix,
    /// PBKDF2's key after it.
    key: Secret,
}

impl Mixer for YescryptParams {
    type Pass = Smix;

    fn step_time(&self) -> StepTime {
        StepTime(BLOCK * u64::from(self.r))
    }

    fn wiped_per_step(&self) -> u64 {
        WIPED_PER_STEP * u64::from(self.r)
    }

    fn steps(&self) -> u64 {
        self.steps_from(self.first_pass())
    }

    fn first(&self, held: &mut Held, processor: Processor) -> Result<Smix, OutOfMemory> {
        let too_much = OutOfMemory { memory_kib: self.memory_kib() };
        let r = self.r as usize;
        let n = usize::try_from(self.n(Pass::Main)).map_err(|_| too_much)?;
        held.reserve(Some(r), Mix::blocks(n, r)).ok_or(too_much)?;
        Ok(self.smix(held, processor, self.first_pass(), None))
    }

    fn left(smix: &Smix) -> u64 {
        smix.mix.remaining()
    }

    fn later(&self, smix: &Smix) -> u64 {
        match smix.pass {
            Pass::Prehash => self.steps_from(Pass::Main),
            Pass::Main => 0,
        }
    }

    fn advance(smix: &mut Smix, processor: Processor, memory: &mut Vec<Block>, steps: u64) -> bool {
        smix.mix.advance(processor, memory, steps)
    }

    fn next(
        &self,
        held: &mut Held,
        processor: Processor,
        Smix { pass, mix, key }: Smix,
    ) -> ControlFlow<Secret, Smix> {
        mix.finish(held.memory.blocks(), held.b.expose_mut());
        let mut derived = Secret::from(vec![0; KEY_LEN]);
        pbkdf2(key.expose(), held.b.expose(), derived.expose_mut());
        if pass == Pass::Prehash {
            return ControlFlow::Continue(self.smix(held, processor, Pass::Main, Some(derived)));
        }
        // SCRAM's StoredKey (RFC 5802 §3), with SHA-256.
        let client_key = SHA256.hmac(derived.expose(), b"Client Key");
        let stored_key = SHA256.digest(client_key.expose());
        if self.gost.is_empty() {
            return ControlFlow::Break(stored_key);
        }
        let mut digest = Streebog256::digest(held.password.expose());
        let inner = hmac_streebog(&digest, &self.gost);
        digest.as_mut_slice().zeroize();
        ControlFlow::Break(hmac_streebog(inner.expose(), stored_key.expose()))
    }
}

impl YescryptParams {
    /// Begins a pass with the password, or with the key of the pass before.
    fn smix(
        &self,
        held: &mut Held,
        processor: Processor,
        pass: Pass,
        prehashed: Option<Secret>,
    ) -> Smix {
        let name: &[u8] = match pass {
            Pass::Prehash => b"yescrypt-prehash",
            Pass::Main => b"yescrypt",
        };
        let password = prehashed.as_ref().unwrap_or(&held.password);
        let b = held.b.expose_mut();
        pbkdf2(SHA256.hmac(name, password.expose()).expose(), &held.salt, b);
        let key = Secret::new(&b[..KEY_LEN]);
        // Whoever has the memory for it has an N that fits.
        let n = self.n(pass) as usize;
        let mix = Mix::begin(processor, n, b, held.memory.blocks());
        let key = SHA256.hmac(&b[b.len() - R_LEN / 2..], key.expose());
        Smix { pass, mix, key }
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
