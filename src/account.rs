//! What a store knows of an account's password.

use alloc::string::{String, ToString};
use core::fmt;

use crate::scopes::Scopes;

/// What a lookup by user-id says of the account: its stored hash, if it has one, and its scopes.
///
/// It comes from a `String`, a `&str` or, for a nullable column, an `Option` of either. An account
/// has no scopes unless [`with_scopes`](Self::with_scopes) gives it some.
///
/// ```
/// use doorstep::{Account, Scopes};
///
/// let account = Account::from("$2b$10$…").with_scopes(Scopes::parse("read write")?);
/// let without_password = Account::from(None::<String>);
/// # Ok::<(), doorstep::InvalidScope>(())
/// ```
#[derive(Default)]
pub struct Account {
    pub(crate) hash: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) scopes: Scopes,
}

impl Account {
    /// An account that nobody may use: it is denied after the same work as a wrong password.
    pub fn disabled() -> Self {
        Self { disabled: true, ..Self::default() }
    }

    /// What a login by password may do.
    pub fn with_scopes(self, scopes: Scopes) -> Self {
        Self { scopes, ..self }
    }
}

impl From<Option<String>> for Account {
    fn from(hash: Option<String>) -> Self {
        Self { hash, ..Self::default() }
    }
}

impl From<Option<&str>> for Account {
    fn from(hash: Option<&str>) -> Self {
        Self::from(hash.map(ToString::to_string))
    }
}

impl From<String> for Account {
    fn from(hash: String) -> Self {
        Self::from(Some(hash))
    }
}

impl From<&str> for Account {
    fn from(hash: &str) -> Self {
        Self::from(Some(hash))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("has_password", &self.hash.is_some())
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}
