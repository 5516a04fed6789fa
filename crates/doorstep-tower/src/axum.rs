//! Extractors, and the response to what they refuse. The layer around the route gives it its body.

use std::convert::Infallible;

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::granted::{Decided, Granted, Scopes};
use crate::peer::Peer;
use crate::refused::Refused;

impl<S: Sync, U: Send + Sync + 'static> FromRequestParts<S> for Granted<U> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        if let Some(refused) = Decided::refusal(&parts.extensions, &doorstep::Scopes::NONE_ASKED) {
            return Err(refused);
        }
        // Granted, and there is no such user: the layer's store has another user type.
        parts.extensions.get().cloned().ok_or_else(another_type::<U>)
    }
}

impl<S: Sync, U: Send + Sync + 'static> OptionalFromRequestParts<S> for Granted<U> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refused> {
        if Decided::scopes(&parts.extensions)?.is_none() {
            return Ok(None);
        }
        parts.extensions.get().cloned().map(Some).ok_or_else(another_type::<U>)
    }
}

impl<S: Sync> FromRequestParts<S> for Scopes {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Ok(Self(Decided::scopes(&parts.extensions)?.cloned().unwrap_or_default()))
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.unshaped::<Body>()
    }
}

fn another_type<U>() -> Refused {
    let asked = std::any::type_name::<U>();
    tracing::error!(asked, "a route asks for another user type than the AuthLayer's store has");
    Refused::broken()
}
