//! Which kernel serves which processor, and how many a batch goes on with at once: the only place
//! that knows. Computes nothing.
//!
//! The widths are measured: a kernel is taken where its lanes gain by it, full or not.

#[cfg(target_arch = "x86_64")]
use fearless_simd::{Avx2, Avx512};

use crate::Processor;
use crate::processor::Vectors;

/// By which instructions. Not every algorithm has a kernel for each.
#[derive(Clone, Copy)]
pub enum Kernel {
    /// Those for words; the crate `sha2` finds the processor's own for SHA-256 by itself.
    Words,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// In vectors half as wide as the widest, which some processors have more units for.
    #[cfg(target_arch = "x86_64")]
    Avx512Half(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// How some go on.
#[derive(Clone, Copy)]
pub struct Choice {
    pub(crate) kernel: Kernel,
    /// How many at once, at most.
    pub(crate) width: usize,
}

/// Argon2 goes on alone: the matrices of two do not fit the cache.
pub(crate) const fn argon2(processor: Processor) -> Kernel {
    widest(processor)
}

/// How many run side by side, of so many that are still to do.
///
/// If a round of one alone takes 100, a round of 2 to 8 side by side takes 116, 124, 133, 144, 160,
/// 179 and 205 (x86-64 with 48 KiB of first cache; nine lanes fall out of it). So 9 do better as 5
/// and 4 than as 8 and 1, and of many, 7 at a time do best.
pub(crate) const fn bcrypt(waiting: usize) -> usize {
    const WIDTHS: [usize; 17] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 5, 5, 6, 6, 7, 7, 8, 8];
    if waiting < WIDTHS.len() { WIDTHS[waiting] } else { 7 }
}

/// No other algorithm of SHA-2 takes more at once.
pub(crate) const MOST: usize = 16;

pub(crate) fn pbkdf2_sha256(processor: Processor, waiting: usize) -> Choice {
    match (processor.vectors(), waiting) {
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 10..) => take(16, Kernel::Avx512(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 7..) => take(8, Kernel::Avx512Half(token)),
        // In turn, by the instructions for SHA-256, which every such processor has.
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), _) => take(2, Kernel::Avx512(token)),
        // Slower than the instructions for SHA-256, where those are.
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx2(token), 4..) if !has_sha() => take(8, Kernel::Avx2(token)),
        _ => take(2, Kernel::Words),
    }
}

pub(crate) fn pbkdf2_sha512(processor: Processor, waiting: usize) -> Choice {
    match (processor.vectors(), waiting) {
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 5..) => take(8, Kernel::Avx512(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 2..) => take(4, Kernel::Avx512Half(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx2(token), 3..) => take(4, Kernel::Avx2(token)),
        _ => take(1, widest(processor)),
    }
}

pub(crate) fn sha256_crypt(processor: Processor, waiting: usize) -> Choice {
    match (processor.vectors(), waiting) {
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 10..) => take(16, Kernel::Avx512(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 5..) => take(8, Kernel::Avx512Half(token)),
        _ => take(1, Kernel::Words),
    }
}

pub(crate) fn sha512_crypt(processor: Processor, waiting: usize) -> Choice {
    match (processor.vectors(), waiting) {
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 5..) => take(8, Kernel::Avx512(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx512(token), 2..) => take(4, Kernel::Avx512Half(token)),
        #[cfg(target_arch = "x86_64")]
        (Vectors::Avx2(token), 3..) => take(4, Kernel::Avx2(token)),
        _ => take(1, sha512(processor)),
    }
}

/// One message of SHA-512.
pub(crate) const fn sha512(processor: Processor) -> Kernel {
    widest(processor)
}

const fn take(width: usize, kernel: Kernel) -> Choice {
    Choice { kernel, width }
}

const fn widest(processor: Processor) -> Kernel {
    match processor.vectors() {
        Vectors::None => Kernel::Words,
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx2(token) => Kernel::Avx2(token),
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512(token) => Kernel::Avx512(token),
    }
}

/// Whether the crate `sha2` has the processor's own instructions for SHA-256.
#[cfg(target_arch = "x86_64")]
fn has_sha() -> bool {
    #[cfg(feature = "std")]
    return std::is_x86_feature_detected!("sha");
    #[cfg(not(feature = "std"))]
    return cfg!(target_feature = "sha");
}
