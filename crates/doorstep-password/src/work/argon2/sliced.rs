//! Argon2 over the kernels, a few blocks at a time.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use doorstep_kernels::Processor;
use doorstep_kernels::argon2::{Block, Fill, Inputs, Params, Variant, Version, wipe};

use super::{Argon2Params, Argon2Variant, Argon2Version, BLOCK};
use crate::secret::Secret;
use crate::work::OutOfMemory;
use crate::workspace::Workspace;

/// Blocks of the smallest piece: fewer would cost more to begin than to fill.
const SMALLEST: u64 = 64;

/// Blocks that are wiped in the time in which one is filled.
const WIPED_PER_FILLED: u64 = 16;

/// The memory, on loan from a workspace, and how far it is. It is wiped when dropped.
pub(crate) struct Filling {
    params: Params,
    salt: Box<[u8]>,
    memory: Vec<Block>,
    phase: Phase,
    /// While the memory is filled. Neither this nor the tag is part of the phase: the room for it in
    /// another phase would hold whatever lay on the stack.
    fill: Option<Box<Fill>>,
    /// Empty until it is made.
    tag: Secret,
    /// How many blocks are zero again, once the tag is made.
    wiped: usize,
}

enum Phase {
    /// The memory is being had. Fresh pages cost more than to fill them, so this goes in pieces too.
    Growing,
    Filling,
    Wiping,
}

impl Filling {
    pub(super) fn begin(
        params: &Argon2Params,
        salt: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Self, OutOfMemory> {
        let too_much = OutOfMemory { memory_kib: u64::from(params.memory_kib) };
        // Our ranges are within the kernels', but for a memory that 32-bit targets cannot address.
        let params = kernel_params(params).ok_or(too_much)?;
        let memory = workspace.argon2().take(params.blocks())?;
        let (phase, tag) = (Phase::Growing, Secret::new(&[]));
        Ok(Self { params, salt: salt.into(), memory, phase, fill: None, tag, wiped: 0 })
    }

    pub(super) fn remaining(&self) -> u64 {
        let blocks = match &self.phase {
            Phase::Growing => u64::from(self.params.passes()) * u64::from(self.params.memory_kib()),
            Phase::Filling => self.fill.as_ref().map_or(0, |fill| fill.remaining()),
            Phase::Wiping => 0,
        };
        BLOCK.units(blocks.max(1))
    }

    /// Whether that was the last of it.
    pub(super) fn advance(
        &mut self,
        units: u64,
        password: &[u8],
        workspace: &Workspace,
    ) -> Result<bool, OutOfMemory> {
        let processor = workspace.processor().unwrap_or(Processor::portable());
        let count = self.params.blocks();
        let mut budget = BLOCK.steps(units).max(SMALLEST);
        while budget > 0 {
            match (&self.phase, &mut self.fill) {
                (Phase::Growing, _) if self.memory.len() < count => {
                    let more = steps(budget).min(count - self.memory.len());
                    self.memory.resize(self.memory.len() + more, Block::ZERO);
                    budget -= more as u64;
                }
                (Phase::Growing, _) => {
                    self.fill = Some(Box::new(self.first_blocks(password)?));
                    self.phase = Phase::Filling;
                }
                (Phase::Filling, Some(fill)) => {
                    let before = fill.remaining();
                    let done = fill.advance(processor, &mut self.memory[..count], budget);
                    budget -= before - fill.remaining();
                    if done {
                        self.tag = Secret::from(vec![0; self.params.tag_len() as usize]);
                        fill.finish(&self.memory[..count], self.tag.expose_mut());
                        self.phase = Phase::Wiping;
                    }
                }
                (Phase::Filling, None) | (Phase::Wiping, _) => {
                    let rest = &mut self.memory[self.wiped..count];
                    let now = steps(budget.saturating_mul(WIPED_PER_FILLED)).min(rest.len());
                    wipe(&mut rest[..now]);
                    self.wiped += now;
                    return Ok(self.wiped == count);
                }
            }
        }
        Ok(false)
    }

    /// The tag, once `advance` has said so; the memory goes back.
    pub(super) fn finish(&mut self, workspace: &mut Workspace) -> Secret {
        workspace.argon2().give_back(core::mem::take(&mut self.memory));
        core::mem::replace(&mut self.tag, Secret::new(&[]))
    }

    fn first_blocks(&mut self, password: &[u8]) -> Result<Fill, OutOfMemory> {
        let inputs = Inputs { password, salt: &self.salt, secret: &[], associated_data: &[] };
        let memory = &mut self.memory[..self.params.blocks()];
        // Passwords are limited far below the 4 GiB that Argon2 takes.
        Fill::begin(self.params, &inputs, memory).ok_or(OutOfMemory { memory_kib: 4 << 20 })
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        let used = self.memory.len().min(self.params.blocks());
        wipe(&mut self.memory[..used]);
    }
}

fn steps(steps: u64) -> usize {
    usize::try_from(steps).unwrap_or(usize::MAX)
}

fn kernel_params(params: &Argon2Params) -> Option<Params> {
    let variant = match params.variant {
        Argon2Variant::Argon2d => Variant::D,
        Argon2Variant::Argon2i => Variant::I,
        Argon2Variant::Argon2id => Variant::Id,
    };
    let version = match params.version {
        Argon2Version::V0x10 => Version::V0x10,
        Argon2Version::V0x13 => Version::V0x13,
    };
    let tag_len = u32::try_from(params.tag_len).ok()?;
    Params::new(variant, version, params.memory_kib, params.passes, params.lanes, tag_len)
}
