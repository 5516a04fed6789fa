//! What a stored hash may cost. Refuses before any work is done.

use crate::stored::Refused;
use crate::work::{Algorithm, Derivation};

/// What a stored hash and a password may cost at most.
///
/// A stored hash names its own price; whoever can write one (an import, another tenant, SQL
/// injection) could otherwise name 4 TiB or a week. The defaults let in what today's advice
/// recommends several times over.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Limits, Refused, Secret};
///
/// let mut limits = Limits::default();
/// limits.argon2_memory_kib = 64 * 1024;
/// let hashers = Hashers::new(Argon2::default()).limits(limits);
/// let dear = "$argon2id$v=19$m=131072,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
/// let refused = hashers.verify(Secret::from("password"), dear).unwrap_err();
/// assert_eq!(refused, Refused::TooCostly("argon2_memory_kib"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Argon2's memory, in KiB. 256 MiB: RFC 9106 §4 recommends 64 MiB, or 2 GiB on its own machine.
    pub argon2_memory_kib: u32,
    /// Argon2's passes. 16; RFC 9106 §4 recommends 1 or 3.
    pub argon2_passes: u32,
    /// Argon2's lanes. 16; RFC 9106 §4 recommends 4.
    pub argon2_lanes: u32,
    /// The memory of any other algorithm, in KiB, such as scrypt's. 256 MiB, like Argon2's.
    pub other_memory_kib: u64,
    /// PBKDF2's iterations, summed over the blocks of its key. 10 000 000; OWASP recommends up to
    /// 1 400 000.
    pub pbkdf2_rounds: u64,
    /// sha-crypt's rounds. 10 000 000; passlib writes 656 000.
    pub sha_crypt_rounds: u32,
    /// The binary logarithm of bcrypt's rounds. 16: about 3 s.
    pub bcrypt_cost: u32,
    /// The units of one hash, whatever the algorithm. 10 000 000: about 10 s. It stops what the
    /// others let pass in sum: many rounds of sha-crypt on a long password.
    pub units: u64,
    /// A password's bytes. 4096: sha-crypt's time grows with the length.
    pub password_len: usize,
    /// A stored string's bytes. 1024: no accepted format needs half of it; the longest, 389 Directory
    /// Server's PBKDF2, takes about 450.
    pub stored_len: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 256 * 1024,
            argon2_passes: 16,
            argon2_lanes: 16,
            other_memory_kib: 256 * 1024,
            pbkdf2_rounds: 10_000_000,
            sha_crypt_rounds: 10_000_000,
            bcrypt_cost: 16,
            units: 10_000_000,
            password_len: 4096,
            stored_len: 1024,
        }
    }
}

impl Limits {
    /// Whether `derivation` may be run for a password of so many bytes.
    ///
    /// # Errors
    /// [`Refused::PasswordTooLong`], or [`Refused::TooCostly`] with the name of the limit.
    pub fn admit(&self, derivation: &Derivation, password_len: usize) -> Result<(), Refused> {
        if password_len > self.password_len {
            return Err(Refused::PasswordTooLong);
        }
        if let Some((old, _)) = derivation.wrapped() {
            self.admit(old, password_len)?;
        }
        let over = |limit: &'static str, is_over: bool| {
            if is_over { Err(Refused::TooCostly(limit)) } else { Ok(()) }
        };
        match derivation.algorithm() {
            #[cfg(feature = "argon2")]
            Algorithm::Argon2(params) => {
                over("argon2_memory_kib", params.memory_kib() > self.argon2_memory_kib)?;
                over("argon2_passes", params.passes() > self.argon2_passes)?;
                over("argon2_lanes", params.lanes() > self.argon2_lanes)?;
            }
            #[cfg(feature = "bcrypt")]
            Algorithm::Bcrypt(params) => over("bcrypt_cost", params.cost() > self.bcrypt_cost)?,
            #[cfg(feature = "pbkdf2")]
            Algorithm::Pbkdf2(params) => {
                over("pbkdf2_rounds", params.total_rounds() > self.pbkdf2_rounds)?;
            }
            #[cfg(feature = "sha-crypt")]
            Algorithm::ShaCrypt(params) => {
                over("sha_crypt_rounds", params.rounds() > self.sha_crypt_rounds)?;
            }
            Algorithm::Other(kdf) => {
                over(
                    "other_memory_kib",
                    kdf.cost(password_len).memory_kib > self.other_memory_kib,
                )?;
            }
        }
        over("units", derivation.cost(password_len).units > self.units)
    }
}
