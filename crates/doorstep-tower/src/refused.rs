//! What a request is answered that may not go on: a status and fields. The body is the host's.

use std::fmt;

use doorstep::{Refusal, Refuse};
use http::header::{CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// A refused request. Nothing in it depends on what is stored: all of it may go to the client.
#[derive(Clone, Debug)]
pub struct Refused {
    status: StatusCode,
    fields: HeaderMap,
    why: Why,
}

/// Why a request was refused, as far as its client may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// There are no credentials, they cannot be read, or they are wrong: 401, 400 or 407.
    Credentials,
    /// The user may not do this: 403.
    Forbidden,
    /// Too many attempts: 429.
    Throttled,
    /// Too much to do: 503.
    Overloaded,
    /// The store failed, or did not answer in time: 503.
    Store,
    /// This host is broken: 500. A hasher of its own panicked, or a route that asks for a user is not
    /// below an [`AuthLayer`](crate::AuthLayer).
    Broken,
}

impl Refused {
    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The field lines that the status asks for: challenges, `Retry-After`.
    pub fn fields(&self) -> &HeaderMap {
        &self.fields
    }

    /// Why.
    pub fn why(&self) -> Why {
        self.why
    }

    pub(crate) fn store() -> Self {
        let fields = [(RETRY_AFTER, HeaderValue::from_static("1"))].into_iter().collect();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, fields, why: Why::Store }
    }

    /// The same as the core's [`Refusal`] for it.
    pub(crate) fn later(why: Refuse) -> Self {
        let (status, why, seconds) = match why {
            Refuse::Throttled { retry_after } => {
                (StatusCode::TOO_MANY_REQUESTS, Why::Throttled, retry_after)
            }
            Refuse::Overloaded { retry_after } => {
                (StatusCode::SERVICE_UNAVAILABLE, Why::Overloaded, retry_after)
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, Why::Overloaded, 1),
        };
        Self { status, fields: [(RETRY_AFTER, seconds.into())].into_iter().collect(), why }
    }

    pub(crate) fn broken() -> Self {
        let (status, fields) = (StatusCode::INTERNAL_SERVER_ERROR, HeaderMap::new());
        Self { status, fields, why: Why::Broken }
    }

    /// The route's answer, which the [`AuthLayer`](crate::AuthLayer) around it recognises and shapes.
    pub(crate) fn unshaped<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        self.stamp(&mut response);
        response.extensions_mut().insert(self);
        response
    }

    /// The answer with the body that the host gives it.
    pub(crate) fn shaped<B>(&self, on_refusal: &impl OnRefusal<B>) -> Response<B> {
        let mut response = on_refusal.response(self);
        self.stamp(&mut response);
        response
    }

    /// Status and fields are not the host's to change: a 401 without a challenge is none.
    fn stamp<B>(&self, response: &mut Response<B>) {
        *response.status_mut() = self.status;
        for name in self.fields.keys() {
            response.headers_mut().remove(name);
        }
        for (name, value) in &self.fields {
            response.headers_mut().append(name, value.clone());
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let why = match status {
            StatusCode::FORBIDDEN => Why::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => Why::Throttled,
            StatusCode::SERVICE_UNAVAILABLE => Why::Overloaded,
            _ => Why::Credentials,
        };
        let fields = refusal.fields().filter_map(|(name, value)| {
            let value = HeaderValue::from_str(value);
            if value.is_err() {
                tracing::error!(name, "a scheme's challenge is no field value");
            }
            Some((HeaderName::from_static(name), value.ok()?))
        });
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name, value);
        }
        Self { status, fields: map, why }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request is answered with status {}", self.status.as_u16())
    }
}

impl std::error::Error for Refused {}

/// Gives refusals their body: an empty one ([`EmptyBody`]), or what a function makes.
pub trait OnRefusal<B>: Clone + Send + Sync + 'static {
    /// The response: its body, and fields about the body. Status and the refusal's own fields are put
    /// there after it.
    fn response(&self, refused: &Refused) -> Response<B>;
}

/// No body.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyBody;

impl<B: Default> OnRefusal<B> for EmptyBody {
    fn response(&self, _: &Refused) -> Response<B> {
        Response::new(B::default())
    }
}

impl<B, F> OnRefusal<B> for F
where
    F: Fn(&Refused) -> Response<B> + Clone + Send + Sync + 'static,
{
    fn response(&self, refused: &Refused) -> Response<B> {
        self(refused)
    }
}

/// Shapes what a route below refused. What other layers put there stays.
pub(crate) fn reshape<B>(mut response: Response<B>, on_refusal: &impl OnRefusal<B>) -> Response<B> {
    let Some(refused) = response.extensions_mut().remove::<Refused>() else { return response };
    let (mut parts, _) = response.into_parts();
    let (shaped, body) = refused.shaped(on_refusal).into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    for name in shaped.headers.keys() {
        parts.headers.remove(name);
    }
    for (name, value) in &shaped.headers {
        parts.headers.append(name, value.clone());
    }
    Response::from_parts(parts, body)
}
