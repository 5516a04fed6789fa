//! The parameters, and what they make of the memory.

/// Which Argon2 (RFC 9106 §1): how the reference blocks are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variant {
    /// By the data.
    D,
    /// Independently of the data.
    I,
    /// Independently in the first half of the first pass, then by the data.
    Id,
}

/// Which version: it says what later passes do with the block that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 1.0: they overwrite it.
    V0x10,
    /// 1.3, that of RFC 9106: they xor it.
    V0x13,
}

/// Parameters in the ranges of RFC 9106 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Params {
    variant: Variant,
    version: Version,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    tag_len: u32,
}

/// Segments of a lane, and so of a pass: lanes see each other's blocks only across their borders.
pub(super) const SLICES: u32 = 4;

impl Params {
    /// `memory_kib` is *m*, in KiB, at least 8 × `lanes`; `passes` is *t*, from 1; `lanes` is *p*,
    /// from 1 to 2^24 - 1; `tag_len` is *T*, in bytes, from 4. `None` if one is out of its range.
    pub const fn new(
        variant: Variant,
        version: Version,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
        tag_len: u32,
    ) -> Option<Self> {
        let lanes_fit = lanes >= 1 && lanes < 1 << 24 && memory_kib / 8 >= lanes;
        if !lanes_fit || passes == 0 || tag_len < 4 {
            return None;
        }
        Some(Self { variant, version, memory_kib, passes, lanes, tag_len })
    }

    /// The variant, *y*.
    pub const fn variant(&self) -> Variant {
        self.variant
    }

    /// The version, *v*.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The memory as it was asked for, *m*, in KiB. It is hashed as such.
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory, *t*.
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes, *p*.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// The length of the tag in bytes, *T*.
    pub const fn tag_len(&self) -> u32 {
        self.tag_len
    }

    /// How many blocks the memory has, *m'*: `memory_kib`, less what the lanes cannot share evenly.
    pub const fn blocks(&self) -> usize {
        (self.lane_len() * self.lanes) as usize
    }

    /// Blocks of a lane, *q*.
    pub(super) const fn lane_len(&self) -> u32 {
        SLICES * self.segment_len()
    }

    /// Blocks of a segment, at least 2.
    pub(super) const fn segment_len(&self) -> u32 {
        self.memory_kib / (SLICES * self.lanes)
    }
}

impl Variant {
    /// The number that is hashed, *y*.
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::D => 0,
            Self::I => 1,
            Self::Id => 2,
        }
    }
}

impl Version {
    /// The number that is hashed, *v*.
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::V0x10 => 0x10,
            Self::V0x13 => 0x13,
        }
    }
}
