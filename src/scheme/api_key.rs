//! A token alone in a field of its own. Allocates nothing.

use alloc::string::String;

use super::{Asked, Claim, RequestLine, Scheme, Sent, Token};
use crate::grammar::{Malformed, MalformedKind, push_quoted};
use crate::token::TokenFormat;

/// A key in a field such as `X-Api-Key`: visible ASCII, nothing else.
///
/// No RFC describes it. Caches guard responses to requests with `Authorization` (RFC 9111 §3.5), not
/// to those with a field like this: say `Cache-Control: private` and `Vary` in responses.
///
/// ```
/// use doorstep::password::{Argon2, Hashers};
/// use doorstep::{ApiKey, Authenticator, Step, TokenDigest};
///
/// let auth = Authenticator::builder("example", Hashers::new(Argon2::default()))
///     .scheme(ApiKey::in_field("x-api-key"))
///     .build()?;
/// let step: Step<()> = auth.begin([("X-Api-Key", &b"a key"[..]), ("X-Other", b"?")]);
/// assert!(matches!(step, Step::Done(_))); // a space is no part of a key
/// let step: Step<()> = auth.begin([("X-Api-Key", &b"mF_9.B5f-4.1JqM"[..])]);
/// let Step::FindToken(ask) = step else { panic!() };
/// assert_eq!(ask.digest(), &TokenDigest::of(b"mF_9.B5f-4.1JqM"));
/// # Ok::<(), doorstep::InvalidConfig>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApiKey {
    field: String,
    format: Option<TokenFormat>,
}

impl ApiKey {
    /// A key in this field, whose name is a token (RFC 9110 §5.1); [`build`](crate::Builder::build)
    /// refuses another.
    pub fn in_field(field: &str) -> Self {
        Self { field: field.to_ascii_lowercase(), format: None }
    }

    /// Refuses keys of another format without a lookup.
    pub fn format(self, format: TokenFormat) -> Self {
        Self { format: Some(format), ..self }
    }
}

impl Scheme for ApiKey {
    fn name(&self) -> &str {
        "apikey"
    }

    fn field(&self) -> &str {
        &self.field
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        _: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, Malformed> {
        let at = value.iter().position(|byte| !byte.is_ascii_graphic());
        if let Some(at) = at.or(value.is_empty().then_some(0)) {
            return Err(Malformed::new(at, MalformedKind::Credentials));
        }
        let plausible = self.format.as_ref().is_none_or(|format| format.check(value));
        Ok(Some(Claim::Token(Token { bytes: value, keep: false, plausible })))
    }

    fn challenge(&self, asked: &Asked<'_>, out: &mut String) {
        // RFC 9110 §15.5.2 wants a challenge with each 401; other scopes need another key.
        if asked.sent == Sent::InsufficientScope {
            return;
        }
        out.push_str("ApiKey ");
        push_quoted(out, "realm", asked.realm);
    }
}
