//! NT hashes: MD4 of the password in UTF-16, without salt, as Windows and Samba have them
//! ([MS-NLMP] §3.3.1), and FreeBSD's crypt(3) with `$3$$` in front (`lib/libcrypt/crypt-nthash.c`).
//!
//! 32 hexadecimal digits could be an MD5 as well, so that the bare form is read only where a host
//! accepts [`NtHash::BARE`]. Digits are lower case: upper case would be another string for each value.
//!
//! FreeBSD widens bytes where Windows decodes UTF-8. Passwords that are not UTF-8 never verify.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{Case, Cursor, blank};
use crate::stored::{Refused, StoredHash};
use crate::work::digest::{Digested, Function, Order};
use crate::work::{Algorithm, Derivation, PasswordStep};

/// Reads `$3$$` and 32 digits; or, as [`BARE`](Self::BARE), the digits alone.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, NtHash, Secret, Verdict};
///
/// // From hashcat's module 1000. Nothing tells it from an MD5, so that the host says what it is.
/// let stored = "b4b9b02e6f09a9bd760f388b67351e2b";
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(NtHash::default());
/// assert!(hashers.inspect(stored).is_err());
/// let hashers = hashers.accept(NtHash::BARE);
/// assert_eq!(hashers.verify(Secret::from("hashcat"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NtHash {
    bare: bool,
}

impl NtHash {
    /// Whatever is 32 hexadecimal digits.
    pub const BARE: Self = Self { bare: true };
}

impl Format for NtHash {
    fn claims(&self, stored: &str) -> bool {
        if self.bare {
            stored.len() == 32 && stored.bytes().all(|byte| byte.is_ascii_hexdigit())
        } else {
            stored.starts_with("$3$")
        }
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let name = if self.bare {
            "nthash"
        } else {
            cursor.expect("$3$$")?;
            "bsd_nthash"
        };
        let digest = cursor.hex(&[], Case::Lower)?;
        cursor.expect_len(&digest, Function::Md4.output_len())?;
        let digested = Digested::once(Function::Md4, Order::PasswordSalt);
        let derivation = Derivation::new(Algorithm::Other(Arc::new(digested)), &[])
            .prepared_by(PasswordStep::Utf16Le);
        Ok(StoredHash::new(name, derivation, &digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        let digest_len = self.parse(stored).ok()?.digest().len();
        blank::tail(stored, 2 * digest_len, blank::HEX)
    }

    fn takes(&self, password: &[u8]) -> bool {
        !password.contains(&0) && core::str::from_utf8(password).is_ok()
    }
}
