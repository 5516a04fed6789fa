//! ASP.NET Identity's password hashes (dotnet/aspnetcore, `Extensions.Core/src/PasswordHasher.cs`):
//! base64 without a prefix.
//!
//! - V2: 0x00, 16 bytes of salt, 32 of key: PBKDF2-HMAC-SHA1 with 1000 iterations;
//! - V3: 0x01, then big-endian in 4 bytes each the PRF (0 SHA-1, 1 SHA-256, 2 SHA-512), the iterations
//!   and the length of the salt; then the salt, and the key up to the end. Both are of 16 bytes or more.

use alloc::string::String;

use super::{Format, pbkdf2};
use crate::encoding::{Cursor, PADDED, blank};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::pbkdf2::Prf;

/// Reads ASP.NET Identity's V2 and V3, and writes none.
///
/// Their strings have no prefix: whoever accepts this format says that what looks like base64 and
/// begins with a zero or a one is of ASP.NET. No list of formats has it.
///
/// ```
/// use doorstep_password::{Argon2, AspNet, Hashers, Secret, Verdict};
///
/// let hashers = Hashers::new(Argon2::default()).accept(AspNet);
/// let row = "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==";
/// assert_eq!(hashers.verify(Secret::from("my password"), row)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AspNet;

impl AspNet {
    const SALT_LEN: usize = 16;
    const V2_KEY_LEN: usize = 32;
}

impl Format for AspNet {
    fn claims(&self, stored: &str) -> bool {
        // The first byte is 0 or 1.
        let mut bytes = stored.bytes();
        bytes.next() == Some(b'A')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let rounds_end = cursor.error(MalformedKind::Range);
        let bytes = cursor.base64(&PADDED)?;
        cursor.end()?;
        let error = |kind| Refused::from(Malformed { at: stored.len(), kind });
        let (marker, rest) = bytes.split_first().ok_or(error(MalformedKind::Length))?;
        match marker {
            0 => {
                if rest.len() != Self::SALT_LEN + Self::V2_KEY_LEN {
                    return Err(error(MalformedKind::Length));
                }
                let (salt, key) = rest.split_at(Self::SALT_LEN);
                pbkdf2::imported("aspnet_v2", (Prf::Sha1, 1000, rounds_end), salt, key)
            }
            1 => {
                let (numbers, rest) =
                    rest.split_at_checked(12).ok_or(error(MalformedKind::Length))?;
                let (numbers, _) = numbers.as_chunks();
                let [prf, rounds, salt_len] = [0, 1, 2].map(|at| u32::from_be_bytes(numbers[at]));
                let prf = match prf {
                    0 => Prf::Sha1,
                    1 => Prf::Sha256,
                    2 => Prf::Sha512,
                    _ => return Err(error(MalformedKind::Range)),
                };
                let (salt, key) =
                    rest.split_at_checked(salt_len as usize).ok_or(error(MalformedKind::Length))?;
                if salt.len() < Self::SALT_LEN || key.len() < 16 {
                    return Err(error(MalformedKind::Length));
                }
                pbkdf2::imported("aspnet_v3", (prf, rounds, rounds_end), salt, key)
            }
            _ => Err(error(MalformedKind::Range)),
        }
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        blank::blob(stored, 0, &PADDED, |len| len - digest_len..len)
    }
}
