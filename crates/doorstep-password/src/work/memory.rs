//! What scrypt and yescrypt share: the memory that they mix, and PBKDF2 before and after.

use alloc::vec::Vec;

use doorstep_kernels::Processor;
use doorstep_kernels::scrypt::{Block, wipe};

use super::hash::HashFunction;
use crate::secret::Secret;
use crate::workspace::Workspace;

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
    pub(super) fn reserve(&mut self, count: Option<usize>) -> Option<()> {
        self.blocks.try_reserve_exact(count?).ok()
    }

    pub(super) fn blocks(&mut self) -> &mut Vec<Block> {
        &mut self.blocks
    }

    /// Wipes so many more blocks, and frees all with the last.
    pub(super) fn wipe(&mut self, count: u64) {
        let rest = &mut self.blocks[self.wiped..];
        let now = count.min(rest.len() as u64) as usize;
        wipe(&mut rest[..now]);
        self.wiped += now;
        if self.is_wiped() {
            *self = Self::default();
        }
    }

    pub(super) fn is_wiped(&self) -> bool {
        self.wiped == self.blocks.len()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        wipe(&mut self.blocks[self.wiped..]);
    }
}

/// So many bytes of zeros, to be B; `None` if there is no memory for them.
pub(super) fn zeros(len: Option<usize>) -> Option<Secret> {
    let len = len?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).ok()?;
    bytes.resize(len, 0);
    Some(Secret::from(bytes))
}

/// The processor that the workspace computes with, if it has kernels; or what every one is.
pub(super) fn processor(workspace: &Workspace) -> Processor {
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
