//! What a format and a hasher are, and the registry of those that are built in.
//!
//! Adding a format is one file beside these, and one line in the registry.

#[cfg(feature = "argon2")]
pub(crate) mod argon2;
#[cfg(feature = "aspnet")]
pub(crate) mod aspnet;
#[cfg(feature = "atlassian")]
pub(crate) mod atlassian;
#[cfg(feature = "bcrypt")]
pub(crate) mod bcrypt;
#[cfg(feature = "bcrypt-sha256")]
pub(crate) mod bcrypt_sha256;
#[cfg(any(feature = "htpasswd", feature = "ldap"))]
mod crypt;
#[cfg(feature = "des-crypt")]
pub(crate) mod des_crypt;
#[cfg(feature = "django")]
pub(crate) mod django;
#[cfg(feature = "firebase-scrypt")]
pub(crate) mod firebase_scrypt;
#[cfg(feature = "grub")]
pub(crate) mod grub;
#[cfg(feature = "htpasswd")]
pub(crate) mod htpasswd;
#[cfg(feature = "keycloak")]
pub(crate) mod keycloak;
#[cfg(feature = "ldap")]
pub(crate) mod ldap;
#[cfg(feature = "ldap-pbkdf2")]
pub(crate) mod ldap_pbkdf2;
#[cfg(feature = "md5-crypt")]
pub(crate) mod md5_crypt;
#[cfg(feature = "nthash")]
pub(crate) mod nthash;
#[cfg(feature = "p5k2")]
pub(crate) mod p5k2;
#[cfg(feature = "pbkdf2")]
pub(crate) mod pbkdf2;
#[cfg(feature = "phpass")]
pub(crate) mod phpass;
#[cfg(feature = "scram")]
pub(crate) mod scram;
#[cfg(feature = "scrypt")]
pub(crate) mod scrypt;
#[cfg(feature = "sha1-crypt")]
pub(crate) mod sha1_crypt;
#[cfg(feature = "sha-crypt")]
pub(crate) mod sha_crypt;
#[cfg(feature = "spring")]
pub(crate) mod spring;
#[cfg(feature = "spring-pbkdf2")]
pub(crate) mod spring_pbkdf2;
#[cfg(feature = "sun-md5")]
pub(crate) mod sun_md5;
#[cfg(feature = "werkzeug")]
pub(crate) mod werkzeug;
#[cfg(feature = "wordpress")]
pub(crate) mod wordpress;
#[cfg(feature = "yescrypt")]
pub(crate) mod yescrypt;

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::stored::{Refused, StoredHash};
use crate::work::Derivation;

/// A way to write password hashes as strings, that this format can read.
///
/// Formats of a host's own stand beside those that are built in:
///
/// ```
/// use doorstep_password::{Algorithm, Argon2, Bcrypt, BcryptParams, Derivation, Format, Hashers};
/// use doorstep_password::{Malformed, MalformedKind, Refused, Secret, StoredHash};
///
/// /// bcrypt hashes as one old table has them: a word in front.
/// #[derive(Debug)]
/// struct OldTable;
///
/// impl Format for OldTable {
///     fn claims(&self, stored: &str) -> bool {
///         stored.starts_with("old:")
///     }
///
///     fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
///         let rest = stored.strip_prefix("old:");
///         let rest = rest.ok_or(Malformed::new(0, MalformedKind::Syntax))?;
///         Bcrypt::default().parse(rest)
///     }
///
///     fn takes(&self, password: &[u8]) -> bool {
///         Bcrypt::default().takes(password)
///     }
/// }
///
/// let hashers = Hashers::new(Argon2::default()).accept(OldTable);
/// let stored = "old:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// assert!(hashers.verify(Secret::from("U*U"), stored)?.run()?.is_match());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Format: fmt::Debug + Send + Sync + 'static {
    /// Whether `stored` is this format's to read, told by its prefix alone. It must be quick, and
    /// must not claim what another format's prefix claims: the first that claims a string decides.
    fn claims(&self, stored: &str) -> bool;

    /// Reads a string that it claims, to the letter: one string for each value, or none.
    ///
    /// # Errors
    /// [`Refused::Malformed`] with the place, or [`Refused::Unsupported`] with the reason.
    fn parse(&self, stored: &str) -> Result<StoredHash, Refused>;

    /// The same string with a digest of zeros, and the salt and the parameters as they stand: what may
    /// be shown or kept of a stored hash when its digest may not. `None` if the string is not read, or
    /// if the format does not say.
    ///
    /// ```
    /// use doorstep_password::{Bcrypt, Format};
    ///
    /// let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    /// let blank = Bcrypt::default().blank(stored);
    /// let zeros = "$2a$05$CCCCCCCCCCCCCCCCCCCCC................................";
    /// assert_eq!(blank.as_deref(), Some(zeros));
    /// ```
    fn blank(&self, stored: &str) -> Option<String> {
        let _ = stored;
        None
    }

    /// Whether a hash of this format can have been made from `password`. If not, verifying it does
    /// the full work all the same, and ends in a mismatch.
    fn takes(&self, password: &[u8]) -> bool {
        let _ = password;
        true
    }
}

