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
pub(crate) mod peppered;
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
pub(crate) mod wrapped;
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

    /// The bytes of the key that a new hash is written with. A decoy has as many zeros: of another number
    /// it is not read like a hash, and its time tells that nobody has the name.
    fn key_len(&self) -> usize;

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
    /// It is empty, not UTF-8, or holds a character that RFC 8265's OpaqueString disallows.
    NotOpaqueString,
}

impl fmt::Display for CannotHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotHash::LongerThan(len) => {
                write!(f, "the password is longer than the {len} bytes that this algorithm reads")
            }
            CannotHash::HoldsNul => f.write_str("the password holds a NUL"),
            CannotHash::NotOpaqueString => {
                f.write_str("the password is empty, not UTF-8, or holds a character that is none")
            }
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

    fn key_len(&self) -> usize {
        (**self).key_len()
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

/// A format that is built in: what it calls what it reads, and how a program names it.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    names: &'static [&'static str],
    expression: &'static str,
    format: fn() -> Arc<dyn Format>,
}

impl BuiltIn {
    /// What it calls the hashes that it reads, each a [`StoredHash::name`]: passlib's names, or ones after
    /// passlib's manner.
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The Rust that makes it, with this crate's types in scope: what a host writes in
    /// [`Hashers::accept`](crate::Hashers::accept).
    pub fn expression(&self) -> &'static str {
        self.expression
    }

    /// The format itself.
    pub fn format(&self) -> Arc<dyn Format> {
        (self.format)()
    }
}

/// A line of the registry: a module, the expression that makes its format, and its names.
macro_rules! built_in {
    ($module:ident, $format:expr, [$($name:literal),+ $(,)?]) => {
        BuiltIn {
            names: &[$($name),+],
            expression: stringify!($format),
            format: || {
                use self::$module::*;
                Arc::new($format)
            },
        }
    };
}

/// What the hashers read.
static OWN: &[BuiltIn] = &[
    #[cfg(feature = "argon2")]
    built_in!(argon2, Argon2::default(), ["argon2"]),
    #[cfg(feature = "bcrypt")]
    built_in!(bcrypt, Bcrypt::default(), ["bcrypt"]),
    #[cfg(feature = "pbkdf2")]
    built_in!(pbkdf2, Pbkdf2::default(), ["pbkdf2_sha512", "pbkdf2_sha256", "pbkdf2_sha1"]),
    #[cfg(feature = "sha-crypt")]
    built_in!(sha_crypt, ShaCrypt::default(), ["sha512_crypt", "sha256_crypt"]),
];

/// The formats of other systems, without those whose strings have no prefix to tell them by. No two
/// claim one string.
static IMPORTS: &[BuiltIn] = &[
    #[cfg(feature = "atlassian")]
    built_in!(atlassian, Atlassian, ["atlassian_pbkdf2_sha1"]),
    #[cfg(feature = "bcrypt-sha256")]
    built_in!(bcrypt_sha256, BcryptSha256, ["bcrypt_sha256"]),
    #[cfg(feature = "django")]
    built_in!(
        django,
        Django::default(),
        [
            "django_pbkdf2_sha256",
            "django_pbkdf2_sha1",
            "django_argon2",
            "django_bcrypt_sha256",
            "django_bcrypt",
            "django_scrypt",
            "django_des_crypt",
            "django_salted_sha1",
            "django_salted_md5",
        ]
    ),
    #[cfg(feature = "firebase-scrypt")]
    built_in!(firebase_scrypt, FirebaseScrypt::default(), ["firebase_scrypt"]),
    #[cfg(feature = "grub")]
    built_in!(grub, Grub, ["grub_pbkdf2_sha512"]),
    #[cfg(feature = "keycloak")]
    built_in!(
        keycloak,
        Keycloak,
        [
            "keycloak_argon2",
            "keycloak_pbkdf2_sha512",
            "keycloak_pbkdf2_sha256",
            "keycloak_pbkdf2_sha1",
        ]
    ),
    #[cfg(feature = "ldap")]
    built_in!(
        ldap,
        Ldap,
        [
            "ldap_salted_sha512",
            "ldap_salted_sha256",
            "ldap_salted_sha1",
            "ldap_salted_md5",
            "ldap_sha512",
            "ldap_sha256",
            "ldap_sha1",
            "ldap_md5",
        ]
    ),
    #[cfg(feature = "ldap-pbkdf2")]
    built_in!(
        ldap_pbkdf2,
        LdapPbkdf2,
        [
            "ldap_pbkdf2_sha512",
            "ldap_pbkdf2_sha256",
            "ldap_pbkdf2_sha1",
            "389ds_pbkdf2_sha256",
            "ldap_argon2",
        ]
    ),
    #[cfg(feature = "md5-crypt")]
    built_in!(md5_crypt, Md5Crypt, ["md5_crypt", "apr_md5_crypt"]),
    #[cfg(feature = "nthash")]
    built_in!(nthash, NtHash::default(), ["bsd_nthash"]),
    #[cfg(feature = "p5k2")]
    built_in!(p5k2, P5k2, ["cta_pbkdf2_sha1", "dlitz_pbkdf2_sha1"]),
    #[cfg(feature = "phpass")]
    built_in!(phpass, Phpass, ["phpass"]),
    #[cfg(feature = "phpass")]
    built_in!(phpass, Drupal7, ["drupal7"]),
    #[cfg(feature = "scram")]
    built_in!(scram, Scram, ["scram", "postgres_scram"]),
    #[cfg(feature = "scrypt")]
    built_in!(scrypt, Scrypt, ["scrypt"]),
    #[cfg(feature = "sha1-crypt")]
    built_in!(sha1_crypt, Sha1Crypt, ["sha1_crypt"]),
    #[cfg(feature = "spring")]
    built_in!(
        spring,
        Spring,
        [
            "spring_bcrypt",
            "spring_argon2",
            "spring_pbkdf2",
            "spring_scrypt",
            "spring_standard",
            "spring_sha256",
            "spring_sha1",
            "spring_md5",
            "spring_md4",
            "spring_ldap_sha1",
        ]
    ),
    #[cfg(feature = "sun-md5")]
    built_in!(sun_md5, SunMd5, ["sun_md5_crypt"]),
    #[cfg(feature = "werkzeug")]
    built_in!(
        werkzeug,
        Werkzeug,
        [
            "werkzeug_scrypt",
            "werkzeug_pbkdf2_sha512",
            "werkzeug_pbkdf2_sha256",
            "werkzeug_pbkdf2_sha1",
        ]
    ),
    #[cfg(feature = "wordpress")]
    built_in!(wordpress, WordPress::default(), ["wordpress"]),
    #[cfg(feature = "yescrypt")]
    built_in!(yescrypt, Yescrypt, ["yescrypt", "gost_yescrypt"]),
    // These have a shape and no prefix, or one of a character.
    #[cfg(feature = "des-crypt")]
    built_in!(des_crypt, BsdiCrypt, ["bsdi_crypt"]),
    #[cfg(feature = "des-crypt")]
    built_in!(des_crypt, DesCrypt, ["des_crypt"]),
];

