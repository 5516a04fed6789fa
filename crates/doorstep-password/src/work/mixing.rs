//! A key that is derived by mixing large memory, a few blocks at a time: what scrypt and yescrypt are.
//!
//! The memory is asked for with the first piece, so that a host hears of it if there is none, and is
//! wiped with the last. Without the feature `kernels` it is the same code for whatever processor the
//! target has.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use doorstep_kernels::Processor;
use doorstep_kernels::scrypt::{Block, wipe};

use super::derivation::Slices;
use super::goal::OutOfMemory;
use super::hash::HashFunction;
use super::price::StepTime;
use crate::secret::Secret;
use crate::workspace::Workspace;

/// An algorithm that goes over its memory in passes, each of so many steps of the kernels'.
pub(super) trait Mixer: Send + Sync + 'static {
    /// A pass under way.
    type Pass: Send + Sync;

    /// One step.
    fn step_time(&self) -> StepTime;

    /// Blocks that are wiped in the time of one step.
    fn wiped_per_step(&self) -> u64;

    /// The steps of all passes.
    fn steps(&self) -> u64;

    /// Asks for all memory, and begins the first pass.
    fn first(&self, held: &mut Held, processor: Processor) -> Result<Self::Pass, OutOfMemory>;

    /// The steps that are left of this pass.
    fn left(pass: &Self::Pass) -> u64;

    /// The steps of the passes after it.
    fn later(&self, pass: &Self::Pass) -> u64;

    /// Does so many steps of a pass, and says whether these were its last.
    fn advance(
        pass: &mut Self::Pass,
        processor: Processor,
        memory: &mut Vec<Block>,
        steps: u64,
    ) -> bool;

    /// What follows on a pass that is done: another, or the key.
    fn next(
        &self,
        held: &mut Held,
        processor: Processor,
        pass: Self::Pass,
    ) -> ControlFlow<Secret, Self::Pass>;
}

/// One of them under way.
pub(super) struct Mixing<M: Mixer> {
    mixer: M,
    held: Held,
    phase: Phase<M::Pass>,
}

/// What all passes begin with, and end in.
pub(super) struct Held {
    pub(super) password: Secret,
    pub(super) salt: Box<[u8]>,
    /// PBKDF2's output, and, mixed, its salt.
    pub(super) b: Secret,
    pub(super) memory: Memory,
}

/// Each variant is of one word, so that none has room, which would hold whatever lay on the stack.
enum Phase<P> {
    /// No memory was asked for yet, and there are so many steps to come.
    New {
        steps: u64,
    },
    Mixing(Box<P>),
    /// The key is made.
    Wiping(Box<Secret>),
}

impl Held {
    /// Asks for B, of 128 bytes for each r, and for room for so many blocks. `None` stands for more than
    /// can be counted, as it does for what there is not.
    pub(super) fn reserve(&mut self, b_rs: Option<usize>, blocks: Option<usize>) -> Option<()> {
        self.b = zeros(b_rs?.checked_mul(R_LEN))?;
        self.memory.reserve(blocks)
    }
}

impl<M: Mixer> Mixing<M> {
    pub(super) fn begin(mixer: M, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let phase = Phase::New { steps: mixer.steps() };
        let held = Held {
            password: Secret::new(password),
            salt: salt.into(),
            b: Secret::new(&[]),
            memory: Memory::default(),
        };
        Box::new(Self { mixer, held, phase })
    }

    fn remaining(&self) -> u64 {
        let steps = match &self.phase {
            Phase::New { steps } => *steps,
            Phase::Mixing(pass) => M::left(pass).saturating_add(self.mixer.later(pass)),
            Phase::Wiping(_) => u64::from(!self.held.memory.is_wiped()),
        };
        self.mixer.step_time().units(steps)
    }
}

impl<M: Mixer> Slices for Mixing<M> {
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
            self.phase = Phase::Mixing(Box::new(self.mixer.first(&mut self.held, processor)?));
        }
        let mut budget = self.mixer.step_time().steps(units);
        while budget > 0 {
            match core::mem::replace(&mut self.phase, Phase::New { steps: 0 }) {
                Phase::New { .. } => break,
                Phase::Mixing(mut pass) => {
                    let now = budget.min(M::left(&pass));
                    budget -= now;
                    self.phase = if M::advance(&mut pass, processor, self.held.memory.blocks(), now)
                    {
                        match self.mixer.next(&mut self.held, processor, *pass) {
                            ControlFlow::Continue(pass) => Phase::Mixing(Box::new(pass)),
                            ControlFlow::Break(key) => Phase::Wiping(Box::new(key)),
                        }
                    } else {
                        Phase::Mixing(pass)
                    };
                }
                Phase::Wiping(key) => {
                    self.held.memory.wipe(budget.saturating_mul(self.mixer.wiped_per_step()));
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

/// Bytes of B that one r stands for.
pub(super) const R_LEN: usize = 128;

/// Blocks that are asked for once, and are wiped in pieces, or else when they are dropped.
#[derive(Default)]
pub(super) struct Memory {
    blocks: Vec<Block>,
    /// The first so many are zero again.
    wiped: usize,
}

impl Memory {
    /// Asks for room for so many blocks; there is none for `None`.
    fn reserve(&mut self, count: Option<usize>) -> Option<()> {
        self.blocks.try_reserve_exact(count?).ok()
    }

    pub(super) fn blocks(&mut self) -> &mut Vec<Block> {
        &mut self.blocks
    }

    /// Wipes so many more blocks, and frees all with the last.
    fn wipe(&mut self, count: u64) {
        let rest = &mut self.blocks[self.wiped..];
        let now = count.min(rest.len() as u64) as usize;
        wipe(&mut rest[..now]);
        self.wiped += now;
        if self.is_wiped() {
            *self = Self::default();
        }
    }

    fn is_wiped(&self) -> bool {
        self.wiped == self.blocks.len()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        wipe(&mut self.blocks[self.wiped..]);
    }
}

/// So many bytes of zeros, to be B; `None` if there is no memory for them.
fn zeros(len: Option<usize>) -> Option<Secret> {
    let len = len?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).ok()?;
    bytes.resize(len, 0);
    Some(Secret::from(bytes))
}

/// The processor that the workspace computes with, if it has kernels; or what every one is.
fn processor(workspace: &Workspace) -> Processor {
    #[cfg(feature = "kernels")]
    if let Some(processor) = workspace.processor() {
        return processor;
    }
    #[cfg(not(feature = "kernels"))]
    let _ = workspace;
    Processor::portable()
}

/// PBKDF2-HMAC-SHA256 (RFC 8018 §5.2) of one iteration.
pub(super) fn pbkdf2(password: &[u8], salt: &[u8], out: &mut [u8]) {
    let hash = HashFunction::Sha256;
    for (block, out) in (1u32..).zip(out.chunks_mut(hash.output_len())) {
        let tag = hash.hmac_of(password, &[salt, &block.to_be_bytes()]);
        out.copy_from_slice(&tag.expose()[..out.len()]);
    }
}
