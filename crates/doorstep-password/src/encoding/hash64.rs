//! The characters of crypt(3): `./0-9A-Za-z`, six bits each, the lowest first.
//!
//! Three bytes are four characters, of which the first has the lowest bits of the first byte.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::stored::MalformedKind;

/// Whether all of `text` is of the alphabet.
pub(crate) fn is_hash64(text: &str) -> bool {
    text.bytes().all(|byte| value(byte).is_some())
}

/// The six bits of a character.
pub(crate) const fn value(character: u8) -> Option<u8> {
    match character {
        b'.' | b'/' | b'0'..=b'9' => Some(character - b'.'),
        b'A'..=b'Z' => Some(character - b'A' + 12),
        b'a'..=b'z' => Some(character - b'a' + 38),
        _ => None,
    }
}

/// A number of up to 5 characters, the lowest first.
pub(crate) fn number(text: &str) -> Option<u32> {
    debug_assert!(text.len() <= 5, "30 bits");
    text.bytes().rev().try_fold(0, |bits, byte| Some(bits << 6 | u32::from(value(byte)?)))
}

/// Exactly `len` bytes, whose unused bits are zero.
pub(crate) fn decode(text: &str, len: usize) -> Result<Zeroizing<Vec<u8>>, MalformedKind> {
    decode_bits(text, 8 * len)
}

/// The same of so many bits: those that are left of the last byte are zero.
pub(crate) fn decode_bits(text: &str, bits: usize) -> Result<Zeroizing<Vec<u8>>, MalformedKind> {
    if text.len() != bits.div_ceil(6) {
        return Err(MalformedKind::Length);
    }
    let mut bytes = Zeroizing::new(vec![0; bits.div_ceil(8)]);
    for (characters, bytes) in text.as_bytes().chunks(4).zip(bytes.chunks_mut(3)) {
        let mut bits = 0u32;
        for &character in characters.iter().rev() {
            bits = bits << 6 | u32::from(value(character).ok_or(MalformedKind::Base64)?);
        }
        for byte in bytes {
            *byte = bits as u8;
            bits >>= 8;
        }
        if bits != 0 {
            return Err(MalformedKind::Base64);
        }
    }
    Ok(bytes)
}

/// The same, with the byte for place `places[n]` of the digest as the `n`th.
///
/// Where a place comes twice, it must be the same byte: one string for each digest.
pub(crate) fn decode_places<const N: usize>(
    text: &str,
    places: &[u8; N],
    len: usize,
) -> Result<Zeroizing<Vec<u8>>, MalformedKind> {
    let stored = decode(text, N)?;
    let mut digest = Zeroizing::new(vec![0; len]);
    for (&byte, &place) in stored.iter().zip(places) {
        digest[usize::from(place)] = byte;
    }
    let same = stored.iter().zip(places).all(|(&byte, &place)| digest[usize::from(place)] == byte);
    if same { Ok(digest) } else { Err(MalformedKind::Base64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_is_its_place_in_the_alphabet() {
        let alphabet = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for byte in 0..=255 {
            let place = alphabet.iter().position(|&known| known == byte);
            assert_eq!(value(byte).map(usize::from), place);
        }
        assert_eq!(number("J9.."), Some(725));
        assert_eq!(number("z!"), None);
    }

    #[test]
    fn unused_bits_are_zero() {
        assert_eq!(decode("z1", 1).as_deref(), Ok(&vec![0xff]));
        assert_eq!(decode("z2", 1).err(), Some(MalformedKind::Base64));
        assert_eq!(decode("z", 1).err(), Some(MalformedKind::Length));
        assert_eq!(decode("zzz0", 3).as_deref(), Ok(&vec![0xff, 0xff, 0x0b]));
    }

    #[test]
    fn a_place_that_comes_twice_is_the_same_byte() {
        assert!(decode_places("z1..", &[0, 1, 2], 3).is_ok());
        assert!(decode_places("z1..", &[0, 1, 0], 2).is_err());
        assert!(decode_places("zzzz", &[0, 1, 0], 2).is_ok());
    }
}
