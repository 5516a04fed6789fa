//! Bearer tokens (RFC 6750), and schemes of other names that are read like them. Allocates nothing
//! unless the token is to be kept.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{Asked, Claim, RequestLine, Scheme, Sent, Token};
use crate::grammar::{self, Malformed, push_quoted};
use crate::token::TokenFormat;

/// The Bearer scheme (RFC 6750): a token in `Authorization`. It leads to
/// [`FindToken`](crate::FindToken).
///
/// ```
/// use doorstep::password::{Argon2, Hashers};
/// use doorstep::{Authenticator, Bearer, Step, TokenFormat};
///
/// let tokens = TokenFormat::new("ds_")?;
/// let auth = Authenticator::builder("example", Hashers::new(Argon2::default()))
///     .scheme(Bearer::new().format(tokens.clone()))
///     .scheme(Bearer::named("Token").format(tokens.clone()))
///     .build()?;
/// let value = [b"token ", tokens.generate()?.expose()].concat();
/// let Step::FindToken(ask) = auth.begin::<()>([("authorization", &value[..])]) else { panic!() };
/// assert_eq!(ask.scheme(), "token");
/// // A typo is denied without a lookup.
/// let step = auth.begin::<()>([("authorization", &b"Bearer ds_typo"[..])]);
/// assert!(matches!(step, Step::Done(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bearer {
    /// As the challenge writes it.
    title: Cow<'static, str>,
    /// In lower case.
    name: Cow<'static, str>,
    format: Option<TokenFormat>,
    keep_token: bool,
}

impl Default for Bearer {
    fn default() -> Self {
        Self::new()
    }
}

impl Bearer {
    /// `Authorization: Bearer …`.
    pub const fn new() -> Self {
        Self {
            title: Cow::Borrowed("Bearer"),
            name: Cow::Borrowed("bearer"),
            format: None,
            keep_token: false,
        }
    }

    /// A scheme of another name that is read like Bearer: `Bearer::named("Token")`.
    pub fn named(name: &str) -> Self {
        let lower_case = name.to_ascii_lowercase();
        Self { title: Cow::Owned(name.into()), name: Cow::Owned(lower_case), ..Self::new() }
    }

    /// Refuses tokens of another format without a lookup.
    pub fn format(self, format: TokenFormat) -> Self {
        Self { format: Some(format), ..self }
    }

    /// Keeps the token for [`FindToken::token`](crate::FindToken::token): for hosts that check a JWT
    /// themselves. It costs one allocation, which is wiped.
    pub fn keep_token(self) -> Self {
        Self { keep_token: true, ..self }
    }
}

impl Scheme for Bearer {
    fn name(&self) -> &str {
        &self.name
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        _: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed> {
        let (scheme, start, rest) = grammar::credentials(value)?;
        if !scheme.eq_ignore_ascii_case(&self.name) {
            return Ok(None);
        }
        let bytes = grammar::token68(start, rest)?;
        let plausible = self.format.as_ref().is_none_or(|format| format.check(bytes));
        Ok(Some(Claim::Token(Token { bytes, keep: self.keep_token, plausible })))
    }

    /// RFC 6750 §3: without credentials no error; with them, why they were not enough.
    fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
        out.push_str(&self.title);
        out.push(' ');
        push_quoted(out, "realm", asked.realm);
        if !asked.scopes.is_empty() {
            out.push_str(", ");
            push_quoted(out, "scope", asked.scopes.as_str());
        }
        let error = match asked.sent {
            Sent::Nothing => return,
            Sent::Malformed => "invalid_request",
            Sent::Invalid | Sent::Stale => "invalid_token",
            Sent::InsufficientScope => "insufficient_scope",
        };
        out.push_str(", ");
        push_quoted(out, "error", error);
    }

    fn malformed_status(&self) -> u16 {
        400
    }
}
