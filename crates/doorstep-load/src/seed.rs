//! Who is known to every server that is measured: sixteen users, one token.

use std::error::Error;
use std::fmt;
use std::process::Command;
use std::str::FromStr;

use doorstep::password::{Argon2, Bcrypt, Hashers, Pbkdf2, Prf};
use doorstep::{TokenDigest, TokenRecord};

pub(crate) const USERNAMES: [&str; 16] = [
    "user-00", "user-01", "user-02", "user-03", "user-04", "user-05", "user-06", "user-07",
    "user-08", "user-09", "user-10", "user-11", "user-12", "user-13", "user-14", "user-15",
];
pub(crate) const PASSWORD: &str = "correct horse";
pub(crate) const TOKEN: &str = "load-8Cq2tWv5Zs0Rk1Lm7Xp4Yb9N";

pub(crate) fn token_record() -> TokenRecord {
    TokenRecord::new(TokenDigest::of(TOKEN.as_bytes()))
}

/// How passwords are hashed: `pbkdf2-sha256:29000`, `argon2id` (19 MiB, two passes), `bcrypt:10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Pbkdf2(Pbkdf2, u32),
    Argon2,
    Bcrypt(Bcrypt, u32),
}

impl Hash {
    pub(crate) fn hashers(&self) -> Hashers {
        match *self {
            Self::Pbkdf2(hasher, _) => Hashers::new(hasher),
            Self::Argon2 => Hashers::new(Argon2::default()),
            Self::Bcrypt(hasher, _) => Hashers::new(hasher),
        }
    }
}

impl FromStr for Hash {
    type Err = String;

    fn from_str(spelled: &str) -> Result<Self, String> {
        let (name, number) = spelled.split_once(':').unwrap_or((spelled, ""));
        let number = || number.parse::<u32>().map_err(|error| format!("{spelled}: {error}"));
        match name {
            "pbkdf2-sha256" => {
                let rounds = number()?;
                let hasher = Pbkdf2::new(Prf::Sha256, rounds).map_err(|error| error.to_string())?;
                Ok(Self::Pbkdf2(hasher, rounds))
            }
            "argon2id" => Ok(Self::Argon2),
            "bcrypt" => {
                let cost = number()?;
                let hasher = Bcrypt::new(cost).map_err(|error| error.to_string())?;
                Ok(Self::Bcrypt(hasher, cost))
            }
            _ => Err(format!("{spelled}: not pbkdf2-sha256:ROUNDS, argon2id or bcrypt:COST")),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pbkdf2(_, rounds) => write!(f, "pbkdf2-sha256:{rounds}"),
            Self::Argon2 => f.write_str("argon2id"),
            Self::Bcrypt(_, cost) => write!(f, "bcrypt:{cost}"),
        }
    }
}

/// The users with their hashes, each with a salt of its own.
pub(crate) struct Seeds {
    pub(crate) users: Vec<(&'static str, String)>,
}

impl Seeds {
    pub(crate) fn new(hash: &Hash) -> Result<Self, Box<dyn Error>> {
        let hashers = hash.hashers();
        let make = |name| Ok((name, hashers.hash(PASSWORD.into())?.run()?));
        Ok(Self { users: USERNAMES.into_iter().map(make).collect::<Result<_, Box<dyn Error>>>()? })
    }

    /// Made by another process: what hashing leaves in this one's heap would be memory at rest.
    pub(crate) fn made_elsewhere(hash: &Hash) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        let output = command.args(["seeds", "--hash", &hash.to_string()]).output()?;
        let lines = String::from_utf8(output.stdout)?;
        let users: Vec<_> = USERNAMES.into_iter().zip(lines.lines().map(String::from)).collect();
        if users.len() != USERNAMES.len() {
            return Err("no hashes were made".into());
        }
        Ok(Self { users })
    }
}
