//! Reads bodies, no further than a limit and no longer than a while; of JSON, a user-id and a password.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use doorstep::password::Secret;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Deserializer};

use crate::answer::Failure;

/// The longest body, in bytes. A form may write each byte of the longest password as three.
const MAX_LEN: usize = 16 * 1024;
/// How long a client may take to send it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What `POST /users` and `POST /tokens` are sent. Other members are ignored.
#[derive(Deserialize)]
pub(crate) struct Login {
    pub(crate) username: String,
    #[serde(deserialize_with = "secret")]
    pub(crate) password: Secret,
}

impl Login {
    /// Reads all of the body.
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Failure> {
        if !is(headers, "application/json") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Failure::Invalid(status, "the content type must be application/json"));
        }
        serde_json::from_slice(&read(body).await?).map_err(|error| {
            // The error's own words may quote what was sent.
            if error.is_data() {
                let what = "username and password are asked for, both strings";
                Failure::Invalid(StatusCode::UNPROCESSABLE_ENTITY, what)
            } else {
                Failure::Invalid(StatusCode::BAD_REQUEST, "the body is not JSON")
            }
        })
    }
}

/// All of the body. What passed through hyper's buffers on the way is not wiped.
pub(crate) async fn read(body: Body) -> Result<Bytes, Failure> {
    let late = Failure::Invalid(StatusCode::REQUEST_TIMEOUT, "the body took too long");
    let read = tokio::time::timeout(TIMEOUT, Limited::new(body, MAX_LEN).collect());
    match read.await.map_err(|_| late)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Failure::Invalid(StatusCode::PAYLOAD_TOO_LARGE, "the body is over 16 KiB"))
        }
        Err(_) => Err(Failure::Invalid(StatusCode::BAD_REQUEST, "the body is broken")),
    }
}

/// Whether the content is of this type, whatever its parameters.
pub(crate) fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case(media_type)
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}
