//! yescrypt, `$y$`, which most Linux distributions have in `/etc/shadow`, and gost-yescrypt, `$gy$`
//! (openwall's yescrypt 1.1, `yescrypt-common.c`; libxcrypt, `crypt-gost-yescrypt.c`).
//!
//! Numbers are written in one character or more, the lowest in one. Read is what crypt(3) writes:
//! yescrypt's own mode, N and r. The optional p, t, g and NROM are refused as not supported.

use alloc::string::String;
use alloc::sync::Arc;

use super::Format;
use crate::encoding::{Cursor, blank, hash64};
use crate::stored::{Malformed, MalformedKind, Refused, StoredHash};
use crate::work::yescrypt::{KEY_LEN, YescryptParams};
use crate::work::{Algorithm, Derivation, InvalidParameters};

/// Reads `$y$` and `$gy$`.
///
/// ```
/// use doorstep_password::{Bcrypt, Hashers, Secret, Verdict, Yescrypt};
///
/// let hashers = Hashers::new(Bcrypt::new(5)?).accept(Yescrypt);
/// // From libxcrypt's tests.
/// let stored = "$y$j85$.......$U3/SnDOqn1VP6YIo4SwaJ0Uy7w4WKrMQoUZZ2ddBN49";
/// assert_eq!(hashers.verify(Secret::from("dragon"), stored)?.run()?, Verdict::Outdated);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Yescrypt;

impl Yescrypt {
    /// Bytes of salt, at most: what yescrypt's string holds.
    const SALT_LEN: usize = 64;
}

impl Format for Yescrypt {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$y$") || stored.starts_with("$gy$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let mut cursor = Cursor::new(stored);
        let is_gost = !cursor.accept("$y$");
        if is_gost {
            cursor.expect("$gy$")?;
        }
        let params_at = cursor.error(MalformedKind::Range);
        let syntax = Malformed { kind: MalformedKind::Syntax, ..params_at };
        let mut numbers = cursor.until(&['$']).bytes();
        // 47: read-write, with six rounds, and S-boxes of 12 KiB that are gathered by four.
        if numbers.next() != Some(b'j') {
            return Err(Refused::Unsupported("yescrypt in another mode than crypt(3)'s"));
        }
        let log_n = number(&mut numbers).ok_or(syntax)?;
        let r = number(&mut numbers).ok_or(syntax)?;
        if numbers.next().is_some() {
            return Err(Refused::Unsupported(
                "yescrypt with parameters that crypt(3) never writes",
            ));
        }
        cursor.expect("$")?;
        let salt_at = cursor.error(MalformedKind::Length);
        let salt = cursor.until(&['$']);
        // Whole bytes: 4 characters are 3, and what is left over is 2 or 3 characters.
        let salt_len = salt.len() * 6 / 8;
        if salt_len > Self::SALT_LEN {
            return Err(salt_at.into());
        }
        let salt = hash64::decode(salt, salt_len).map_err(|kind| Malformed { kind, ..salt_at })?;
        let setting = &stored.as_bytes()[..cursor.at()];
        cursor.expect("$")?;
        let digest = hash64::decode(cursor.rest(), KEY_LEN).map_err(|kind| cursor.error(kind))?;
        let params = YescryptParams::new(log_n, r, is_gost.then_some(setting))
            .map_err(|InvalidParameters| params_at)?;
        let derivation = Derivation::new(Algorithm::Other(Arc::new(params)), &salt);
        let name = if is_gost { "gost_yescrypt" } else { "yescrypt" };
        Ok(StoredHash::new(name, derivation, &digest))
    }

    fn blank(&self, stored: &str) -> Option<String> {
        self.parse(stored).ok()?;
        blank::field(stored, '$', blank::CRYPT)
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }
}

/// A number from 1: up to 48 in one character, up to 560 in two. More is more than anybody's memory.
fn number(characters: &mut impl Iterator<Item = u8>) -> Option<u32> {
    match hash64::value(characters.next()?)? {
        single @ 0..48 => Some(1 + u32::from(single)),
        high @ 48..56 => {
            let low = hash64::value(characters.next()?)?;
            Some(49 + (u32::from(high) - 48) * 64 + u32::from(low))
        }
        _ => None,
    }
}
