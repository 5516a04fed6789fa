//! What an authenticator decided once and for all, shared by its steps.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use doorstep_password::Hashers;

use crate::grammar;
use crate::receipt::ReceiptKey;
use crate::scheme::Scheme;
use crate::time::UnixTime;

pub(crate) struct Config {
    pub(crate) realm: String,
    pub(crate) hashers: Hashers,
    pub(crate) schemes: Vec<Box<dyn Scheme>>,
    pub(crate) receipts: Option<ReceiptKey>,
    pub(crate) proxy: bool,
    pub(crate) first_wins: bool,
    pub(crate) forbid_anonymous: bool,
    pub(crate) field_len: usize,
    pub(crate) username_len: usize,
    pub(crate) password_len: usize,
}

impl Config {
    /// The field that a scheme reads, which on a proxy is another.
    pub(crate) fn field<'a>(&self, scheme: &'a dyn Scheme) -> &'a str {
        match scheme.field() {
            "authorization" if self.proxy => "proxy-authorization",
            field => field,
        }
    }

    /// The scheme to which a field value says it belongs, read no further than its first word.
    pub(crate) fn owner(&self, field: &str, value: &[u8]) -> Source {
        let in_field = |scheme: &dyn Scheme| self.field(scheme).eq_ignore_ascii_case(field);
        let named = |scheme: &dyn Scheme| {
            if !is_credentials_field(field) {
                return true;
            }
            let word = value.iter().take(128).take_while(|&&byte| grammar::is_tchar(byte));
            word.copied().map(|byte| byte.to_ascii_lowercase()).eq(scheme.name().bytes())
        };
        let owner = self.schemes.iter().position(|scheme| in_field(&**scheme) && named(&**scheme));
        owner.map_or(Source::Unknown, Source::Scheme)
    }

    /// The place of a field's credentials in the order of the schemes. What no scheme can read has the
    /// place of the first that reads this field: the order of the fields must not decide.
    pub(crate) fn rank(&self, source: Source, field: &str) -> usize {
        let in_field = |scheme: &dyn Scheme| self.field(scheme).eq_ignore_ascii_case(field);
        match source {
            Source::Scheme(index) => index,
            Source::Login | Source::Unknown => {
                let first = self.schemes.iter().position(|scheme| in_field(&**scheme));
                first.unwrap_or(self.schemes.len())
            }
        }
    }

    pub(crate) fn scheme(&self, source: Source) -> Option<&dyn Scheme> {
        match source {
            Source::Scheme(index) => self.schemes.get(index).map(|scheme| &**scheme),
            Source::Login | Source::Unknown => None,
        }
    }
}

/// Whether a field holds `credentials` of RFC 9110 §11.4, which begin with a scheme.
pub(crate) fn is_credentials_field(field: &str) -> bool {
    field.eq_ignore_ascii_case("authorization") || field.eq_ignore_ascii_case("proxy-authorization")
}

/// Where credentials came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From the request, by the scheme of this index.
    Scheme(usize),
    /// From the host, by `login`.
    Login,
    /// From the request, by no one scheme.
    Unknown,
}

/// What each step knows of its request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) config: Arc<Config>,
    pub(crate) source: Source,
    pub(crate) now: Option<UnixTime>,
}

impl Request {
    pub(crate) fn scheme(&self) -> &str {
        match self.source {
            Source::Login => "login",
            Source::Scheme(_) | Source::Unknown => {
                self.config.scheme(self.source).map_or("unknown", |scheme| scheme.name())
            }
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}
