//! What a stored string is to `wrap`. Hashes nothing.

use doorstep_password::{Format as _, HashError, Hashers, Work, Wrapped, Wrapping};

use super::args::Wrap;
use crate::algorithm::{bare, hasher};
use crate::dump::is_without_password;
use crate::refusal::Refusal;

/// Tells old hashes from what stays as it is.
pub(super) struct Reader {
    wrapped: Wrapped,
    /// Of the new hash alone.
    new: Hashers,
}

/// What stands in the place of a hash.
pub(super) enum Found {
    /// An old hash, with the work that puts a new one around it.
    Old(Work<Wrapping>),
    /// What stays as it is.
    Kept(Kept),
    /// Nothing that can be wrapped, and why.
    Refused(String),
}

#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// Wrapped by an earlier hand.
    WrappedBefore,
    /// As good as the new hash, which would mend nothing.
    UpToDate,
    /// Comments and empty lines too, and accounts that nobody can log in to.
    WithoutPassword,
}

impl Reader {
    pub(super) fn new(args: &Wrap) -> Result<Self, Refusal> {
        let hasher = hasher(&args.making)?;
        let named = args.formats.iter().flat_map(|name| bare(name));
        let wrapped = named.fold(Wrapped::of_all(hasher.clone()), |wrapped, built_in| {
            wrapped.of(built_in.format())
        });
        Ok(Self { wrapped, new: Hashers::new(hasher) })
    }

    /// # Errors
    /// If there is no entropy for a salt.
    pub(super) fn read(&self, stored: &[u8]) -> Result<Found, Refusal> {
        let Ok(stored) = str::from_utf8(stored) else {
            return Ok(Found::Refused("it is not UTF-8".into()));
        };
        if is_without_password(stored) {
            return Ok(Found::Kept(Kept::WithoutPassword));
        }
        if self.wrapped.claims(stored) {
            // Its parameters are read, so that nothing is passed that could not be verified.
            return Ok(match self.wrapped.parse(stored) {
                Ok(_) => Found::Kept(Kept::WrappedBefore),
                Err(refused) => Found::Refused(refused.to_string()),
            });
        }
        if self.new.needs_update(stored) == Ok(false) {
            return Ok(Found::Kept(Kept::UpToDate));
        }
        match self.wrapped.wrap(stored) {
            Ok(work) => Ok(Found::Old(work)),
            Err(HashError::Entropy) => Err(HashError::Entropy.into()),
            Err(error) => Ok(Found::Refused(error.to_string())),
        }
    }
}
