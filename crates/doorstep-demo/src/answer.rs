//! Answers: JSON, and what is said when something is not granted. Says nothing of why to the client,
//! and nothing secret to the log.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use doorstep_sqlx::{Error, ErrorKind};
use doorstep_tower::Refused;
use doorstep_tower::pool::NotDone;
use serde::Serialize;

/// A status and a JSON body.
pub(crate) struct Json<T>(pub(crate) StatusCode, pub(crate) T);

#[derive(Serialize)]
struct ErrorBody {
    error: &'static str,
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Structs of strings and numbers: there is nothing in them that JSON cannot say.
        let mut body = serde_json::to_vec(&self.1).unwrap_or_default();
        // For those who read it in a terminal.
        body.push(b'\n');
        (self.0, [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// The body of what the layer refuses. It sets the status itself, and its fields.
pub(crate) fn refused(refused: &Refused) -> Response {
    let error = refused.status().canonical_reason().unwrap_or("refused");
    Json(refused.status(), ErrorBody { error }).into_response()
}

/// Why a request does not get what it asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The authenticator's own answer: the credentials are missing, wrong, or it is not the time.
    Refused(Refused),
    /// The request is not one that could be granted.
    Invalid(StatusCode, &'static str),
    /// There is too much to do, or the database fails: try again later.
    Busy { retry_after: u32 },
}

impl Failure {
    pub(crate) const TAKEN: Self = Self::Invalid(StatusCode::CONFLICT, "the username is taken");
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Failure::Refused(refused)
    }
}

impl From<NotDone> for Failure {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Overloaded { retry_after } => Failure::Busy { retry_after },
            _ => Failure::Busy { retry_after: 1 },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Taken => Failure::TAKEN,
            // Kind and code: the error holds nothing else.
            _ => {
                tracing::error!(%error, "the database failed");
                Failure::Busy { retry_after: 1 }
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            // The layer around the route gives it its body.
            Failure::Refused(refused) => refused.into_response(),
            Failure::Invalid(status, error) => Json(status, ErrorBody { error }).into_response(),
            Failure::Busy { retry_after } => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let error = "Service Unavailable";
                let retry_after = [(RETRY_AFTER, HeaderValue::from(retry_after))];
                (retry_after, Json(status, ErrorBody { error })).into_response()
            }
        }
    }
}
