//! The compression function G (RFC 9106 §3.5) as each kernel computes it, and P (§3.6), which they
//! share.

use super::block::Block;

/// A way to compute G.
pub(super) trait Kernel: Copy {
    /// A block in this kernel's registers, so far as they hold it.
    type Loaded: Copy;

    fn load(self, block: &Block) -> Self::Loaded;

    /// The first word, from which a data-dependent reference is chosen.
    fn first(self, block: &Self::Loaded) -> u64;

    /// G(`previous`, `reference`) into `current`, xored to what is there if `XOR`; and the same
    /// again, as the `previous` of the next block.
    fn compress<const XOR: bool>(
        self,
        previous: Self::Loaded,
        reference: &Block,
        current: &mut Block,
    ) -> Self::Loaded;
}

/// One or more words side by side.
pub(super) trait Words: Copy {
    fn xor(self, other: Self) -> Self;

    /// BlaMka's addition: x + y + 2 · (x mod 2^32) · (y mod 2^32).
    fn add(self, other: Self) -> Self;

    fn rotate_right<const BITS: u32>(self) -> Self;
}

/// GB, on columns or diagonals of the matrix that P works on.
#[inline(always)]
pub(super) fn mix<W: Words>([mut a, mut b, mut c, mut d]: [W; 4]) -> [W; 4] {
    a = a.add(b);
    d = d.xor(a).rotate_right::<32>();
    c = c.add(d);
    b = b.xor(c).rotate_right::<24>();

    a = a.add(b);
    d = d.xor(a).rotate_right::<16>();
    c = c.add(d);
    b = b.xor(c).rotate_right::<63>();
    [a, b, c, d]
}