/// A format that also writes, with parameters of its own: what [`Hashers::new`](crate::Hashers::new)
/// takes. [`by_name`] gives one by passlib's name.
pub trait Hasher: Format {
    /// The bytes of salt that a new hash takes, at most [`Salt::MAX_LEN`](crate::Salt::MAX_LEN).
    fn salt_len(&self) -> usize;

    /// How a new hash is derived, with a salt of [`salt_len`](Self::salt_len) bytes.
    fn derivation(&self, salt: &[u8]) -> Derivation;

    /// Whether a new hash can be made from `password`.
    ///
    /// # Errors
    /// [`CannotHash`] for what the algorithm would cut or misread.
    fn can_hash(&self, password: &[u8]) -> Result<(), CannotHash> {
        let _ = password;
        Ok(())
    }

    /// Writes the stored string.
    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String;

    /// Whether a hash is of another algorithm, or of weaker parameters, than those this one writes.
    /// A stronger hash is not outdated.
    fn is_outdated(&self, stored: &StoredHash) -> bool;
}

/// A password that the algorithm would cut or misread, so that no hash is made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CannotHash {
    /// It is longer than so many bytes, and the rest would not count.
    LongerThan(usize),
    /// It holds a NUL, at which others stop reading.
    HoldsNul,
}

impl fmt::Display for CannotHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotHash::LongerThan(len) => {
                write!(f, "the password is longer than the {len} bytes that this algorithm reads")
            }
            CannotHash::HoldsNul => f.write_str("the password holds a NUL"),
        }
    }
}

impl core::error::Error for CannotHash {}

impl<T: Format + ?Sized> Format for Arc<T> {
    fn claims(&self, stored: &str) -> bool {
        (**self).claims(stored)
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        (**self).parse(stored)
    }

    fn blank(&self, stored: &str) -> Option<String> {
        (**self).blank(stored)
    }

    fn takes(&self, password: &[u8]) -> bool {
        (**self).takes(password)
    }
}

impl<T: Hasher + ?Sized> Hasher for Arc<T> {
    fn salt_len(&self) -> usize {
        (**self).salt_len()
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        (**self).derivation(salt)
    }

    fn can_hash(&self, password: &[u8]) -> Result<(), CannotHash> {
        (**self).can_hash(password)
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        (**self).encode(derivation, key)
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        (**self).is_outdated(stored)
    }
}

/// A name of passlib's, and the hasher with today's default parameters.
type Entry = (&'static str, fn() -> Arc<dyn Hasher>);

/// The preferred first.
static REGISTRY: &[Entry] = &[
    #[cfg(feature = "argon2")]
    ("argon2", || Arc::new(argon2::Argon2::default())),
    #[cfg(feature = "bcrypt")]
    ("bcrypt", || Arc::new(bcrypt::Bcrypt::default())),
    #[cfg(feature = "pbkdf2")]
    ("pbkdf2_sha512", || Arc::new(pbkdf2::Pbkdf2::SHA512)),
    #[cfg(feature = "pbkdf2")]
    ("pbkdf2_sha256", || Arc::new(pbkdf2::Pbkdf2::SHA256)),
    #[cfg(feature = "pbkdf2")]
    ("pbkdf2_sha1", || Arc::new(pbkdf2::Pbkdf2::SHA1)),
    #[cfg(feature = "sha-crypt")]
    ("sha512_crypt", || Arc::new(sha_crypt::ShaCrypt::SHA512)),
    #[cfg(feature = "sha-crypt")]
    ("sha256_crypt", || Arc::new(sha_crypt::ShaCrypt::SHA256)),
];

/// The hasher that passlib calls `name`, with today's default parameters.
///
/// ```
/// use doorstep_password::{Hashers, by_name};
///
/// let hashers = Hashers::new(by_name("pbkdf2_sha512")?);
/// # assert!(by_name("md5_crypt").unwrap_err().to_string().contains("sha256_crypt"));
/// # Ok::<(), doorstep_password::UnknownName>(())
/// ```
///
/// # Errors
/// [`UnknownName`], whose message lists the names that there are.
pub fn by_name(name: &str) -> Result<Arc<dyn Hasher>, UnknownName> {
    let entry = REGISTRY.iter().find(|(known, _)| *known == name);
    entry.map(|(_, hasher)| hasher()).ok_or(UnknownName)
}

/// The names that [`by_name`] knows, the preferred first.
///
/// ```
/// let names: Vec<_> = doorstep_password::names().collect();
/// assert_eq!(names.first(), Some(&"argon2"));
/// assert!(names.contains(&"sha512_crypt"));
/// ```
pub fn names() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().map(|(name, _)| *name)
}

