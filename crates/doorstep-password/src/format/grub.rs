//! GRUB's `grub.pbkdf2.sha512.N.salt.digest`, as `grub-mkpasswd-pbkdf2` prints it (passlib's
//! `grub_pbkdf2_sha512`).
//!
//! Salt and digest are in hexadecimal, the digest of 64 bytes. GRUB writes upper case and reads both;
//! hashcat writes lower case. Here a string is of one case throughout.

use alloc::string::String;

use super::{Format, pbkdf2};
use crate::encoding::{Case, Cursor, blank};
use crate::stored::{MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads `grub.pbkdf2.sha512.`, and writes none.
///
/// ```
/// use doorstep_password::{Argon2, Grub, Hashers};
///
/// let hashers = Hashers::new(Argon2::default()).accept(Grub);
/// let row = "grub.pbkdf2.sha512.10000.BCAC1CEC5E4341C8C511C5297FA877BE91C2817B32A35A3ECF5CA6B8B257F751.\
///            6968526A2A5B1AEEE0A29A9E057336B48D388FFB3F600233237223C2104DE175\
///            2CEC35B0DD1ED49563398A282C0F471099C2803FBA47C7919CABC43192C68F60";
/// assert_eq!(hashers.inspect(row)?.name(), "grub_pbkdf2_sha512");
/// # Ok::<(), doorstep_password::Refused>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grub;

impl Format for Grub {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("grub.pbkdf2.")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        cursor.expect("grub.pbkdf2.sha512.")?;
        let rounds = cursor.decimal()?;
        let rounds_end = cursor.error(MalformedKind::Range);
        cursor.expect(".")?;
        let has_lower = cursor.rest().bytes().any(|byte| byte.is_ascii_lowercase());
        let case = if has_lower { Case::Lower } else { Case::Upper };
        let salt = cursor.hex(&['.'], case)?;
        if salt.is_empty() {
            return Err(cursor.error(MalformedKind::Length).into());
        }
        cursor.expect(".")?;
        let digest = cursor.hex(&['.'], case)?;
        cursor.expect_len(&digest, Prf::Sha512.output_len())?;
        cursor.end()?;
        let rounds = (Prf::Sha512, rounds, rounds_end);
        pbkdf2::imported("grub_pbkdf2_sha512", rounds, &salt, &digest)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '.', blank::HEX)
    }
}
