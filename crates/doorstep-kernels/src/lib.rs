//! The arithmetic of password hashing, as fast as safe Rust makes it: in vectors, in slices and in
//! company.
//!
//! Blocks and words in, blocks and words out. It knows no stored string, no policy and no limit, and
//! keeps no secret longer than its caller does. `doorstep-password` is the crate to hash passwords
//! with; this one is what it computes with.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod argon2;
pub mod bcrypt;
pub mod pbkdf2;
mod processor;
pub mod scrypt;
mod sha2;
pub mod sha_crypt;
mod table;
pub mod yescrypt;

pub use processor::Processor;
