//! How an authentication ends, and how that is said to the client.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use doorstep_password::{OutOfMemory, Refused};

use crate::config::{Request, Source};
use crate::grammar::Malformed;
use crate::receipt::Receipt;
use crate::scheme::{Asked, Sent};
use crate::scopes::Scopes;

/// Who the request comes from.
///
/// ```
/// use doorstep::password::{Argon2, Hashers};
/// use doorstep::{Authenticator, Basic, Outcome, Scopes, Step};
///
/// let auth = Authenticator::builder("example", Hashers::new(Argon2::default()))
///     .scheme(Basic::new())
///     .build()?;
/// let Step::Done(outcome) = auth.begin::<()>([]) else { panic!() };
/// assert!(matches!(outcome, Outcome::Anonymous(_)));
///
/// // A page for everybody asks `granted()`; a page for users asks `require`.
/// let refusal = outcome.require(&Scopes::NONE_ASKED).unwrap_err();
/// assert_eq!(refusal.status(), 401);
/// let fields: Vec<_> = refusal.fields().collect();
/// assert_eq!(fields, [("www-authenticate", r#"Basic realm="example", charset="UTF-8""#)]);
/// # Ok::<(), doorstep::InvalidConfig>(())
/// ```
#[must_use = "an outcome decides whether the request may go on"]
pub enum Outcome<U> {
    /// From this user.
    Granted(Granted<U>),
    /// It does not say: no credentials, or of a scheme that nobody here knows.
    Anonymous(Anonymous),
    /// It says so, and does not show it.
    Denied(Denied),
}

impl<U> Outcome<U> {
    /// The grant, if it reaches as far as `scopes`; otherwise what to answer.
    ///
    /// # Errors
    /// The [`Refusal`], with its status and field lines: 401 (407 on a proxy) to those who have not
    /// shown who they are, 400 to malformed Bearer credentials, 403 to too few scopes, 429 and 503 to
    /// refused asks.
    pub fn require(self, scopes: &Scopes) -> Result<Granted<U>, Refusal> {
        match self {
            Outcome::Granted(granted) => match granted.refusal(scopes) {
                None => Ok(granted),
                Some(refusal) => Err(refusal),
            },
            Outcome::Anonymous(anonymous) => Err(anonymous.refusal(scopes)),
            Outcome::Denied(denied) => Err(denied.refusal(scopes)),
        }
    }

    /// The grant, if it is one, whatever its scopes: for pages that greet users and serve everybody.
    pub fn granted(self) -> Option<Granted<U>> {
        match self {
            Outcome::Granted(granted) => Some(granted),
            Outcome::Anonymous(_) | Outcome::Denied(_) => None,
        }
    }
}

impl<U> fmt::Debug for Outcome<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Granted(granted) => granted.fmt(f),
            Outcome::Anonymous(anonymous) => anonymous.fmt(f),
            Outcome::Denied(denied) => denied.fmt(f),
        }
    }
}

/// The request comes from this user.
pub struct Granted<U> {
    pub(crate) request: Request,
    pub(crate) user: U,
    pub(crate) username: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) receipt: Option<Receipt>,
}

impl<U> Granted<U> {
    /// What the host's lookup returned.
    pub fn user(&self) -> &U {
        &self.user
    }

    /// The same, for keeps.
    pub fn into_user(self) -> U {
        self.user
    }

    /// The user-id that was sent; `None` for tokens, which name nobody.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The name of the scheme, or `"login"`.
    pub fn scheme(&self) -> &str {
        self.request.scheme()
    }

    /// What the grant may do: the scopes of the token or of the account.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The field that the credentials stood in, in lower case; `None` after
    /// [`login`](crate::Authenticator::login). Caches guard answers to `authorization` alone
    /// (RFC 9111 §3.5).
    pub fn field(&self) -> Option<&str> {
        let config = &self.request.config;
        config.scheme(self.request.source).map(|scheme| config.field(scheme))
    }

