//! Argon2's memory, lent by a workspace: to the `argon2` crate for one call, to the kernels until
//! their work is done.

use core::ops::{Deref, DerefMut};

pub(super) use argon2::Block;
#[cfg(feature = "kernels")]
pub(super) use doorstep_kernels::argon2::Block as KernelBlock;
use zeroize::Zeroize;

use super::{Workspace, reserved};
use crate::work::OutOfMemory;

/// Blocks on loan to the `argon2` crate, wiped when given back.
pub(crate) struct Argon2Blocks<'a>(&'a mut [Block]);

impl Workspace {
    /// Lends `count` blocks, all zero.
    pub(crate) fn argon2_blocks(&mut self, count: usize) -> Result<Argon2Blocks<'_>, OutOfMemory> {
        if self.blocks.len() < count {
            // The old blocks go first: both at once would be twice the memory.
            self.blocks = alloc::vec::Vec::new();
            self.blocks = reserved(count)?;
            self.blocks.resize(count, Block::new());
        }
        Ok(Argon2Blocks(&mut self.blocks[..count]))
    }
}

#[cfg(feature = "kernels")]
impl Workspace {
    /// Gives what blocks there are away, all zero, in a vector that has room for `count`.
    pub(crate) fn take_memory(
        &mut self,
        count: usize,
    ) -> Result<alloc::vec::Vec<KernelBlock>, OutOfMemory> {
        let memory = core::mem::take(&mut self.memory);
        if memory.capacity() >= count {
            return Ok(memory);
        }
        drop(memory);
        reserved(count)
    }

    /// Takes blocks back, all zero. Of two it keeps the larger: several works may have been under way
    /// at once.
    pub(crate) fn give_back(&mut self, memory: alloc::vec::Vec<KernelBlock>) {
        if memory.capacity() > self.memory.capacity() {
            self.memory = memory;
        }
    }
}

impl Deref for Argon2Blocks<'_> {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        self.0
    }
}

impl DerefMut for Argon2Blocks<'_> {
    fn deref_mut(&mut self) -> &mut [Block] {
        self.0
    }
}

impl Drop for Argon2Blocks<'_> {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}
