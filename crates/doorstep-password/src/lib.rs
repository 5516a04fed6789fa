//! Password hashes of many origins, verified strictly, as work that its caller can price, slice and
//! batch.
//!
//! A stored string is parsed to the letter of its format, priced, and held against [`Limits`] before
//! any work is done. What is left to do is a value, [`Work`]: run it here, on a pool, in slices
//! between other tasks, or several together. The first hasher of a [`Hashers`] writes; all of them
//! verify; and a hash that the first would not write today comes back as [`Verdict::Outdated`].
//!
//! # What it is not
//!
//! It stores nothing, starts no thread, reads no clock and opens no file. It knows no user and no
//! HTTP: that is the crate `doorstep`. It does not guess: a string that no format claims is refused,
//! and a string that is claimed is read by that format alone.
//!
//! # The shortest run
//!
//! ```
//! use doorstep_password::{Argon2, Bcrypt, Hashers, Secret, Verdict};
//!
//! let hashers = Hashers::new(Argon2::default()).accept(Bcrypt::default());
//!
//! let stored = hashers.hash(Secret::from("correct horse"))?.run()?;
//! assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
//! assert!(hashers.verify(Secret::from("correct horse"), &stored)?.run()?.is_match());
//!
//! // A hash of another algorithm verifies, and says that it is due for replacement.
//! let old = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
//! assert_eq!(hashers.verify(Secret::from("U*U"), old)?.run()?, Verdict::Outdated);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A table of old hashes
//!
//! Nobody's password is known, and the hashes are weak: there are four ways, and they can be combined.
//!
//! - On login, [`Verdict::Outdated`] says whose hash to make anew, since the password is there.
//! - [`Wrapped`] puts a new hash around each old one today, without any password.
//! - [`Peppered`] has hashes depend on a key that is not in the table.
//! - [`Hashers::shares`] gives unknown names the work of old hashes, so that timing tells nobody apart.
//!
//! # Features
//!
//! `argon2`, `bcrypt`, `pbkdf2` and `sha-crypt` bring one algorithm each. `getrandom` draws salts
//! from the operating system; without it the host's generator is an argument. `kernels` has
//! [`Workspace::new`] compute with `doorstep-kernels`, where it is otherwise the RustCrypto crates: the
//! bytes are the same. `std` lets it look at the processor at run time. All of these are on by
//! default.
//!
//! `import` is what other systems left: formats that are verified and never written, so that a table
//! from anywhere moves without a password reset. Each family is a feature by itself, and [`imports`]
//! yields those that can be told by their prefix:
//!
//! | feature | strings |
//! |---|---|
//! | `aspnet` | ASP.NET Identity, V2 and V3: no prefix, so that the host names it |
//! | `atlassian` | `{PKCS5S2}` |
//! | `bcrypt-sha256` | passlib's `$bcrypt-sha256$`, versions 1 and 2 |
//! | `des-crypt` | crypt(3)'s 13 characters, and BSDi's `_` |
//! | `django` | `pbkdf2_sha256$`, `argon2$`, `bcrypt_sha256$$` and others of Django's |
//! | `firebase-scrypt` | `$fbscrypt$` of supabase/auth, and Firebase's own with a project's parameters |
//! | `grub` | `grub.pbkdf2.sha512.` |
//! | `htpasswd` | a line of Apache's password files: no prefix |
//! | `keycloak` | a password credential of a realm export, in JSON |
//! | `ldap` | `{SHA}`, `{SSHA}` and their relatives, `{CRYPT}` with what else is there |
//! | `ldap-pbkdf2` | `{PBKDF2}`, `{PBKDF2-SHA256}`, 389's `{PBKDF2_SHA256}`, `{ARGON2}` |
//! | `md5-crypt` | crypt(3)'s `$1$`, and Apache's `$apr1$` |
//! | `nthash` | `$3$$`; the bare NT hash has no prefix |
//! | `p5k2` | `$p5k2$`, both formats of that name |
//! | `phpass` | `$P$` of WordPress, `$H$` of phpBB, `$S$` of Drupal 7 |
//! | `scram` | passlib's `$scram$` and PostgreSQL's `SCRAM-SHA-256$` |
//! | `scrypt` | `$scrypt$`, `$7$`, hashcat's `SCRYPT:` |
//! | `sha1-crypt` | NetBSD's `$sha1$` |
//! | `spring` | Spring Security's `{bcrypt}`, `{pbkdf2}`, `{SHA-256}` and other `{id}` |
//! | `spring-pbkdf2` | Spring Security's bare PBKDF2: no prefix, and its settings are the host's to know |
//! | `sun-md5` | Solaris' `$md5$` and `$md5,rounds=` |
//! | `werkzeug` | `pbkdf2:sha256:`, of Werkzeug and Flask |
//! | `wordpress` | `$wp$2y$`, of WordPress since 6.8 |
//! | `yescrypt` | `$y$` and `$gy$` of Linux |
//!
//! `digest` is what several of them share.
//!
//! `unicode` brings `Hashers::normalize`: one spelling for passwords that look alike.
//!
//! No feature changes what another does, and none turns wiping off.