    /// What to answer if the grant does not reach as far as `scopes`: a look that, other than
    /// [`Outcome::require`], does not use it up.
    pub fn refusal(&self, scopes: &Scopes) -> Option<Refusal> {
        (!self.scopes.contains_all(scopes)).then(|| Refusal::forbidden(&self.request, scopes))
    }

    /// The receipt for the next request, if the authenticator makes any.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.receipt.as_ref()
    }
}

impl<U> fmt::Debug for Granted<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("scheme", &self.request)
            .field("username", &self.username)
            .field("scopes", &self.scopes.as_str())
            .finish_non_exhaustive()
    }
}

/// The request came without credentials, or with those of a scheme that nobody here knows.
pub struct Anonymous {
    pub(crate) request: Request,
}

impl Anonymous {
    /// What to answer where a user is asked for, with these scopes.
    pub fn refusal(&self, scopes: &Scopes) -> Refusal {
        if self.request.config.forbid_anonymous {
            return Refusal { status: 403, fields: Vec::new() };
        }
        Refusal::unauthorized(&self.request, 401, Sent::Nothing, scopes)
    }
}

impl fmt::Debug for Anonymous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Anonymous")
    }
}

/// The request's credentials were refused.
pub struct Denied {
    pub(crate) request: Request,
    pub(crate) cause: Cause,
    pub(crate) username: Option<String>,
}

impl Denied {
    /// Why, for the host alone: what the client sees must not tell it.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The user-id that was sent, for logs and lockouts, if it was read. It may hold characters that
    /// break a line of a log: print it with `{:?}`, which escapes them.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// The name of the scheme, `"login"`, or `"unknown"`.
    pub fn scheme(&self) -> &str {
        self.request.scheme()
    }

    /// What to answer where these scopes are asked for.
    pub fn refusal(&self, scopes: &Scopes) -> Refusal {
        let refused = |status| Refusal::unauthorized(&self.request, status, self.sent(), scopes);
        match self.cause {
            Cause::Refused(why) => Refusal::later(why),
            Cause::OutOfMemory(_) => Refusal::later(Refuse::Overloaded { retry_after: 1 }),
            Cause::Ambiguous => refused(400),
            cause if cause.is_unreadable() => {
                let scheme = self.request.config.scheme(self.request.source);
                refused(scheme.map_or(401, |scheme| scheme.malformed_status()))
            }
            _ => refused(401),
        }
    }

    fn sent(&self) -> Sent {
        match self.cause {
            Cause::Stale => Sent::Stale,
            cause if cause.is_unreadable() => Sent::Malformed,
            _ => Sent::Invalid,
        }
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("scheme", &self.request)
            .field("cause", &self.cause)
            .field("username", &self.username)
            .finish()
    }
}

/// Why a request was denied. For the host's logs and lockouts, never for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The credentials could not be read.
    Malformed(Malformed),
    /// A field that a scheme reads stands there twice.
    Duplicate,
    /// There are credentials for two schemes.
    Ambiguous,
    /// The field, the user-id or the password is over its limit.
    TooLong,
    /// The token's format or checksum is not that of this host's tokens.
    ForeignToken,
    /// Nobody has this user-id.
    UnknownUser,
    /// The account has no password.
    NoPassword,
    /// The account is disabled.
    AccountDisabled,
    /// The stored hash is not to be verified.
    UnusableHash(Refused),
    /// The password, or the proof, does not match.
    Mismatch,
    /// The proof was made for an older nonce.
    Stale,
    /// Nobody holds this token.
    UnknownToken,
    /// The lookup returned the record of another token.
    AnotherToken,
    /// The token has expired.
    TokenExpired,
    /// The token was revoked.
    TokenRevoked,
    /// The host refused the ask.
    Refused(Refuse),
    /// There was no memory for the work.
    OutOfMemory(OutOfMemory),
}

