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
use doorstep::{Credentials, Scopes, UnixTime};
use doorstep_sqlx::{SqlStore, User};
use doorstep_tower::{AuthLayer, Granted, OnRefusal, Peer};
use serde::Serialize;

use crate::answer::{Failure, Json};
use crate::auth::{Auth, USERNAME_LEN, now};
use crate::body::Login;

/// All of them, those that credentials are read for below `layer`.
pub(crate) fn router<F: OnRefusal<Body>>(auth: Arc<Auth>, layer: AuthLayer<SqlStore, F>) -> Router {
    Router::new()
        .route("/tokens", post(make_token))
        .route("/tokens/current", delete(revoke_token))
        .route("/protected", get(protected))
        .layer(layer)
        .route("/health", get(health))
        .route("/users", post(register))
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
    let work = match auth.hashers.hash(password) {
        Ok(work) => work,
        Err(HashError::Entropy) => return Err(Failure::Busy { retry_after: 1 }),
        Err(_) => return Err(invalid("the password is one that this algorithm cannot take")),
    };
    // Before the work of a hash. Somebody else may still take the name meanwhile.
    if auth.store.user(&username).await?.is_some() {
        return Err(Failure::TAKEN);
    }
    let made = auth.pool.run(work.cost(), |workspace| work.run_in(workspace)).await?;
    let Ok(hash) = made else { return Err(Failure::Busy { retry_after: 1 }) };
    auth.store.create_user(&username, Some(&hash), &Scopes::NONE_ASKED).await?;
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
    granted: Result<Granted<User>, doorstep_tower::Refused>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let nothing = body.is_end_stream() && !headers.contains_key(CONTENT_TYPE);
    let (user, scopes) = if headers.contains_key(AUTHORIZATION) || nothing {
        let granted = granted?;
        (granted.user().clone(), granted.scopes().clone())
    } else {
        let Login { username, password } = Login::read(&headers, body).await?;
        let granted = auth.login.login(&username, password, &peer).await?;
        (granted.user().clone(), granted.scopes().clone())
    };
    if user.token.is_some() {
        // Or a stolen token would live for ever.
        return Err(Failure::Invalid(StatusCode::FORBIDDEN, "a token makes no token"));
    }
    let now = now();
    auth.store.delete_expired_tokens(now).await?;
    let expires = now.as_secs() + u64::from(auth.token_lifetime.get());
    let until = Some(UnixTime::from_secs(expires));
    let token = auth.store.create_token(user.id, &auth.tokens, scopes, until).await?;
    // Letters, digits and `_`.
    let token = std::str::from_utf8(token.expose()).unwrap_or_default();
    let answer = Json(StatusCode::CREATED, Token { token, expires });
    Ok(([(CACHE_CONTROL, "no-store")], answer).into_response())
}

/// Ends the token that the request was sent with.
async fn revoke_token(
    State(auth): State<Arc<Auth>>,
    granted: Granted<User>,
) -> Result<StatusCode, Failure> {
    let User { id, token: Some(token), .. } = granted.user() else {
        let what = "send the token that is to be revoked";
        return Err(Failure::Invalid(StatusCode::BAD_REQUEST, what));
    };
    auth.store.revoke_token(*id, *token).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
struct Message {
    message: String,
}

async fn protected(granted: Granted<User>) -> Response {
    let message = format!("Hello, {}!", granted.user().username);
    Json(StatusCode::OK, Message { message }).into_response()
}
