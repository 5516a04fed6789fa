//! SHA-256 and SHA-512 (FIPS 180-4) as compression functions of one block, for words and for
//! vectors of words. It pads nothing and knows no message.

mod compress;
mod constants;
mod vector;

use zeroize::Zeroize;

pub(crate) use compress::compress;
pub(crate) use vector::Vector;

/// The word of a hash: SHA-256's is `u32`, SHA-512's `u64`.
pub trait Word: Constants + Copy + Default + Send + Sync + Zeroize {}

impl Word for u32 {}
impl Word for u64 {}

/// What SHA-256 and SHA-512 differ in. No other type can have it, and so be a [`Word`].
pub trait Constants: Sized + 'static {
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
    /// Bits of a word.
    const BITS: u32;

    /// A word of the length at the end of a padded message.
    fn from_u32(bits: u32) -> Self;
}