impl Cause {
    /// Whether the credentials were refused by their form, before anybody was looked up.
    const fn is_unreadable(self) -> bool {
        matches!(self, Cause::Malformed(_) | Cause::Duplicate | Cause::Ambiguous | Cause::TooLong)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Cause::Malformed(malformed) => return malformed.fmt(f),
            Cause::UnusableHash(refused) => return write!(f, "unusable hash: {refused}"),
            Cause::OutOfMemory(error) => return error.fmt(f),
            Cause::Duplicate => "the field stands there twice",
            Cause::Ambiguous => "credentials for two schemes",
            Cause::TooLong => "over a limit of length",
            Cause::ForeignToken => "not a token of this host's format",
            Cause::UnknownUser => "unknown user-id",
            Cause::NoPassword => "account without password",
            Cause::AccountDisabled => "account disabled",
            Cause::Mismatch => "wrong password or proof",
            Cause::Stale => "stale nonce",
            Cause::UnknownToken => "unknown token",
            Cause::AnotherToken => "the lookup returned another token",
            Cause::TokenExpired => "token expired",
            Cause::TokenRevoked => "token revoked",
            Cause::Refused(Refuse::Throttled { .. }) => "throttled",
            Cause::Refused(Refuse::Overloaded { .. }) => "overloaded",
        };
        f.write_str(text)
    }
}

/// Why a host refuses an ask. It answers at once, and so its time shows: it is for throttling and
/// overload, never for what an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refuse {
    /// Too many attempts: 429.
    Throttled {
        /// Seconds for `Retry-After`.
        retry_after: u32,
    },
    /// Too much to do: 503.
    Overloaded {
        /// Seconds for `Retry-After`.
        retry_after: u32,
    },
}

/// What to answer a client that may not go on: a status and field lines. The body is the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refusal is to be sent"]
pub struct Refusal {
    status: u16,
    fields: Vec<(&'static str, String)>,
}

impl Refusal {
    /// The status code: 400, 401, 403, 407, 429 or 503.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The field lines, names in lower case. A name may come more than once: a challenge each.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// With a challenge of each scheme; the one whose credentials came is told what became of them.
    fn unauthorized(request: &Request, status: u16, sent: Sent, scopes: &Scopes) -> Self {
        let config = &request.config;
        let (status, field) = match (config.proxy, status) {
            (true, 401) => (407, "proxy-authenticate"),
            (true, status) => (status, "proxy-authenticate"),
            (false, status) => (status, "www-authenticate"),
        };
        let fields = config.schemes.iter().enumerate().filter_map(|(index, scheme)| {
            let is_sender = request.source == Source::Scheme(index);
            let sent = if is_sender { sent } else { Sent::Nothing };
            let asked = Asked { realm: &config.realm, sent, scopes, now: request.now };
            let mut challenge = String::new();
            scheme.challenge(&asked, &mut challenge);
            (!challenge.is_empty()).then_some((field, challenge))
        });
        Self { status, fields: fields.collect() }
    }

    /// With the challenge of the scheme that granted, if it makes one (RFC 6750 §3.1).
    fn forbidden(request: &Request, scopes: &Scopes) -> Self {
        let mut refusal = Self { status: 403, fields: Vec::new() };
        if let Some(scheme) = request.config.scheme(request.source) {
            let (realm, now) = (request.config.realm.as_str(), request.now);
            let asked = Asked { realm, sent: Sent::InsufficientScope, scopes, now };
            let mut challenge = String::new();
            scheme.challenge(&asked, &mut challenge);
            let proxy = request.config.proxy;
            let field = if proxy { "proxy-authenticate" } else { "www-authenticate" };
            if !challenge.is_empty() {
                refusal.fields.push((field, challenge));
            }
        }
        refusal
    }

    fn later(why: Refuse) -> Self {
        let (status, seconds) = match why {
            Refuse::Throttled { retry_after } => (429, retry_after),
            Refuse::Overloaded { retry_after } => (503, retry_after),
        };
        Self { status, fields: [("retry-after", alloc::format!("{seconds}"))].into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request is answered with status {}", self.status)
    }
}

impl core::error::Error for Refusal {}
