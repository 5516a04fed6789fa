//! `crypt_r`, of the library that a Linux system has for its own passwords.

use std::ffi::{CStr, CString, c_char, c_void};

/// `struct crypt_data`, which is as large as this on purpose: its header says so.
#[repr(C, align(64))]
struct Data([u8; 32_768]);

/// The memory of `crypt_r`, used again for each call.
pub(super) struct Crypt(Box<Data>);

impl Crypt {
    pub(super) fn new() -> Self {
        // All zero is the state in which the library wants it first.
        Self(Box::new(Data([0; 32_768])))
    }

    /// The stored string of `password` with the parameters and the salt of `setting`.
    pub(super) fn crypt(&mut self, password: &[u8], setting: &str) -> Option<String> {
        let password = CString::new(password).ok()?;
        let setting = CString::new(setting).ok()?;
        let data: *mut Data = &mut *self.0;
        // SAFETY: both strings end with a NUL and outlive the call; `data` is as large as a
        // `crypt_data`, was zero at first, and is borrowed by nobody else.
        let stored = unsafe { crypt_r(password.as_ptr(), setting.as_ptr(), data.cast()) };
        if stored.is_null() {
            return None;
        }
        // SAFETY: what is returned is a string within `data`, which lives.
        let stored = unsafe { CStr::from_ptr(stored) }.to_str().ok()?;
        // A failure begins with an asterisk.
        stored.starts_with('$').then(|| stored.into())
    }
}

#[link(name = "crypt")]
unsafe extern "C" {
    fn crypt_r(phrase: *const c_char, setting: *const c_char, data: *mut c_void) -> *mut c_char;
}
