//! MD5, SHA-1, SHA-256 and SHA-512 as compression functions over prepared blocks.

use zeroize::Zeroize;

/// A hash of the SHA family at the level of its blocks (FIPS 180-4 §5 and §6), or MD5 (RFC 1321 §3),
/// which differs in the order of bytes.
pub(crate) trait Sha: Sized {
    /// The chaining value.
    type State: Copy + Zeroize + Send + Sync;
    /// One message block.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]> + Zeroize + Send + Sync;

    /// FIPS 180-4 §5.3.
    const IV: Self::State;
    /// A block of zeros.
    const ZERO: Self::Block;
    /// Bytes of a block.
    const BLOCK_LEN: usize;
    /// Bytes of a digest.
    const DIGEST_LEN: usize;
    /// Bytes that hold the message length at the end of the padding.
    const LENGTH_LEN: usize;

    fn compress(state: &mut Self::State, blocks: &[Self::Block]);

    /// A message's length in bits, as its padding ends with it.
    fn length(bits: u64) -> [u8; 8];

    /// Adds the words of one chaining value to another, modulo 2.
    fn xor(into: &mut Self::State, other: &Self::State);

    /// Writes the chaining value as a digest into the first `DIGEST_LEN` bytes.
    fn write_digest(state: &Self::State, out: &mut [u8]);

    /// The chaining value that `write_digest` has written.
    #[cfg(feature = "kernels")]
    fn read_digest(digest: &[u8]) -> Self::State;
}

/// SHA-256 and SHA-512, whose chaining value is a digest of eight words.
#[cfg(feature = "kernels")]
pub(crate) trait Sha2: Sha<State = [Self::Word; 8]> {
    /// What the kernels compute in.
    type Word: doorstep_kernels::pbkdf2::Kernels + doorstep_kernels::sha_crypt::Kernels;
}

#[cfg(feature = "kernels")]
impl Sha2 for Sha256 {
    type Word = u32;
}

#[cfg(feature = "kernels")]
impl Sha2 for Sha512 {
    type Word = u64;
}

#[cfg(not(feature = "kernels"))]
pub(crate) trait Sha2: Sha {}

#[cfg(not(feature = "kernels"))]
impl Sha2 for Sha256 {}

#[cfg(not(feature = "kernels"))]
impl Sha2 for Sha512 {}

macro_rules! sha {
    ($name:ident, $word:ty, $words:literal, $block:literal, $length:literal, $to_bytes:ident,
     $from_bytes:ident, $compress:path, $iv:expr) => {
        pub(crate) struct $name;

        impl Sha for $name {
            type State = [$word; $words];
            type Block = [u8; $block];

            const IV: Self::State = $iv;
            const ZERO: Self::Block = [0; $block];
            const BLOCK_LEN: usize = $block;
            const DIGEST_LEN: usize = $words * size_of::<$word>();
            const LENGTH_LEN: usize = $length;

            #[inline]
            fn compress(state: &mut Self::State, blocks: &[Self::Block]) {
                $compress(state, blocks);
            }

            #[inline]
            fn length(bits: u64) -> [u8; 8] {
                bits.$to_bytes()
            }

            #[inline]
            fn xor(into: &mut Self::State, other: &Self::State) {
                into.iter_mut().zip(other).for_each(|(into, other)| *into ^= other);
            }

            #[inline]
            fn write_digest(state: &Self::State, out: &mut [u8]) {
                for (bytes, word) in out.chunks_exact_mut(size_of::<$word>()).zip(state) {
                    bytes.copy_from_slice(&word.$to_bytes());
                }
            }

            #[cfg(feature = "kernels")]
            fn read_digest(digest: &[u8]) -> Self::State {
                let mut state = Self::IV;
                let (words, _) = digest.as_chunks();
                for (word, bytes) in state.iter_mut().zip(words) {
                    *word = <$word>::$from_bytes(*bytes);
                }
                state
            }
        }
    };
}

#[cfg(feature = "md5-crypt")]
sha!(
    Md5,
    u32,
    4,
    64,
    8,
    to_le_bytes,
    from_le_bytes,
    md5::block_api::compress,
    [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
);

#[cfg(feature = "pbkdf2")]
sha!(
    Sha1,
    u32,
    5,
    64,
    8,
    to_be_bytes,
    from_be_bytes,
    sha1::block_api::compress,
    [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,]
);

sha!(
    Sha256,
    u32,
    8,
    64,
    8,
    to_be_bytes,
    from_be_bytes,
    sha2::block_api::compress256,
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ]
);

sha!(
    Sha512,
    u64,
    8,
    128,
    16,
    to_be_bytes,
    from_be_bytes,
    sha2::block_api::compress512,
    [
        0x6a09e667f3bcc908,
        0xbb67ae8584caa73b,
        0x3c6ef372fe94f82b,
        0xa54ff53a5f1d36f1,
        0x510e527fade682d1,
        0x9b05688c2b3e6c1f,
        0x1f83d9abfb41bd6b,
        0x5be0cd19137e2179,
    ]
);

/// How many blocks a message of `len` bytes fills, its padding included (FIPS 180-4 §5.1).
pub(crate) const fn padded_blocks<H: Sha>(len: usize) -> usize {
    (len + 1 + H::LENGTH_LEN).div_ceil(H::BLOCK_LEN)
}

/// Lays `parts` out as padded blocks of a message that `before` bytes, whole blocks, precede.
pub(crate) fn pad<H: Sha>(before: usize, parts: &[&[u8]]) -> alloc::vec::Vec<H::Block> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut blocks = alloc::vec![H::ZERO; padded_blocks::<H>(len)];
    for (at, &byte) in parts.iter().copied().flatten().chain(&[0x80]).enumerate() {
        blocks[at / H::BLOCK_LEN].as_mut()[at % H::BLOCK_LEN] = byte;
    }
    if let Some(last) = blocks.last_mut() {
        let bits = 8 * (before + len) as u64;
        last.as_mut()[H::BLOCK_LEN - 8..].copy_from_slice(&H::length(bits));
    }
    blocks
}