/// What this crate puts around the others.
static AROUND: &[BuiltIn] = &[
    #[cfg(feature = "argon2")]
    BuiltIn {
        names: &["wrapped"],
        expression: "Wrapped::of_all(Argon2::default())",
        format: || Arc::new(wrapped::Wrapped::of_all(argon2::Argon2::default())),
    },
];

/// The formats whose strings nothing tells apart: a host names those it has. `HtpasswdLine` is none of
/// them, since what it reads goes by other names.
static BARE: &[BuiltIn] = &[
    #[cfg(feature = "aspnet")]
    built_in!(aspnet, AspNet, ["aspnet_v3", "aspnet_v2"]),
    #[cfg(feature = "django")]
    built_in!(django, Django::with_unsalted_md5(), ["django_unsalted_md5"]),
    #[cfg(feature = "nthash")]
    built_in!(nthash, NtHash::BARE, ["nthash"]),
    #[cfg(feature = "spring-pbkdf2")]
    built_in!(spring_pbkdf2, SpringPbkdf2::V5_8, ["spring_pbkdf2"]),
    #[cfg(feature = "spring-pbkdf2")]
    built_in!(spring_pbkdf2, SpringPbkdf2::V5_5, ["spring_pbkdf2"]),
    #[cfg(feature = "wordpress")]
    built_in!(wordpress, WordPress::with_md5(), ["hex_md5"]),
];

/// Every format that can be told by its prefix, as far as the features go: those of the
/// [`hashers`], then the [`imports`], then all of them wrapped. No two claim one string.
///
/// ```
/// # #[cfg(feature = "django")] {
/// use doorstep_password::formats;
///
/// let django = formats().find(|built_in| built_in.names().contains(&"django_pbkdf2_sha256"));
/// assert_eq!(django.map(|django| django.expression()), Some("Django::default()"));
/// # }
/// ```
pub fn formats() -> impl Iterator<Item = &'static BuiltIn> {
    plain_formats().chain(AROUND)
}

/// Those that hold no other.
fn plain_formats() -> impl Iterator<Item = &'static BuiltIn> {
    OWN.iter().chain(IMPORTS)
}

/// The formats that no prefix tells from others, such as ASP.NET's base64: for a host that asks which
/// of them it has. Two of them can claim one string, and each belongs behind the [`formats`]. Spring's
/// are there with its encoder's defaults, and without a secret.
pub fn bare_formats() -> impl Iterator<Item = &'static BuiltIn> {
    BARE.iter()
}

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
    IMPORTS.iter().map(BuiltIn::format)
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
