//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use doorstep::password::HashError;
use doorstep::{Credentials, TokenDigest, TokenRecord, UnixTime};
use serde::Serialize;

use crate::answer::{Failure, Json};
use crate::auth::{Auth, USERNAME_LEN, now};
use crate::body::Login;

/// All of them.
pub(crate) fn router(auth: Arc<Auth>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/users", post(register))
        .route("/tokens", post(make_token))
        .route("/tokens/current", delete(revoke_token))
        .route("/protected", get(protected))
        .fallback(async || Failure::Invalid(StatusCode::NOT_FOUND, "there is nothing here"))
        .method_not_allowed_fallback(async || {
            Failure::Invalid(StatusCode::METHOD_NOT_ALLOWED, "not with this method")
        })
        .with_state(auth)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

async fn health(State(auth): State<Arc<Auth>>) -> Result<Response, Failure> {
    auth.store.check().await?;
    Ok(Json(StatusCode::OK, Health { status: "ok" }).into_response())
}

#[derive(Serialize)]
struct Registered<'a> {
    username: &'a str,
}

async fn register(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let Login { username, password } = Login::read(&headers, body).await?;
    let invalid = |error| Failure::Invalid(StatusCode::UNPROCESSABLE_ENTITY, error);
    if username.is_empty() || password.is_empty() {
        return Err(invalid("the username or the password is empty"));
    }
    if username.len() > USERNAME_LEN {
        return Err(invalid("the username is over 255 bytes"));
    }
    // What could never log in must not be registered.
    if Credentials::new(&username, password.expose()).is_err() {
        return Err(invalid("a control character, or a colon in the username"));
    }
    let work = match auth.authenticator.hashers().hash(password) {
        Ok(work) => work,
        Err(HashError::Entropy) => return Err(Failure::Busy { retry_after: 1 }),
        Err(_) => return Err(invalid("the password is too long")),
    };
    let taken = Failure::Invalid(StatusCode::CONFLICT, "the username is taken");
    if auth.store.has_user(&username).await? {
        return Err(taken);
    }
    let place = auth.pool.reserve(work.cost())?;
    let made = place.run(|workspace| work.run_in(workspace)).await?;
    let Ok(hash) = made else { return Err(Failure::Busy { retry_after: 1 }) };
    // Somebody else may have taken the name meanwhile.
    if !auth.store.add_user(&username, &hash).await? {
        return Err(taken);
    }
    tracing::info!(?username, "registered");
    Ok(Json(StatusCode::CREATED, Registered { username: &username }).into_response())
}

#[derive(Serialize)]
struct Token<'a> {
    token: &'a str,
    expires: u64,
}

/// A token for a password: by the header, or by the body if there is no such header.
async fn make_token(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let nothing = body.is_end_stream() && !headers.contains_key(CONTENT_TYPE);
    let granted = if headers.contains_key(AUTHORIZATION) || nothing {
        auth.authenticate(&headers).await?
    } else {
        let Login { username, password } = Login::read(&headers, body).await?;
        auth.login(&username, password).await?
    };
    if granted.user().token.is_some() {
        // Or a stolen token would live for ever.
        return Err(Failure::Invalid(StatusCode::FORBIDDEN, "a token makes no token"));
    }
    let Ok(token) = auth.tokens.generate() else { return Err(Failure::Busy { retry_after: 1 }) };
    let now = now();
    let expires = now.as_secs() + u64::from(auth.token_lifetime.get());
    let mut record = TokenRecord::new(TokenDigest::of(token.expose()));
    record.scopes = granted.scopes().clone();
    record.expires = Some(UnixTime::from_secs(expires));
    auth.store.add_token(granted.user(), &record, now).await?;
    // Letters, digits and `_`.
    let token = std::str::from_utf8(token.expose()).unwrap_or_default();
    let answer = Json(StatusCode::CREATED, Token { token, expires });
    Ok(([(CACHE_CONTROL, "no-store")], answer).into_response())
}

/// Ends the token that the request was sent with.
async fn revoke_token(
    State(auth): State<Arc<Auth>>,
    headers: HeaderMap,
) -> Result<StatusCode, Failure> {
    let granted = auth.authenticate(&headers).await?;
    let Some(digest) = &granted.user().token else {
        let what = "send the token that is to be revoked";
        return Err(Failure::Invalid(StatusCode::BAD_REQUEST, what));
    };
    auth.store.revoke_token(digest).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct Message {
    message: String,
}

async fn protected(State(auth): State<Arc<Auth>>, headers: HeaderMap) -> Result<Response, Failure> {
    let granted = auth.authenticate(&headers).await?;
    let message = format!("Hello, {}!", granted.user().username);
    Ok(Json(StatusCode::OK, Message { message }).into_response())
}
