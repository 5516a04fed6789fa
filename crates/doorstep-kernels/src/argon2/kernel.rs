//! The compression function G (RFC 9106 §3.5) as each kernel computes it, and P (§3.6), which they
//! share.

use super::block::Block;

/// A way to compute G.
pub(super) trait Kernel: Copy {
    /// G(`previous`, `reference`) into `current`, xored to what is there if `XOR`.
    fn compress<const XOR: bool>(self, previous: &Block, reference: &Block, current: &mut Block);
}

/// The arithmetic of P, on one word or on several side by side.
pub(super) trait Arithmetic: Copy {
    type Words: Copy;

    fn xor(self, x: Self::Words, y: Self::Words) -> Self::Words;

    /// BlaMka's addition: x + y + 2 · (x mod 2^32) · (y mod 2^32).
    fn add(self, x: Self::Words, y: Self::Words) -> Self::Words;

    fn rotate_right<const BITS: u32>(self, x: Self::Words) -> Self::Words;
}

/// GB on `N` vectors of each quarter of a matrix, or of several matrices. They are written to be
/// computed in step: a processor sees too little ahead to find by itself what does not depend on
/// what.
#[inline(always)]
pub(super) fn mix<A: Arithmetic, const N: usize>(
    on: A,
    [mut a, mut b, mut c, mut d]: [[A::Words; N]; 4],
) -> [[A::Words; N]; 4] {
    half::<A, N, 32, 24>(on, &mut a, &mut b, &mut c, &mut d);
    half::<A, N, 16, 63>(on, &mut a, &mut b, &mut c, &mut d);
    [a, b, c, d]
}

#[inline(always)]
fn half<A: Arithmetic, const N: usize, const D: u32, const B: u32>(
    on: A,
    a: &mut [A::Words; N],
    b: &mut [A::Words; N],
    c: &mut [A::Words; N],
    d: &mut [A::Words; N],
) {
    for i in 0..N {
        a[i] = on.add(a[i], b[i]);
    }
    for i in 0..N {
        d[i] = on.rotate_right::<D>(on.xor(d[i], a[i]));
    }
    for i in 0..N {
        c[i] = on.add(c[i], d[i]);
    }
    for i in 0..N {
        b[i] = on.rotate_right::<B>(on.xor(b[i], c[i]));
    }
}

/// Rows of what were columns. Vectors are renamed by it, not moved.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn transpose<T: Copy>([a, b, c, d]: [[T; 4]; 4]) -> [[T; 4]; 4] {
    let column = |i: usize| [a[i], b[i], c[i], d[i]];
    [column(0), column(1), column(2), column(3)]
}
