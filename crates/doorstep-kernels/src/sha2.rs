//! SHA-256 and SHA-512 (FIPS 180-4) as compression functions, of blocks and of vectors of words. It
//! pads nothing and knows no message.

#[cfg(target_arch = "x86_64")]
pub(crate) mod alone;
#[cfg(target_arch = "x86_64")]
mod compress;
mod constants;
#[cfg(target_arch = "x86_64")]
pub(crate) mod ni;
#[cfg(target_arch = "x86_64")]
mod vector;

use zeroize::Zeroize;

use crate::Processor;

#[cfg(target_arch = "x86_64")]
pub(crate) use compress::compress;
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::Vector;

/// The word of a hash, and what SHA-256, whose word is `u32`, and SHA-512, whose word is `u64`, differ
/// in.
pub trait Word: Copy + Default + Send + Sync + Zeroize + 'static {
    /// A message block.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]> + Send + Sync + Zeroize;

    /// A block of zeros.
    const ZERO: Self::Block;
    /// The initial hash value (FIPS 180-4 §5.3).
    const IV: [Self; 8];
    /// The constants of the rounds (§4.2), sixteen in a row.
    const K: &'static [[Self; 16]];
    /// The rotations in Σ0 and Σ1 (§4.1).
    const BIG_SIGMA: [[u32; 3]; 2];
    /// The two rotations in σ0 and σ1, and the shift.
    const SMALL_SIGMA: [[u32; 3]; 2];
    /// What follows a message that ends with a word (§5.1).
    const PADDING: Self;
    /// All bits set.
    const ONES: Self;
    /// Bytes of a word.
    const LEN: usize = size_of::<Self>();

    /// A word that holds the length of a message at its end.
    fn from_u32(bits: u32) -> Self;
    /// A word of a message, which is big-endian.
    fn read(bytes: &[u8]) -> Self;
    /// A word of a digest.
    fn write(self, bytes: &mut [u8]);
    fn xor(self, other: Self) -> Self;
    /// What of the word fits behind `bits` bits, fewer than it has, and the bits that do not, in front
    /// of the next.
    fn split(self, bits: u32) -> (Self, Self);

    /// `state` after the blocks, by the crate `sha2`.
    fn compress(state: &mut [Self; 8], blocks: &[Self::Block]);
    /// `state` after the blocks, by whatever is fastest here.
    fn compress_alone(processor: Processor, state: &mut [Self; 8], blocks: &[Self::Block]);
}

/// Writes words over the bytes in front.
#[inline]
pub(crate) fn write<W: Word>(words: &[W], bytes: &mut [u8]) {
    for (word, bytes) in words.iter().zip(bytes.chunks_exact_mut(W::LEN)) {
        word.write(bytes);
    }
}

/// Sixteen calls, laid out in place: where every index is known, `w` stays in registers.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn each_of_sixteen(mut f: impl FnMut(usize)) {
    macro_rules! calls {
        ($($i:literal)*) => {$( f($i); )*};
    }
    calls!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
}
