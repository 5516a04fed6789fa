//! What SASLprep and OpaqueString share: tables of code points, and text that leaves no copies behind.

use alloc::vec::Vec;

use crate::secret::Secret;

/// From the first code point to the last.
pub(crate) type Range = (u32, u32);

/// Whether `table`, whose ranges are in order, holds the character.
pub(crate) fn is_in(table: &[Range], character: char) -> bool {
    let point = u32::from(character);
    let next = table.partition_point(|&(first, _)| first <= point);
    next.checked_sub(1).is_some_and(|at| point <= table[at].1)
}

/// The characters in UTF-8. They are made twice, so that the buffer need not grow.
pub(crate) fn encoded<I: Iterator<Item = char>>(characters: impl Fn() -> I) -> Secret {
    let mut bytes = Vec::with_capacity(characters().map(char::len_utf8).sum());
    for character in characters() {
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Secret::from(bytes)
}
