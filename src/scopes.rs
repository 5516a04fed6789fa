//! Scopes as OAuth writes them (RFC 6749 §3.3).

use alloc::boxed::Box;
use core::fmt;

use crate::grammar::is_scope_char;

/// A set of scope tokens: what a grant may do, or what a resource asks for.
///
/// ```
/// use doorstep::Scopes;
///
/// let granted = Scopes::parse("read write")?;
/// assert!(granted.contains_all(&Scopes::parse("write")?));
/// assert!(!granted.contains_all(&Scopes::parse("read admin")?));
/// assert!(granted.contains_all(&Scopes::NONE_ASKED));
/// assert!(Scopes::parse("a\"b").is_err());
/// # Ok::<(), doorstep::InvalidScope>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Option<Box<str>>);

impl Scopes {
    /// No scope: what a resource asks for that only wants to know who it is.
    pub const NONE_ASKED: Self = Self(None);

    /// Scope tokens with one space between each.
    ///
    /// # Errors
    /// [`InvalidScope`] unless each is 1*( %x21 / %x23-5B / %x5D-7E ).
    pub fn parse(scopes: &str) -> Result<Self, InvalidScope> {
        if scopes.is_empty() {
            return Ok(Self(None));
        }
        let is_token = |scope: &str| !scope.is_empty() && scope.bytes().all(is_scope_char);
        if scopes.split(' ').all(is_token) {
            Ok(Self(Some(scopes.into())))
        } else {
            Err(InvalidScope)
        }
    }

    /// Each scope token.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_str().split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether it holds every scope of `asked`.
    pub fn contains_all(&self, asked: &Scopes) -> bool {
        asked.iter().all(|scope| self.iter().any(|held| held == scope))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The tokens with one space between each.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A scope holds a character that RFC 6749 §3.3 does not allow, or is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidScope;

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scope is empty or holds a character that RFC 6749 section 3.3 forbids")
    }
}

impl core::error::Error for InvalidScope {}
