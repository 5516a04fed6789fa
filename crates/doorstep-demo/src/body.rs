//! Reads a user-id and a password from a JSON body, no further than a limit and no longer than a
//! while.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use doorstep::password::Secret;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Deserializer};

use crate::answer::Failure;

/// The longest body, in bytes. Nothing that is sent here needs a quarter of it.
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
    /// Reads all of the body. What passed through hyper's buffers on the way is not wiped.
    pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Failure> {
        if !is_json(headers) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Failure::Invalid(status, "the content type must be application/json"));
        }
        let late = Failure::Invalid(StatusCode::REQUEST_TIMEOUT, "the body took too long");
        let read = tokio::time::timeout(TIMEOUT, Limited::new(body, MAX_LEN).collect());
        let body = match read.await.map_err(|_| late)? {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(Failure::Invalid(status, "the body is over 16 KiB"));
            }
            Err(_) => return Err(Failure::Invalid(StatusCode::BAD_REQUEST, "the body is broken")),
        };
        serde_json::from_slice(&body).map_err(|error| {
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

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
}
