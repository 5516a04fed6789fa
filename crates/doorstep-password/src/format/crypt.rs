//! Whatever crypt(3) writes, where another format holds it: told by its prefix, read by its format.

use alloc::string::String;

use super::Format;
use crate::stored::{Refused, StoredHash};

/// Those that are built in, the bare one last.
fn formats() -> impl Iterator<Item = &'static dyn Format> {
    const FORMATS: &[&dyn Format] = &[
        #[cfg(feature = "bcrypt")]
        &super::bcrypt::Bcrypt::DEFAULT,
        #[cfg(feature = "sha-crypt")]
        &super::sha_crypt::ShaCrypt::SHA512,
        #[cfg(feature = "md5-crypt")]
        &super::md5_crypt::Md5Crypt,
        #[cfg(feature = "sha1-crypt")]
        &super::sha1_crypt::Sha1Crypt,
        #[cfg(feature = "sun-md5")]
        &super::sun_md5::SunMd5,
        #[cfg(feature = "scrypt")]
        &super::scrypt::Scrypt,
        #[cfg(feature = "yescrypt")]
        &super::yescrypt::Yescrypt,
        #[cfg(feature = "des-crypt")]
        &super::des_crypt::BsdiCrypt,
        #[cfg(feature = "des-crypt")]
        &super::des_crypt::DesCrypt,
    ];
    FORMATS.iter().copied()
}

/// Reads one of crypt(3)'s strings.
///
/// # Errors
/// [`Refused::UnknownFormat`] if none of those that are built in claims it.
pub(crate) fn parse(stored: &str) -> Result<StoredHash, Refused> {
    format_of(stored).ok_or(Refused::UnknownFormat)?.parse(stored)
}

/// The same with a digest of zeros.
pub(crate) fn blank(stored: &str) -> Option<String> {
    format_of(stored)?.blank(stored)
}

fn format_of(stored: &str) -> Option<&'static dyn Format> {
    // scrypt has two more forms, of which crypt(3) knows nothing.
    if stored.starts_with("$scrypt$") || stored.starts_with("SCRYPT:") {
        return None;
    }
    formats().find(|format| format.claims(stored))
}
