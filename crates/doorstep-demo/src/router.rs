//! The routes.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use doorstep_sqlx::{SqlStore, User};
use doorstep_tower::{AuthLayer, Granted, OnRefusal, Peer};
use serde::Serialize;

use crate::answer::{Failure, Json};
use crate::auth::Auth;
use crate::body::Login;
use crate::{accounts, origin, page};

/// All of them, those that credentials are read for below `layer`.
pub(crate) fn router<F: OnRefusal<Body>>(auth: Arc<Auth>, layer: AuthLayer<SqlStore, F>) -> Router {
    Router::new()
        .route("/tokens", post(make_token))
        .route("/tokens/current", delete(revoke_token))
        .route("/protected", get(protected))
        .layer(layer)
        .route("/health", get(health))
        .route("/users", post(register))
        .merge(page::router())
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
    accounts::register(&auth, &username, password).await?;
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
    if !origin::is_own(&headers) {
        let what = "this was sent from another site's page";
        return Err(Failure::Invalid(StatusCode::FORBIDDEN, what));
    }
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
    let lifetime = auth.token_lifetime.get();
    let (token, expires) = accounts::make_token(&auth, user.id, scopes, lifetime).await?;
    let (token, expires) = (&*token, expires.as_secs());
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
