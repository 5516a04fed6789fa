//! Argon2 over the `argon2` crate: all of it in one piece.

use alloc::vec;

use argon2::{Algorithm, Argon2, Params, Version};

use super::{Argon2Params, Argon2Variant, Argon2Version};
use crate::secret::Secret;
use crate::work::OutOfMemory;
use crate::workspace::Workspace;

pub(super) fn derive(
    params: &Argon2Params,
    password: &[u8],
    salt: &[u8],
    workspace: &mut Workspace,
) -> Result<Secret, OutOfMemory> {
    let too_much = OutOfMemory { memory_kib: u64::from(params.memory_kib) };
    let variant = match params.variant {
        Argon2Variant::Argon2d => Algorithm::Argon2d,
        Argon2Variant::Argon2i => Algorithm::Argon2i,
        Argon2Variant::Argon2id => Algorithm::Argon2id,
    };
    let version = match params.version {
        Argon2Version::V0x10 => Version::V0x10,
        Argon2Version::V0x13 => Version::V0x13,
    };
    let tag_len = params.tag_len;
    // Our ranges are within the crate's, but for a memory that 32-bit targets cannot address.
    let primitive = Params::new(params.memory_kib, params.passes, params.lanes, Some(tag_len))
        .map_err(|_| too_much)?;
    let mut blocks = workspace.argon2().lend(primitive.block_count())?;
    // Owned by a secret before it is written, so that it is wiped on every way out.
    let mut tag = Secret::from(vec![0; tag_len]);
    Argon2::new(variant, version, primitive)
        .hash_password_into_with_memory(password, salt, tag.expose_mut(), &mut *blocks)
        .map_err(|_| too_much)?;
    Ok(tag)
}
