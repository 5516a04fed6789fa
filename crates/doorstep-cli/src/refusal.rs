//! Why nothing was hashed, verified or read: a word for programs, and a sentence for people. Never
//! holds a password or a hash.

use std::borrow::Cow;
use std::fmt;

use doorstep_password::{HashError, Limits, Refused, names};
use serde::Serialize;

/// Why a command did not do what it is for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refusal {
    /// One of the words that the README lists.
    pub(crate) reason: &'static str,
    pub(crate) message: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: message.into() }
    }

    /// What was to be read or written could not be.
    pub(crate) fn io(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("io", message)
    }

    /// The options contradict one another.
    pub(crate) fn usage(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new("usage", message)
    }

    /// The limits, of which there is one set in this program.
    pub(crate) fn too_long() -> Self {
        Refused::PasswordTooLong.into()
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let limits = Limits::default();
        let reason = match refused {
            Refused::UnknownFormat => "unknown_format",
            Refused::Unsupported(_) => "unsupported",
            Refused::Malformed(_) => "malformed",
            Refused::TooCostly(_) => "too_costly",
            Refused::UnknownKey => "unknown_key",
            Refused::StoredTooLong => "stored_too_long",
            Refused::PasswordTooLong => "password_too_long",
            _ => "refused",
        };
        let message = match refused {
            Refused::UnknownFormat => {
                let names: Vec<_> = names().collect();
                let names = names.join(", ");
                format!("this is no hash of {names}; in a shell, put a hash in single quotes")
            }
            Refused::Malformed(malformed) => format!("the hash is malformed: {malformed}"),
            Refused::TooCostly(limit) => match value_of(limit, &limits) {
                Some(value) => format!("too costly: the limit {limit} is {value}"),
                None => refused.to_string(),
            },
            Refused::StoredTooLong => {
                format!("the hash is longer than {} bytes", limits.stored_len)
            }
            Refused::PasswordTooLong => {
                format!("the password is longer than {} bytes", limits.password_len)
            }
            _ => refused.to_string(),
        };
        Self::new(reason, message)
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Password(why) => Self::new("password", why.to_string()),
            HashError::Refused(refused) => refused.into(),
            other => Self::new("entropy", other.to_string()),
        }
    }
}

impl From<doorstep_htpasswd::Error> for Refusal {
    fn from(error: doorstep_htpasswd::Error) -> Self {
        Self::io(error.to_string())
    }
}

impl From<doorstep_password::OutOfMemory> for Refusal {
    fn from(error: doorstep_password::OutOfMemory) -> Self {
        Self::new("out_of_memory", error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What the limit is that goes by this name.
fn value_of(limit: &str, limits: &Limits) -> Option<u64> {
    Some(match limit {
        "argon2_memory_kib" => limits.argon2_memory_kib.into(),
        "argon2_passes" => limits.argon2_passes.into(),
        "argon2_lanes" => limits.argon2_lanes.into(),
        "pbkdf2_rounds" => limits.pbkdf2_rounds,
        "sha_crypt_rounds" => limits.sha_crypt_rounds.into(),
        "bcrypt_cost" => limits.bcrypt_cost.into(),
        "units" => limits.units,
        _ => return None,
    })
}
