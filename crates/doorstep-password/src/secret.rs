//! A byte string that nobody prints, copies by accident or leaves in memory.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A secret byte string: a password, a key, a token.
///
/// It is held in one heap buffer that never grows, so that no copy is left behind by a
/// reallocation, and that buffer is wiped when the secret is dropped. `Debug` shows nothing of it,
/// not even its length; comparison takes the same time wherever two secrets of one length differ;
/// and there is no `Clone`, so each copy is one that somebody wrote down as such.
///
/// What it cannot do: reach the copies that its maker left elsewhere. A `String` that grew while it
/// was read has left parts of itself in freed memory. Read into a buffer of the right size, and hand
/// that buffer over.
///
/// ```
/// use doorstep_password::Secret;
///
/// let password = Secret::from("correct horse");
/// assert_eq!(password.expose(), b"correct horse");
/// assert_eq!(format!("{password:?}"), "Secret(..)");
/// assert!(password == Secret::from("correct horse"));
/// ```
pub struct Secret(Vec<u8>);

impl Secret {
    /// Copies `bytes` into a buffer of exactly their length. The original is the caller's to wipe.
    pub fn new(bytes: &[u8]) -> Self {
        let mut buffer = Vec::with_capacity(bytes.len());
        buffer.extend_from_slice(bytes);
        Self(buffer)
    }

    /// The bytes themselves. The name is long so that a reader notices each use.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be written in place.
    #[cfg(any(feature = "argon2", feature = "scrypt", feature = "yescrypt"))]
    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes the buffer over, without a copy; all its capacity is wiped in the end.
impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Takes the buffer over, without a copy; all its capacity is wiped in the end.
impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
