//! Authentication schemes: how credentials are read and how they are asked for. Knows no password
//! rule and no user.

mod api_key;
mod basic;
mod bearer;

use alloc::boxed::Box;
use alloc::string::String;
use core::any::Any;

pub use self::api_key::ApiKey;
pub use self::basic::Basic;
pub use self::bearer::Bearer;

use crate::credentials::Credentials;
use crate::grammar::Malformed;
use crate::scopes::Scopes;
use crate::time::UnixTime;

/// An authentication scheme (RFC 9110 §11.1).
///
/// It is asked about each request that has its field, and decides by the field's value alone whether
/// the credentials are its own. A scheme of a host's own:
///
/// ```
/// use doorstep::grammar::{Malformed, credentials, push_quoted, token68};
/// use doorstep::password::{Argon2, Hashers};
/// use doorstep::scheme::Token;
/// use doorstep::{Asked, Authenticator, Claim, RequestLine, Scheme, Step};
///
/// /// `Authorization: Ticket …`
/// struct Ticket;
///
/// impl Scheme for Ticket {
///     fn name(&self) -> &str {
///         "ticket"
///     }
///
///     fn read<'r>(
///         &self,
///         value: &'r [u8],
///         _: Option<RequestLine<'r>>,
///     ) -> Result<Option<Claim<'r>>, Malformed> {
///         let (scheme, start, rest) = credentials(value)?;
///         if !scheme.eq_ignore_ascii_case("ticket") {
///             return Ok(None);
///         }
///         Ok(Some(Claim::Token(Token::new(token68(start, rest)?))))
///     }
///
///     fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
///         out.push_str("Ticket ");
///         push_quoted(out, "realm", asked.realm);
///     }
/// }
///
/// let auth = Authenticator::builder("example", Hashers::new(Argon2::default()))
///     .scheme(Ticket)
///     .build()?;
/// let step: Step<()> = auth.begin([("authorization", &b"ticket abc"[..])]);
/// assert!(matches!(step, Step::FindToken(_)));
/// # Ok::<(), doorstep::InvalidConfig>(())
/// ```
pub trait Scheme: Send + Sync + 'static {
    /// The scheme's name in lower case, as `scheme()` of a step gives it. For schemes that read
    /// `Authorization` it is what the field value starts with.
    fn name(&self) -> &str;

    /// The field that holds the credentials, in lower case. On a proxy, `proxy-authorization` is read
    /// for `authorization`.
    fn field(&self) -> &str {
        "authorization"
    }

    /// Reads a field value: `None` if it is another scheme's.
    ///
    /// # Errors
    /// [`Malformed`] if it is this scheme's and is not what the scheme allows.
    fn read<'r>(
        &self,
        value: &'r [u8],
        line: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed>;

    /// Appends a challenge (RFC 9110 §11.3) to `out`, or nothing if there is none to make.
    fn challenge(&self, asked: &Asked<'_>, out: &mut String);

    /// The status that answers malformed or repeated credentials: 401, but 400 for Bearer.
    fn malformed_status(&self) -> u16 {
        401
    }
}

/// What the credentials of a request claim.
#[non_exhaustive]
pub enum Claim<'r> {
    /// To know a user's password.
    Password(Credentials),
    /// To hold a token.
    Token(Token<'r>),
    /// To be proved by the scheme's own computation.
    Proof(Box<dyn Proof>),
}

/// A token as it was sent.
#[derive(Clone, Copy)]
pub struct Token<'r> {
    pub(crate) bytes: &'r [u8],
    pub(crate) keep: bool,
    pub(crate) plausible: bool,
}

impl<'r> Token<'r> {
    /// A token of these bytes.
    pub const fn new(bytes: &'r [u8]) -> Self {
        Self { bytes, keep: false, plausible: true }
    }
}

/// Credentials that prove something about what is stored, without being it: a digest, a signature.
///
/// A grant by proof does no password hashing, so that [`Verify`](crate::Verify) is skipped and what is
/// stored is the scheme's own form, such as HA1 of RFC 7616. Replay is the host's to notice.
///
/// `check` does no I/O: it would stand still in the middle of an answer, and has no way to say that
/// what it asked is down. A proof that is judged elsewhere, by a directory's bind say, is handed to the
/// look-up by [`FindUser::proof`](crate::FindUser::proof), which asks there and leaves the verdict in it.
pub trait Proof: Any + Send + Sync {
    /// Whose they claim to be.
    fn username(&self) -> &str;

    /// Whether they fit what is stored. `None` if there is nothing: then it is a mismatch, after the
    /// same work. A stored string that is not exactly of the proof's own form is a mismatch, too.
    fn check(self: Box<Self>, stored: Option<&str>) -> Check;
}

/// What came of checking a [`Proof`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the check decides whether the credentials were right"]
pub enum Check {
    /// The credentials fit.
    Match,
    /// They do not.
    Mismatch,
    /// They would fit, had they been made for a newer nonce.
    Stale,
}

/// The request line and the time, for schemes that sign the request.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'r> {
    /// The method, as it was sent.
    pub method: &'r str,
    /// The request target, as it was sent.
    pub target: &'r str,
    /// Now.
    pub now: UnixTime,
}

/// What a challenge is to ask for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// The protection space.
    pub realm: &'a str,
    /// What became of credentials of this scheme in this request.
    pub sent: Sent,
    /// The scopes that the resource asks for.
    pub scopes: &'a Scopes,
    /// The time, if the request was begun with it.
    pub now: Option<UnixTime>,
}

/// What became of a scheme's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// None of this scheme were sent.
    Nothing,
    /// They could not be read.
    Malformed,
    /// They were wrong.
    Invalid,
    /// They were right for an older nonce.
    Stale,
    /// They were right, and do not reach as far as the resource asks.
    InsufficientScope,
}
