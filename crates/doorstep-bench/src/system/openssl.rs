//! OpenSSL's PBKDF2, and its Argon2 where it has one, which is from 3.2 on.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;

use doorstep_password::{Argon2Params, Pbkdf2Params, Prf};

/// The version of the library that is loaded.
pub(super) fn version() -> String {
    // SAFETY: the answer is a string that is never freed; 0 is `OPENSSL_VERSION`.
    unsafe { CStr::from_ptr(OpenSSL_version(0)) }.to_string_lossy().into_owned()
}

pub(super) fn pbkdf2(params: &Pbkdf2Params, password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut key = vec![0_u8; params.key_len()];
    let digest = match params.prf() {
        // SAFETY: no arguments, and the answer is static.
        Prf::Sha256 => unsafe { EVP_sha256() },
        // SAFETY: no arguments, and the answer is static.
        Prf::Sha512 => unsafe { EVP_sha512() },
        other => unreachable!("{other:?} is not compared"),
    };
    // SAFETY: each pointer goes with the length of what it points to.
    let done = unsafe {
        PKCS5_PBKDF2_HMAC(
            password.as_ptr().cast(),
            password.len() as c_int,
            salt.as_ptr(),
            salt.len() as c_int,
            params.rounds() as c_int,
            digest,
            key.len() as c_int,
            key.as_mut_ptr(),
        )
    };
    assert_eq!(done, 1, "OpenSSL computes PBKDF2");
    key
}

/// Whether this library has it.
pub(super) fn has_argon2id() -> bool {
    Kdf::argon2id().is_some()
}

/// In memory that OpenSSL allocates for each hash.
pub(super) fn argon2id(params: &Argon2Params, password: &[u8], salt: &[u8]) -> Vec<u8> {
    let kdf = Kdf::argon2id().expect("it was there before");
    let mut key = vec![0_u8; params.tag_len()];
    let (passes, memory, lanes) = (params.passes(), params.memory_kib(), params.lanes());
    let given = [
        Param::bytes(c"pass", password),
        Param::bytes(c"salt", salt),
        Param::number(c"iter", &passes),
        Param::number(c"memcost", &memory),
        Param::number(c"lanes", &lanes),
        Param::END,
    ];
    // SAFETY: the algorithm is alive; a context is made for it, or null.
    let context = unsafe { EVP_KDF_CTX_new(kdf.0) };
    assert!(!context.is_null(), "OpenSSL has memory for a context");
    // SAFETY: the context is alive, `key` is as long as said, and the list ends with `END`; what it
    // points to outlives the call.
    let done = unsafe { EVP_KDF_derive(context, key.as_mut_ptr(), key.len(), given.as_ptr()) };
    // SAFETY: it was made above, and nobody has it any more.
    unsafe { EVP_KDF_CTX_free(context) };
    assert_eq!(done, 1, "OpenSSL computes Argon2");
    key
}

/// An algorithm that OpenSSL has found.
struct Kdf(*mut c_void);

impl Kdf {
    fn argon2id() -> Option<Self> {
        // SAFETY: null is the default library context and no properties; the name ends with a NUL.
        let found = unsafe { EVP_KDF_fetch(ptr::null_mut(), c"ARGON2ID".as_ptr(), ptr::null()) };
        (!found.is_null()).then_some(Self(found))
    }
}

impl Drop for Kdf {
    fn drop(&mut self) {
        // SAFETY: it was fetched, and is freed once.
        unsafe { EVP_KDF_free(self.0) }
    }
}

/// `OSSL_PARAM`.
#[repr(C)]
struct Param {
    key: *const c_char,
    data_type: c_uint,
    data: *const c_void,
    data_size: usize,
    return_size: usize,
}

impl Param {
    const END: Self =
        Self { key: ptr::null(), data_type: 0, data: ptr::null(), data_size: 0, return_size: 0 };

    fn bytes(key: &'static CStr, bytes: &[u8]) -> Self {
        const OCTET_STRING: c_uint = 5;
        let (data, data_size) = (bytes.as_ptr().cast(), bytes.len());
        Self { key: key.as_ptr(), data_type: OCTET_STRING, data, data_size, return_size: 0 }
    }

    fn number(key: &'static CStr, number: &u32) -> Self {
        const UNSIGNED_INTEGER: c_uint = 2;
        let (data, data_size) = (ptr::from_ref(number).cast(), size_of::<u32>());
        Self { key: key.as_ptr(), data_type: UNSIGNED_INTEGER, data, data_size, return_size: 0 }
    }
}

#[link(name = "crypto")]
unsafe extern "C" {
    fn OpenSSL_version(what: c_int) -> *const c_char;
    fn EVP_sha256() -> *const c_void;
    fn EVP_sha512() -> *const c_void;
    fn PKCS5_PBKDF2_HMAC(
        password: *const c_char,
        password_len: c_int,
        salt: *const u8,
        salt_len: c_int,
        iterations: c_int,
        digest: *const c_void,
        key_len: c_int,
        key: *mut u8,
    ) -> c_int;
    fn EVP_KDF_fetch(
        library: *mut c_void,
        name: *const c_char,
        properties: *const c_char,
    ) -> *mut c_void;
    fn EVP_KDF_free(kdf: *mut c_void);
    fn EVP_KDF_CTX_new(kdf: *mut c_void) -> *mut c_void;
    fn EVP_KDF_CTX_free(context: *mut c_void);
    fn EVP_KDF_derive(
        context: *mut c_void,
        key: *mut u8,
        key_len: usize,
        params: *const Param,
    ) -> c_int;
}
