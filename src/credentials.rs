//! A user-id and a password in one buffer, by the rules of RFC 7617.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::grammar::{Malformed, MalformedKind};

/// A user-id and a password: UTF-8, without control characters (RFC 7617 §2).
///
/// Both stand in one buffer, which is wiped when it is dropped. `Debug` shows the user-id, escaped,
/// and nothing of the password. A host checks with it that what is registered can also log in:
///
/// ```
/// use doorstep::Credentials;
///
/// let credentials = Credentials::new("Aladdin", b"open sesame")?;
/// assert_eq!(credentials.username(), "Aladdin");
/// // A colon would end the user-id of Basic.
/// assert!(Credentials::new("Ala:ddin", b"open sesame").is_err());
/// assert!(Credentials::new("Aladdin", b"open\nsesame").is_err());
/// # Ok::<(), doorstep::grammar::Malformed>(())
/// ```
pub struct Credentials {
    /// `user-id ":" password`, all of it UTF-8.
    buffer: Vec<u8>,
    colon: usize,
}

impl Credentials {
    /// From a user-id and a password that stand apart, as in a form.
    ///
    /// # Errors
    /// [`Malformed`] if one is not UTF-8 or holds a control character, or if the user-id holds a
    /// colon: it could never be sent by Basic. The place is counted in the two joined by a colon.
    pub fn new(username: &str, password: &[u8]) -> Result<Self, Malformed> {
        let mut buffer = Vec::with_capacity(username.len() + 1 + password.len());
        buffer.extend_from_slice(username.as_bytes());
        buffer.push(b':');
        buffer.extend_from_slice(password);
        let credentials = Self::from_user_pass(buffer)?;
        if credentials.colon != username.len() {
            return Err(Malformed::new(credentials.colon, MalformedKind::Credentials));
        }
        Ok(credentials)
    }

    /// From Basic's `user-pass = user-id ":" password`: the first colon splits. Takes the buffer over.
    ///
    /// # Errors
    /// [`Malformed`] if it is not UTF-8, holds a control character or no colon.
    pub fn from_user_pass(buffer: Vec<u8>) -> Result<Self, Malformed> {
        // Owned by the struct from here on, so that it is wiped on every way out.
        let mut credentials = Self { buffer, colon: 0 };
        let bytes = &credentials.buffer;
        // Every byte is looked at, in the same time whatever it is. What is ASCII is UTF-8; beyond, the
        // time tells where the characters are that are not.
        let all = bytes.iter().fold(0, |all, byte| all | byte);
        if !all.is_ascii()
            && let Err(error) = core::str::from_utf8(bytes)
        {
            return Err(Malformed::new(error.valid_up_to(), MalformedKind::NotUtf8));
        }
        if bytes.iter().fold(false, |any, &byte| any | is_control(byte)) {
            let at = bytes.iter().position(|&byte| is_control(byte)).unwrap_or_default();
            return Err(Malformed::new(at, MalformedKind::Control));
        }
        let colon = bytes.iter().position(|&byte| byte == b':');
        let colon = colon.ok_or(Malformed::new(bytes.len(), MalformedKind::NoColon))?;
        credentials.colon = colon;
        Ok(credentials)
    }

    /// The user-id.
    pub fn username(&self) -> &str {
        // Checked as a whole in the constructor, and a colon is a boundary.
        core::str::from_utf8(&self.buffer[..self.colon]).unwrap_or_default()
    }

    /// The password.
    pub fn password(&self) -> &[u8] {
        &self.buffer[self.colon + 1..]
    }

    /// Wipes the password and leaves the user-id, in the same buffer.
    pub fn into_username(mut self) -> String {
        self.buffer[self.colon..].zeroize();
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.truncate(self.colon);
        self.colon = 0;
        String::from_utf8(buffer).unwrap_or_default()
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username()).finish_non_exhaustive()
    }
}

/// `CTL = %x00-1F / %x7F` (RFC 5234, appendix B.1). Without a branch: the byte may be a password's.
const fn is_control(byte: u8) -> bool {
    (byte < 0x20) | (byte == 0x7f)
}
