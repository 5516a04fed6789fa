//! Argon2's memory, lent by a workspace: to the `argon2` crate for one call, to the kernels until
//! their work is done.

use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use argon2::Block;
#[cfg(feature = "kernels")]
use doorstep_kernels::argon2::Block as KernelBlock;
use zeroize::Zeroize;

use crate::work::OutOfMemory;

/// Blocks, all zero, of both.
#[derive(Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    #[cfg(feature = "kernels")]
    kernel_blocks: Vec<KernelBlock>,
}

/// Blocks on loan to the `argon2` crate, wiped when given back.
pub(crate) struct Loan<'a>(&'a mut [Block]);

impl Memory {
    pub(super) fn kib(&self) -> u64 {
        let blocks = self.blocks.capacity();
        #[cfg(feature = "kernels")]
        let blocks = blocks + self.kernel_blocks.capacity();
        blocks as u64
    }

    pub(super) fn free(&mut self) {
        *self = Self::default();
    }

    /// Lends `count` blocks to the `argon2` crate.
    pub(crate) fn lend(&mut self, count: usize) -> Result<Loan<'_>, OutOfMemory> {
        if self.blocks.len() < count {
            // The old blocks go first: both at once would be twice the memory.
            self.blocks = Vec::new();
            self.blocks = room_for(count)?;
            self.blocks.resize(count, Block::new());
        }
        Ok(Loan(&mut self.blocks[..count]))
    }

    /// Gives what blocks there are to a kernel's work, in a vector that has room for `count`.
    #[cfg(feature = "kernels")]
    pub(crate) fn take(&mut self, count: usize) -> Result<Vec<KernelBlock>, OutOfMemory> {
        let blocks = core::mem::take(&mut self.kernel_blocks);
        if blocks.capacity() >= count {
            return Ok(blocks);
        }
        drop(blocks);
        room_for(count)
    }

    /// Takes blocks back. Of two it keeps the larger: several works may have been under way at once.
    #[cfg(feature = "kernels")]
    pub(crate) fn give_back(&mut self, blocks: Vec<KernelBlock>) {
        if blocks.capacity() > self.kernel_blocks.capacity() {
            self.kernel_blocks = blocks;
        }
    }
}

fn room_for<T>(count: usize) -> Result<Vec<T>, OutOfMemory> {
    let mut blocks = Vec::new();
    let too_much = OutOfMemory { memory_kib: count as u64 };
    blocks.try_reserve_exact(count).map_err(|_| too_much)?;
    Ok(blocks)
}

impl Deref for Loan<'_> {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        self.0
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut [Block] {
        self.0
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}
