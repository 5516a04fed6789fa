//! H_0 and H', the hashing at both ends, over BLAKE2b. Leaves none of it in memory.

use blake2::Blake2bVarCore;
use blake2::digest::block_api::{UpdateCore, VariableOutputCore};
use blake2::digest::block_buffer::LazyBuffer;
use blake2::digest::consts::U128;
use zeroize::{Zeroize, Zeroizing};

use super::block::{Block, WORDS};
use super::params::Params;

/// What is hashed.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The password, *P*.
    pub password: &'a [u8],
    /// The salt, *S*.
    pub salt: &'a [u8],
    /// The secret, *K*; empty if there is none.
    pub secret: &'a [u8],
    /// The associated data, *X*; empty if there is none.
    pub associated_data: &'a [u8],
}

/// H_0, from which everything follows.
pub(super) struct Seed(Zeroizing<[u8; 64]>);

impl Seed {
    /// RFC 9106 §3.2, step 1. `None` if an input is longer than its length field can say.
    pub(super) fn new(params: &Params, inputs: &Inputs<'_>) -> Option<Self> {
        let mut hasher = Blake2b::new(64);
        for number in [
            params.lanes(),
            params.tag_len(),
            params.memory_kib(),
            params.passes(),
            params.version().number(),
            params.variant().number(),
        ] {
            hasher.update(&number.to_le_bytes());
        }
        for input in [inputs.password, inputs.salt, inputs.secret, inputs.associated_data] {
            hasher.update(&u32::try_from(input.len()).ok()?.to_le_bytes());
            hasher.update(input);
        }
        let mut seed = Self(Zeroizing::new([0; 64]));
        hasher.finish(&mut *seed.0);
        Some(seed)
    }

    /// Writes the block at `index`, 0 or 1, of a lane: RFC 9106 §3.2, steps 3 and 4.
    pub(super) fn block(&self, index: u32, lane: u32, block: &mut Block) {
        let mut bytes = Zeroizing::new([0; 8 * WORDS]);
        hash(&[&*self.0, &index.to_le_bytes(), &lane.to_le_bytes()], &mut *bytes);
        block.read_le_bytes(&bytes);
    }
}

/// The tag from the sum of the last column: RFC 9106 §3.2, step 7.
pub(super) fn tag(sum: &Block, tag: &mut [u8]) {
    let mut bytes = Zeroizing::new([0; 8 * WORDS]);
    sum.write_le_bytes(&mut bytes);
    hash(&[&*bytes], tag);
}

/// H', RFC 9106 §3.3: a hash of as many bytes as `out` has, from 1 to 2^32 - 1.
fn hash(input: &[&[u8]], mut out: &mut [u8]) {
    let mut hasher = Blake2b::new(out.len().min(64));
    hasher.update(&(out.len() as u32).to_le_bytes());
    for part in input {
        hasher.update(part);
    }
    // Hashes of hashes: each gives its first half, and the last one all of itself.
    let mut link = Zeroizing::new([0; 64]);
    while out.len() > 64 {
        hasher.finish(&mut *link);
        let (half, rest) = out.split_at_mut(32);
        half.copy_from_slice(&link[..32]);
        out = rest;
        hasher = Blake2b::new(out.len().min(64));
        hasher.update(&*link);
    }
    hasher.finish(out);
}

/// BLAKE2b with 1 to 64 bytes of output, known when it runs; the crate's own type for it is fixed
/// when it is compiled. Both parts wipe themselves.
struct Blake2b {
    core: Blake2bVarCore,
    buffer: LazyBuffer<U128>,
}

impl Blake2b {
    fn new(output_len: usize) -> Self {
        let core = Blake2bVarCore::new(output_len).expect("BLAKE2b gives 1 to 64 bytes");
        Self { core, buffer: LazyBuffer::default() }
    }

    fn update(&mut self, input: &[u8]) {
        let Self { core, buffer } = self;
        buffer.digest_blocks(input, |blocks| core.update_blocks(blocks));
    }

    /// `out` is as long as the output that was asked for.
    fn finish(mut self, out: &mut [u8]) {
        let mut output = Default::default();
        self.core.finalize_variable_core(&mut self.buffer, &mut output);
        out.copy_from_slice(&output[..out.len()]);
        output.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// The features that make BLAKE2b wipe are Cargo.toml's to keep.
    #[test]
    fn blake2b_wipes_itself() {
        fn wipes<T: ZeroizeOnDrop>() {}
        wipes::<Blake2bVarCore>();
        wipes::<LazyBuffer<U128>>();
    }
}