/// Every hasher that is built in, with today's default parameters: for a host that accepts all of
/// them.
///
/// ```
/// use doorstep_password::{Argon2, Hashers};
///
/// let hashers = doorstep_password::hashers().fold(Hashers::new(Argon2::default()), Hashers::accept);
/// assert!(hashers.inspect("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").is_ok());
/// ```
pub fn hashers() -> impl Iterator<Item = Arc<dyn Hasher>> {
    REGISTRY.iter().map(|(_, hasher)| hasher())
}

/// The formats of other systems, without those whose strings have no prefix to tell them by. No two
/// claim one string.
static IMPORTS: &[fn() -> Arc<dyn Format>] = &[
    #[cfg(feature = "atlassian")]
    || Arc::new(atlassian::Atlassian),
    #[cfg(feature = "bcrypt-sha256")]
    || Arc::new(bcrypt_sha256::BcryptSha256),
    #[cfg(feature = "django")]
    || Arc::new(django::Django::default()),
    #[cfg(feature = "firebase-scrypt")]
    || Arc::new(firebase_scrypt::FirebaseScrypt::default()),
    #[cfg(feature = "grub")]
    || Arc::new(grub::Grub),
    #[cfg(feature = "keycloak")]
    || Arc::new(keycloak::Keycloak),
    #[cfg(feature = "ldap")]
    || Arc::new(ldap::Ldap),
    #[cfg(feature = "ldap-pbkdf2")]
    || Arc::new(ldap_pbkdf2::LdapPbkdf2),
    #[cfg(feature = "md5-crypt")]
    || Arc::new(md5_crypt::Md5Crypt),
    #[cfg(feature = "nthash")]
    || Arc::new(nthash::NtHash::default()),
    #[cfg(feature = "p5k2")]
    || Arc::new(p5k2::P5k2),
    #[cfg(feature = "phpass")]
    || Arc::new(phpass::Phpass),
    #[cfg(feature = "phpass")]
    || Arc::new(phpass::Drupal7),
    #[cfg(feature = "scram")]
    || Arc::new(scram::Scram),
    #[cfg(feature = "scrypt")]
    || Arc::new(scrypt::Scrypt),
    #[cfg(feature = "sha1-crypt")]
    || Arc::new(sha1_crypt::Sha1Crypt),
    #[cfg(feature = "spring")]
    || Arc::new(spring::Spring),
    #[cfg(feature = "sun-md5")]
    || Arc::new(sun_md5::SunMd5),
    #[cfg(feature = "werkzeug")]
    || Arc::new(werkzeug::Werkzeug),
    #[cfg(feature = "wordpress")]
    || Arc::new(wordpress::WordPress::default()),
    #[cfg(feature = "yescrypt")]
    || Arc::new(yescrypt::Yescrypt),
    // These have a shape and no prefix, or one of a character.
    #[cfg(feature = "des-crypt")]
    || Arc::new(des_crypt::BsdiCrypt),
    #[cfg(feature = "des-crypt")]
    || Arc::new(des_crypt::DesCrypt),
];

/// Every format of other systems that can be told by its prefix, as far as the features go: for a host
/// that accepts all of them, behind the [`hashers`]. They verify, never write, and are outdated.
///
/// What has no prefix, such as ASP.NET's base64, is read only if the host accepts its format by
/// itself.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, hashers, imports};
///
/// let all = hashers().fold(Hashers::new(Argon2::default()), Hashers::accept);
/// let all = imports().fold(all, Hashers::accept);
/// ```
pub fn imports() -> impl Iterator<Item = Arc<dyn Format>> {
    IMPORTS.iter().map(|format| format())
}

/// No hasher of this name is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownName;

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no hasher of this name; there are:")?;
        names().try_for_each(|name| write!(f, " {name}"))
    }
}

impl core::error::Error for UnknownName {}
