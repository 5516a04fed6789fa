//! The page for people: register, log in, see the steps that were taken, make and revoke tokens, see
//! the pool. Plain forms, which post to `/` and get the page back; the script keeps the pool's figures
//! fresh, and nothing else needs it.
//!
//! There is no session and no cookie: a browser sends nothing along by itself that another site's form
//! could use. After a login the page holds a *key* in a hidden field of its own forms: a token with the
//! scope `manage` and a short life.

mod form;
mod graph;
mod path;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use doorstep::{Granted, Scopes, Step};
use doorstep_sqlx::{TokenId, User};
use serde::Serialize;

use self::form::Form;
use self::view::{Keyholder, Page, Report};
use crate::answer::{Failure, Json};
use crate::auth::Auth;
use crate::{accounts, origin};

/// What a page's key may do, and no other token.
const MANAGE: &str = "manage";
/// How long a page's key is good, in seconds.
const KEY_LIFETIME: u32 = 15 * 60;

/// This server's own style, script, image and figures, and nothing else; no frame around the page, and
/// its forms post nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types";

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const ICON: &str = include_str!("page/icon.svg");

pub(crate) fn router() -> Router<Arc<Auth>> {
    Router::new()
        .route("/", get(show).post(act))
        .route("/pool", get(pool))
        .route("/page.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/page.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/icon.svg", get(async || asset("image/svg+xml", ICON)))
}

async fn show(State(auth): State<Arc<Auth>>) -> Response {
    respond(StatusCode::OK, &auth, &Page::default())
}

/// Does what a form asks for, and shows the page as it is then.
async fn act(State(auth): State<Arc<Auth>>, headers: HeaderMap, body: Body) -> Response {
    let mut page = Page::default();
    let mut status = StatusCode::OK;
    if let Err(failure) = answer(&auth, &headers, body, &mut page).await {
        let report = Report::of(failure, page.path.as_ref());
        status = report.status;
        page.report = Some(report);
    }
    respond(status, &auth, &page)
}

async fn answer(
    auth: &Auth,
    headers: &HeaderMap,
    body: Body,
    page: &mut Page,
) -> Result<(), Failure> {
    if !origin::is_own(headers) {
        let what = "the form was sent from another site's page";
        return Err(Failure::Invalid(StatusCode::FORBIDDEN, what));
    }
    let form = Form::read(headers, body).await?;
    match &*form.action {
        "register" => {
            page.username = form.username;
            accounts::register(auth, &page.username, form.password).await?;
            let report = Report::good("Registered: ", &page.username);
            page.report = Some(report.saying("The account is there. Log in to see the steps."));
        }
        "login" => {
            page.username = form.username;
            let step = auth.authenticator.login(&page.username, form.password);
            let granted = decide(auth, step, page).await?;
            let (scopes, id) = (Scopes::parse(MANAGE).unwrap_or_default(), granted.user().id);
            let (key, _) = accounts::make_token(auth, id, scopes, KEY_LIFETIME).await?;
            page.keyholder = keyholder(auth, key).await?;
            page.report = Some(Report::good("Granted: ", &granted.user().username));
        }
        "try" => {
            page.keyholder = keyholder(auth, form.key).await?;
            let granted = decide(auth, begin(auth, &form.token), page).await?;
            page.report = Some(Report::good("Granted: ", &granted.user().username));
        }
        "make" | "revoke" | "leave" => {
            let granted = decide(auth, begin(auth, &form.key), page).await?;
            let user = granted.user();
            let Some(own) = user.token.filter(|_| may_manage(&granted)) else {
                let what = "this token is no page's key";
                return Err(Failure::Invalid(StatusCode::FORBIDDEN, what));
            };
            page.report = Some(manage(auth, &form, user, own, page).await?);
            if form.action != "leave" {
                page.keyholder = keyholder(auth, form.key).await?;
            }
        }
        _ => {
            let what = "the form asks for nothing that there is";
            return Err(Failure::Invalid(StatusCode::BAD_REQUEST, what));
        }
    }
    Ok(())
}