#![no_std]
#![forbid(unsafe_code)]
// Helpers that only a left-out algorithm needs are no defect of the feature set that leaves it out.
#![cfg_attr(
    not(all(
        feature = "argon2",
        feature = "bcrypt",
        feature = "import",
        feature = "pbkdf2",
        feature = "sha-crypt",
    )),
    allow(dead_code, unused_imports, unused_macros, unused_variables)
)]

extern crate alloc;

mod decoy;
mod encoding;
mod format;
mod hashers;
mod limits;
#[cfg(feature = "unicode")]
mod normalization;
mod secret;
mod shares;
mod stack;
mod stored;
#[cfg(any(feature = "scram", feature = "unicode"))]
mod unicode;
mod work;
mod workspace;

pub use decoy::Decoy;
#[cfg(feature = "argon2")]
pub use format::argon2::Argon2;
#[cfg(feature = "aspnet")]
pub use format::aspnet::AspNet;
#[cfg(feature = "atlassian")]
pub use format::atlassian::Atlassian;
#[cfg(feature = "bcrypt")]
pub use format::bcrypt::Bcrypt;
#[cfg(feature = "bcrypt-sha256")]
pub use format::bcrypt_sha256::BcryptSha256;
#[cfg(feature = "des-crypt")]
pub use format::des_crypt::{BsdiCrypt, DesCrypt};
#[cfg(feature = "django")]
pub use format::django::Django;
#[cfg(feature = "firebase-scrypt")]
pub use format::firebase_scrypt::FirebaseScrypt;
#[cfg(feature = "grub")]
pub use format::grub::Grub;
#[cfg(feature = "htpasswd")]
pub use format::htpasswd::HtpasswdLine;
#[cfg(feature = "keycloak")]
pub use format::keycloak::Keycloak;
#[cfg(feature = "ldap")]
pub use format::ldap::Ldap;
#[cfg(feature = "ldap-pbkdf2")]
pub use format::ldap_pbkdf2::LdapPbkdf2;
#[cfg(feature = "md5-crypt")]
pub use format::md5_crypt::Md5Crypt;
#[cfg(feature = "nthash")]
pub use format::nthash::NtHash;
#[cfg(feature = "p5k2")]
pub use format::p5k2::P5k2;
#[cfg(feature = "pbkdf2")]
pub use format::pbkdf2::Pbkdf2;
pub use format::peppered::Peppered;
#[cfg(feature = "phpass")]
pub use format::phpass::{Drupal7, Phpass};
#[cfg(feature = "scram")]
pub use format::scram::Scram;
#[cfg(feature = "scrypt")]
pub use format::scrypt::Scrypt;
#[cfg(feature = "sha-crypt")]
pub use format::sha_crypt::ShaCrypt;
#[cfg(feature = "sha1-crypt")]
pub use format::sha1_crypt::Sha1Crypt;
#[cfg(feature = "spring")]
pub use format::spring::Spring;
#[cfg(feature = "spring-pbkdf2")]
pub use format::spring_pbkdf2::SpringPbkdf2;
#[cfg(feature = "sun-md5")]
pub use format::sun_md5::SunMd5;
#[cfg(feature = "werkzeug")]
pub use format::werkzeug::Werkzeug;
#[cfg(feature = "wordpress")]
pub use format::wordpress::WordPress;
pub use format::wrapped::{Wrapped, Wrapping};
#[cfg(feature = "yescrypt")]
pub use format::yescrypt::Yescrypt;
pub use format::{
    BuiltIn, CannotHash, Format, Hasher, UnknownName, bare_formats, by_name, formats, hashers,
    imports, names,
};
pub use hashers::{Check, Encoder, HashError, Hashers, Making, Plan, Salt, Verdict, Verifying};
pub use limits::Limits;
#[cfg(feature = "unicode")]
pub use normalization::Normalization;
pub use rand_core::TryCryptoRng;
pub use secret::Secret;
pub use shares::InvalidShares;
#[doc(hidden)]
pub use stack::wiping_if;
pub use stored::{Malformed, MalformedKind, Parameter, Refused, StoredHash};
#[cfg(feature = "argon2")]
pub use work::argon2::{Argon2Params, Argon2Variant, Argon2Version};
#[cfg(feature = "bcrypt")]
pub use work::bcrypt::BcryptParams;
#[cfg(feature = "pbkdf2")]
pub use work::pbkdf2::{Pbkdf2Params, Prf};
#[cfg(feature = "sha-crypt")]
pub use work::sha_crypt::{ShaCryptParams, ShaCryptVariant};
pub use work::{
    Algorithm, Company, Cost, Derivation, Goal, HashFunction, InvalidParameters, Kdf, KeyStep,
    OutOfMemory, PasswordStep, Slices, Work,
};
pub use workspace::Workspace;
