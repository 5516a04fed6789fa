//! Argon2 (RFC 9106) in the workspace's memory: in slices by the kernels, whole by the `argon2` crate.

#[cfg(feature = "kernels")]
mod sliced;
mod whole;

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::goal::OutOfMemory;
use super::parameters::InvalidParameters;
use super::price::StepTime;
use crate::secret::Secret;
use crate::workspace::Workspace;

/// One block of 1 KiB in one pass.
const BLOCK: StepTime = StepTime(200);

/// Which Argon2 (RFC 9106 §1): how the reference blocks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Argon2Variant {
    /// By the data: fastest to fill, open to side channels.
    Argon2d,
    /// Independently of the data.
    Argon2i,
    /// Independently for the first half of the first pass, then by the data: the one to write.
    Argon2id,
}

/// Which version of Argon2: it says whether later passes overwrite or xor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Argon2Version {
    /// 1.0, `v=16`, and a PHC string without `v=`.
    V0x10,
    /// 1.3, `v=19`, that of RFC 9106.
    V0x13,
}

/// Argon2's parameters, in the ranges of RFC 9106 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    /// The variant.
    pub variant: Argon2Variant,
    /// The version.
    pub version: Argon2Version,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    tag_len: usize,
}

impl Argon2Params {
    /// Argon2id, version 1.3, with `memory_kib` (*m*, in KiB, at least 8 × `lanes`), `passes` (*t*,
    /// from 1), `lanes` (*p*, from 1 to 2^24 - 1) and a tag of `tag_len` bytes (from 4 to 1024).
    ///
    /// # Errors
    /// [`InvalidParameters`] if one is out of its range.
    pub const fn new(
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        tag_len: usize,
    ) -> Result<Self, InvalidParameters> {
        let lanes_fit = lanes >= 1 && lanes < 1 << 24 && memory_kib / 8 >= lanes;
        if !lanes_fit || passes == 0 || tag_len < 4 || tag_len > 1024 {
            return Err(InvalidParameters);
        }
        Ok(Self {
            variant: Argon2Variant::Argon2id,
            version: Argon2Version::V0x13,
            memory_kib,
            passes,
            lanes,
            tag_len,
        })
    }

    /// Memory *m*, in KiB.
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory, *t*.
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes, the degree of parallelism *p*. It is part of the hash, whether or not they run at once.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// The length of the tag, in bytes.
    pub const fn tag_len(&self) -> usize {
        self.tag_len
    }

    pub(crate) fn list(&self) -> Vec<(&'static str, String)> {
        let variant = match self.variant {
            Argon2Variant::Argon2d => "d",
            Argon2Variant::Argon2i => "i",
            Argon2Variant::Argon2id => "id",
        };
        let version = match self.version {
            Argon2Version::V0x10 => "16",
            Argon2Version::V0x13 => "19",
        };
        vec![
            ("variant", variant.to_string()),
            ("v", version.to_string()),
            ("m", self.memory_kib.to_string()),
            ("t", self.passes.to_string()),
            ("p", self.lanes.to_string()),
        ]
    }

    pub(crate) const fn units(&self) -> u64 {
        BLOCK.units((self.memory_kib as u64).saturating_mul(self.passes as u64))
    }
}

/// Argon2 under way, by whom it was begun.
pub(crate) enum State {
    /// Computed by the `argon2` crate, which cannot do a part of it.
    Whole(Box<Secret>),
    #[cfg(feature = "kernels")]
    Sliced(Box<sliced::Filling>),
}

impl State {
    pub(crate) fn begin(
        params: &Argon2Params,
        password: &[u8],
        salt: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Self, OutOfMemory> {
        #[cfg(feature = "kernels")]
        if workspace.processor().is_some() {
            let filling = sliced::Filling::begin(params, salt, workspace)?;
            return Ok(State::Sliced(Box::new(filling)));
        }
        whole::derive(params, password, salt, workspace).map(|tag| State::Whole(Box::new(tag)))
    }

    pub(crate) fn remaining(&self) -> u64 {
        match self {
            State::Whole(_) => 0,
            #[cfg(feature = "kernels")]
            State::Sliced(filling) => filling.remaining(),
        }
    }

    /// Whether that was the last of it.
    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(crate) fn advance(
        &mut self,
        units: u64,
        password: &[u8],
        workspace: &Workspace,
    ) -> Result<bool, OutOfMemory> {
        match self {
            State::Whole(_) => Ok(true),
            #[cfg(feature = "kernels")]
            State::Sliced(filling) => filling.advance(units, password, workspace),
        }
    }

    #[cfg_attr(not(feature = "kernels"), expect(unused_variables))]
    pub(crate) fn finish(self, workspace: &mut Workspace) -> Secret {
        match self {
            State::Whole(tag) => *tag,
            #[cfg(feature = "kernels")]
            State::Sliced(mut filling) => filling.finish(workspace),
        }
    }
}
