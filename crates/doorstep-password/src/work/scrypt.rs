//! scrypt, RFC 7914: PBKDF2 around the kernels' ROMix, a few blocks at a time.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

use doorstep_kernels::Processor;
use doorstep_kernels::scrypt::{Block, Mix};

use super::derivation::{Kdf, Slices};
use super::goal::OutOfMemory;
use super::mixing::{Held, Mixer, Mixing, R_LEN, pbkdf2};
use super::parameters::InvalidParameters;
use super::price::{Cost, StepTime};
use crate::secret::Secret;

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
        Mixing::begin(*self, password, salt)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("ln", self.log_n.to_string()), ("r", self.r.to_string()), ("p", self.p.to_string())]
    }
}

/// One of the p parts of B, while ROMix is at it.
pub(super) struct Part {
    number: usize,
    mix: Mix,
}

/// B is PBKDF2's first output, of which ROMix replaces one part after the other, and which is PBKDF2's
/// second salt.
impl Mixer for ScryptParams {
    type Pass = Part;

    fn step_time(&self) -> StepTime {
        StepTime(BLOCK * u64::from(self.r))
    }

    fn wiped_per_step(&self) -> u64 {
        WIPED_PER_STEP * u64::from(self.r)
    }

    fn steps(&self) -> u64 {
        self.steps_of(self.p.into())
    }

    fn first(&self, held: &mut Held, _: Processor) -> Result<Part, OutOfMemory> {
        let too_much = OutOfMemory { memory_kib: self.memory_kib() };
        let (r, p) = (self.r as usize, self.p as usize);
        let n = 1usize.checked_shl(self.log_n.into()).ok_or(too_much)?;
        held.reserve(r.checked_mul(p), Mix::blocks(n, r)).ok_or(too_much)?;
        let Held { password, salt, b, .. } = held;
        pbkdf2(password.expose(), salt, b.expose_mut());
        Ok(self.part(held, 0))
    }

    fn left(part: &Part) -> u64 {
        part.mix.remaining()
    }

    fn later(&self, part: &Part) -> u64 {
        self.steps_of(u64::from(self.p) - 1 - part.number as u64)
    }

    fn advance(part: &mut Part, processor: Processor, memory: &mut Vec<Block>, steps: u64) -> bool {
        part.mix.advance(processor, memory, steps)
    }

    fn next(
        &self,
        held: &mut Held,
        _: Processor,
        Part { number, mix }: Part,
    ) -> ControlFlow<Secret, Part> {
        let place = self.place(number);
        mix.finish(held.memory.blocks(), &mut held.b.expose_mut()[place]);
        if number + 1 < self.p as usize {
            return ControlFlow::Continue(self.part(held, number + 1));
        }
        let mut key = Secret::from(vec![0; self.key_len]);
        pbkdf2(held.password.expose(), held.b.expose(), key.expose_mut());
        ControlFlow::Break(key)
    }
}

impl ScryptParams {
    fn part(&self, held: &mut Held, number: usize) -> Part {
        // Whoever has the memory for it has an N that fits.
        let b = &held.b.expose()[self.place(number)];
        Part { number, mix: Mix::begin(1 << self.log_n, b, held.memory.blocks()) }
    }

    /// Where a part is in B.
    fn place(&self, number: usize) -> Range<usize> {
        let len = R_LEN * self.r as usize;
        number * len..(number + 1) * len
    }

    /// The steps of so many parts, each of which fills V and then reads it.
    fn steps_of(&self, parts: u64) -> u64 {
        (2 * parts) << self.log_n
    }
}
