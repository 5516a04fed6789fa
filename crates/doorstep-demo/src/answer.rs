//! Answers: JSON, and what is said when something is not granted. Says nothing of why to the client,
//! and nothing secret to the log.

use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use doorstep::Refusal;
use serde::Serialize;

use crate::pool::{Full, Lost};

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

/// Why a request does not get what it asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The authenticator's own answer: the credentials are missing, wrong, or it is not the time.
    Refused(Refusal),
    /// The request is not one that could be granted.
    Invalid(StatusCode, &'static str),
    /// There is too much to do.
    Busy { retry_after: u32 },
    /// The database is broken.
    Database(sqlx::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<Full> for Failure {
    fn from(full: Full) -> Self {
        Failure::Busy { retry_after: full.retry_after }
    }
}

impl From<Lost> for Failure {
    fn from(_: Lost) -> Self {
        Failure::Busy { retry_after: 1 }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        // SQLITE_BUSY: another process, such as an import, has been writing for all of the timeout.
        let busy = match &error {
            sqlx::Error::PoolTimedOut => true,
            sqlx::Error::Database(error) => error.code().as_deref() == Some("5"),
            _ => false,
        };
        if busy { Failure::Busy { retry_after: 1 } } else { Failure::Database(error) }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, error, headers) = match self {
            Failure::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.status());
                let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
                let error = status.canonical_reason().unwrap_or("refused");
                (status, error, field_lines(&refusal))
            }
            Failure::Invalid(status, error) => (status, error, HeaderMap::new()),
            Failure::Busy { retry_after } => {
                let headers = [(RETRY_AFTER, HeaderValue::from(retry_after))].into_iter().collect();
                (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", headers)
            }
            Failure::Database(error) => {
                // SQLite's words and the statement at most: what was bound to it is not among them.
                tracing::error!(%error, "the database is broken");
                (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", HeaderMap::new())
            }
        };
        (headers, Json(status, ErrorBody { error })).into_response()
    }
}

fn field_lines(refusal: &Refusal) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in refusal.fields() {
        let value = HeaderValue::from_str(value);
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            headers.append(name, value);
        }
    }
    headers
}