async fn manage(
    auth: &Auth,
    form: &Form,
    user: &User,
    own: TokenId,
    page: &mut Page,
) -> Result<Report, Failure> {
    match &*form.action {
        "make" => {
            let (scopes, lifetime) = (Scopes::NONE_ASKED, auth.token_lifetime.get());
            let (token, _) = accounts::make_token(auth, user.id, scopes, lifetime).await?;
            page.token = Some(token);
            Ok(Report::good("A token of ", &user.username)
                .saying("It is shown this once: only its digest is stored."))
        }
        "revoke" => {
            let Ok(id) = form.id.parse() else {
                let what = "there is no such token";
                return Err(Failure::Invalid(StatusCode::UNPROCESSABLE_ENTITY, what));
            };
            // The user's own tokens alone.
            let revoked = auth.store.revoke_token(user.id, TokenId::from_i64(id)).await?;
            let text =
                if revoked { "It is refused from now on." } else { "There was none to revoke." };
            Ok(Report::good("Revoked a token of ", &user.username).saying(text))
        }
        _ => {
            auth.store.revoke_token(user.id, own).await?;
            Ok(Report::good("Logged out: ", &user.username).saying("The page's key is revoked."))
        }
    }
}

/// Answers the steps, and keeps them for the page, whatever they come to.
async fn decide(auth: &Auth, step: Step<User>, page: &mut Page) -> Result<Granted<User>, Failure> {
    let (outcome, path) = path::drive(auth, step).await?;
    path::log(&outcome);
    page.path = Some(path);
    Ok(outcome.require(&Scopes::NONE_ASKED).map_err(doorstep_tower::Refused::from)?)
}

/// Whose page it is by its key, if that is still good.
async fn keyholder(auth: &Auth, key: String) -> Result<Option<Keyholder>, Failure> {
    if key.is_empty() {
        return Ok(None);
    }
    let (outcome, _) = path::drive(auth, begin(auth, &key)).await?;
    let Some(granted) = outcome.granted().filter(may_manage) else { return Ok(None) };
    let User { id, username, token: Some(own), .. } = granted.into_user() else { return Ok(None) };
    let tokens = auth.store.tokens(id).await?;
    Ok(Some(Keyholder { username, key, own, tokens }))
}

/// As if the token had come in a header field.
fn begin(auth: &Auth, token: &str) -> Step<User> {
    let value = format!("Bearer {token}");
    auth.authenticator.begin([("authorization", value.as_bytes())])
}

fn may_manage(granted: &Granted<User>) -> bool {
    Scopes::parse(MANAGE).is_ok_and(|manage| granted.refusal(&manage).is_none())
}

fn respond(status: StatusCode, auth: &Auth, page: &Page) -> Response {
    let html = page.render(&auth.pool);
    let mut response = (status, guarded("text/html; charset=utf-8"), html).into_response();
    if let Some(seconds) = page.report.as_ref().and_then(|report| report.retry_after.clone()) {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

fn asset(media_type: &'static str, content: &'static str) -> Response {
    (guarded(media_type), content).into_response()
}

/// The fields of everything that a browser shows. A page may hold a token.
fn guarded(media_type: &'static str) -> [(HeaderName, &'static str); 7] {
    [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // `no-referrer` would make browsers say `Origin: null` of this page's own forms.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ]
}

#[derive(Serialize)]
struct PoolFigures {
    waiting: usize,
    queue: usize,
    running: usize,
    threads: usize,
    memory_kib: u64,
    memory_limit_kib: u64,
    last_batch: usize,
}

/// What the pool does now, for the page's script.
async fn pool(State(auth): State<Arc<Auth>>) -> Response {
    let (load, limits) = (auth.pool.load(), auth.pool.limits());
    let figures = PoolFigures {
        waiting: load.waiting,
        queue: limits.queue,
        running: load.running,
        threads: limits.threads.get(),
        memory_kib: load.memory_kib,
        memory_limit_kib: limits.memory_kib,
        last_batch: load.last_batch,
    };
    ([(CACHE_CONTROL, "no-store")], Json(StatusCode::OK, figures)).into_response()
}
