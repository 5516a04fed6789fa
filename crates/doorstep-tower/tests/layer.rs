//! The layer over `oneshot`: who passes, what the others are answered, and what stays untouched.
//! Issue 5 §1.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get as on_get;
use doorstep::password::{Algorithm, Cost, Derivation, Format, Hasher, Kdf, Slices};
use doorstep::password::{Refused as RefusedHash, StoredHash};
use doorstep::{Authenticator, Basic};
use doorstep_tower::{AuthLayer, Granted, Pool, PoolLimits, Refused, Require, Scopes, Why};
use http_body_util::{BodyExt as _, StreamBody};
use tower::ServiceExt as _;

use util::{Db, TOKEN, User, authenticator, basic, bearer, get, shown};

const CHALLENGES: &str = "401\n\
    www-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
    www-authenticate: Bearer realm=\"example\"\n\
    www-authenticate: ApiKey realm=\"example\"";

/// A route of each kind, without the layer.
fn routes() -> Router {
    let hello = async |granted: Granted<User>| format!("hello {}", granted.user());
    let greet = async |granted: Option<Granted<User>>| match granted {
        Some(granted) => format!("hello {}", granted.user()),
        None => "hello".into(),
    };
    Router::new()
        .route("/user", on_get(hello))
        .route("/anyone", on_get(greet))
        .route("/scopes", on_get(async |scopes: Scopes| scopes.as_str().to_owned()))
        .route("/required", on_get("users").route_layer(Require::user()))
        .route("/write", on_get("writers").route_layer(Require::scopes("write").unwrap()))
        .route(
            "/write-or-anonymous",
            on_get("some").route_layer(Require::scopes("write").unwrap().or_anonymous()),
        )
        .route("/cached", on_get(([("cache-control", "max-age=60")], "for a minute")))
        .route("/public", on_get(([("cache-control", "public, max-age=60")], "for all")))
}

fn router(db: &Db) -> Router {
    routes().layer(AuthLayer::new(authenticator(), db.clone()))
}

async fn answer(router: Router, path: &str, fields: &[(&str, &str)]) -> String {
    let response = router.oneshot(get(path, fields)).await.unwrap();
    shown(response, &["www-authenticate", "retry-after"]).await
}

#[tokio::test]
async fn who_is_granted_passes_and_is_known() {
    let router = router(&Db::new());
    let password = basic("Aladdin", "open sesame");
    for value in [&password, &bearer()] {
        let fields = [("authorization", value.as_str())];
        assert_eq!(answer(router.clone(), "/user", &fields).await, "200\n\nhello Aladdin");
        assert_eq!(answer(router.clone(), "/anyone", &fields).await, "200\n\nhello Aladdin");
        assert_eq!(answer(router.clone(), "/required", &fields).await, "200\n\nusers");
    }
    let key = [("x-api-key", TOKEN)];
    assert_eq!(answer(router.clone(), "/user", &key).await, "200\n\nhello Aladdin");
    assert_eq!(answer(router.clone(), "/scopes", &key).await, "200\n\nread write");
    assert_eq!(answer(router, "/scopes", &[("authorization", &password)]).await, "200\n\nread");
}

#[tokio::test]
async fn anonymous_passes_unless_a_user_is_asked_for() {
    let db = Db::new();
    let router = router(&db);
    assert_eq!(answer(router.clone(), "/anyone", &[]).await, "200\n\nhello");
    assert_eq!(answer(router.clone(), "/scopes", &[]).await, "200");
    assert_eq!(answer(router.clone(), "/write-or-anonymous", &[]).await, "200\n\nsome");
    assert_eq!(answer(router.clone(), "/user", &[]).await, CHALLENGES);
    assert_eq!(answer(router.clone(), "/required", &[]).await, CHALLENGES);
    // RFC 6750 §3: "scope" tells what is asked for.
    let asked =
        CHALLENGES.replace("Bearer realm=\"example\"", "Bearer realm=\"example\", scope=\"write\"");
    assert_eq!(answer(router, "/write", &[]).await, asked);
    assert_eq!(db.asked(), 0);
}

/// RFC 6750 §3.1: too few scopes are 403. A user with too few is not better served for being known.
#[tokio::test]
async fn too_few_scopes_are_forbidden() {
    let router = router(&Db::new());
    let password = basic("Aladdin", "open sesame");
    let fields = [("authorization", password.as_str())];
    assert_eq!(answer(router.clone(), "/write", &fields).await, "403");
    assert_eq!(answer(router.clone(), "/write-or-anonymous", &fields).await, "403");
    let fields = [("authorization", &*bearer())];
    assert_eq!(answer(router, "/write", &fields).await, "200\n\nwriters");
}

/// DESIGN §2: the same response, byte for byte, for every cause that depends on stored data; also
/// where nobody asks who it is.
#[tokio::test]
async fn wrong_credentials_are_refused_everywhere_and_alike() {
    let db = Db::new();
    db.set_password("Jafar", "open sesame", 2);
    db.disable("Jafar");
    let router = router(&db);
    for path in ["/user", "/anyone", "/write"] {
        for (name, password) in [("Aladdin", "wrong"), ("Jafar", "open sesame"), ("Nobody", "x")] {
            let value = basic(name, password);
            let answer = answer(router.clone(), path, &[("authorization", &value)]).await;
            assert_eq!(answer, CHALLENGES, "{path} {name}");
        }
    }
    let malformed = answer(router.clone(), "/anyone", &[("authorization", "Bearer ?")]).await;
    assert!(malformed.starts_with("400\n") && malformed.contains("error=\"invalid_request\""));
    // Two lines of one field: RFC 6750 §3.1, "repeats the same parameter".
    let bearer = bearer();
    let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert!(answer(router, "/anyone", &twice).await.starts_with("400\n"));
}

#[tokio::test]
async fn a_failing_store_is_503_and_never_a_grant() {
    let db = Db::new();
    *db.fails.lock().unwrap() = true;
    let why = |refused: &Refused| Response::new(Body::from(format!("{:?}", refused.why())));
    let router = routes().layer(AuthLayer::new(authenticator(), db.clone()).on_refusal(why));
    for value in [basic("Aladdin", "open sesame"), bearer()] {
        let answer = answer(router.clone(), "/anyone", &[("authorization", &value)]).await;
        assert_eq!(answer, "503\nretry-after: 1\n\nStore");
    }
    assert_eq!(answer(router, "/anyone", &[]).await, "200\n\nhello");
}

#[tokio::test]
async fn a_pool_without_room_is_503_with_retry_after() {
    let db = Db::new();
    let pool = Pool::start(PoolLimits::default()).unwrap();
    let layer = AuthLayer::new(authenticator(), db).pool(pool.clone());
    let router = routes().layer(layer);
    pool.drain().await;
    let password = basic("Aladdin", "open sesame");
    let answered = answer(router.clone(), "/anyone", &[("authorization", &password)]).await;
    assert_eq!(answered, "503\nretry-after: 1");
    // Tokens need no hashing.
    let answered = answer(router, "/user", &[("authorization", &bearer())]).await;
    assert_eq!(answered, "200\n\nhello Aladdin");
}

/// Starlette's `on_error`: the body is the host's, status and challenges are not.
#[tokio::test]
async fn on_refusal_shapes_what_the_layer_and_the_routes_refuse() {
    let shape = |refused: &Refused| {
        let body = format!("{} {:?}", refused.status().as_u16(), refused.why());
        let response = Response::builder()
            .status(StatusCode::OK)
            .header("content-type", "text/plain")
            .header("www-authenticate", "None");
        response.body(Body::from(body)).unwrap()
    };
    let router = routes().layer(AuthLayer::new(authenticator(), Db::new()).on_refusal(shape));
    let expected = format!("{CHALLENGES}\n\n401 Credentials");
    let wrong = basic("Aladdin", "wrong");
    assert_eq!(answer(router.clone(), "/anyone", &[("authorization", &wrong)]).await, expected);
    assert_eq!(answer(router.clone(), "/user", &[]).await, expected);
    assert_eq!(answer(router.clone(), "/required", &[]).await, expected);
    let right = basic("Aladdin", "open sesame");
    let request = get("/write", &[("authorization", &right)]);
    let response = router.clone().oneshot(request).await.unwrap();
    let fields = ["content-type", "content-length"];
    assert_eq!(
        shown(response, &fields).await,
        "403\ncontent-type: text/plain\ncontent-length: 13\n\n403 Forbidden"
    );
    let fields = [("authorization", right.as_str())];
    assert_eq!(answer(router, "/user", &fields).await, "200\n\nhello Aladdin");
}

/// A forgotten layer must not open a route.
#[tokio::test]
async fn without_a_layer_nobody_passes() {
    for path in ["/user", "/anyone", "/scopes", "/required", "/write-or-anonymous"] {
        assert_eq!(answer(routes(), path, &[("authorization", &bearer())]).await, "500", "{path}");
    }
    let other = Router::new()
        .route("/user", on_get(async |_: Granted<u64>| "another type"))
        .layer(AuthLayer::new(authenticator(), Db::new()));
    assert_eq!(answer(other, "/user", &[("authorization", &bearer())]).await, "500");
}

/// The layer next to the route decides: what one further out granted does not leak through.
#[tokio::test]
async fn an_inner_layer_decides_anew() {
    let inner = Authenticator::builder("inner", util::hashers(2)).scheme(Basic::new());
    let router = routes()
        .layer(AuthLayer::new(inner.build().unwrap(), Db::new()))
        .layer(AuthLayer::new(authenticator(), Db::new()));
    let fields = [("authorization", &*bearer())];
    assert_eq!(answer(router.clone(), "/anyone", &fields).await, "200\n\nhello");
    let refused = answer(router, "/user", &fields).await;
    assert_eq!(refused, "401\nwww-authenticate: Basic realm=\"inner\", charset=\"UTF-8\"");
}

/// RFC 9111 §3.5: what was granted by another field than `Authorization` is for its user alone.
#[tokio::test]
async fn answers_by_another_field_are_private() {
    let router = router(&Db::new());
    let fields = ["cache-control", "vary"];
    let cached = async |path, sent: &[(&str, &str)]| {
        let response = router.clone().oneshot(get(path, sent)).await.unwrap();
        let shown = shown(response, &fields).await;
        shown.split("\n\n").next().unwrap().to_owned()
    };
    let (key, token) = ([("x-api-key", TOKEN)], bearer());
    let token = [("authorization", token.as_str())];
    let private = "200\ncache-control: private\nvary: x-api-key";
    assert_eq!(cached("/user", &key).await, private);
    let minute = "200\ncache-control: max-age=60\ncache-control: private\nvary: x-api-key";
    assert_eq!(cached("/cached", &key).await, minute);
    // Said on purpose.
    let public = "200\ncache-control: public, max-age=60\nvary: x-api-key";
    assert_eq!(cached("/public", &key).await, public);
    assert_eq!(cached("/user", &token).await, "200\nvary: x-api-key");
    assert_eq!(cached("/anyone", &[]).await, "200\nvary: x-api-key");

    let header = Authenticator::builder("example", util::hashers(2)).scheme(Basic::new());
    let router = routes().layer(AuthLayer::new(header.build().unwrap(), Db::new()));
    let response = router.oneshot(get("/anyone", &[])).await.unwrap();
    assert_eq!(shown(response, &fields).await, "200\n\nhello");
}

/// Frames go through one by one, with their trailers, both ways; trailers are no fields (DESIGN §2).
#[tokio::test]
async fn streams_and_trailers_pass_untouched() {
    let frames = || {
        let mut trailers = HeaderMap::new();
        trailers.insert("authorization", HeaderValue::from_str(&bearer()).unwrap());
        let frames = [
            http_body::Frame::data(Bytes::from("one")),
            http_body::Frame::data(Bytes::from("two")),
            http_body::Frame::trailers(trailers),
        ];
        Body::new(StreamBody::new(stream_of(frames)))
    };
    let echo = async |request: Request<Body>| {
        let known = request.extensions().get::<Granted<User>>().is_some();
        ([("x-known", known.to_string())], request.into_body()).into_response()
    };
    let router = Router::new()
        .route("/", axum::routing::post(echo))
        .layer(AuthLayer::new(authenticator(), Db::new()));
    let request = Request::post("/").body(frames()).unwrap();
    let (parts, mut body) = router.oneshot(request).await.unwrap().into_parts();
    assert_eq!(parts.headers["x-known"], "false");
    let mut seen = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame.unwrap().into_data() {
            Ok(data) => seen.push(String::from_utf8_lossy(&data).into_owned()),
            Err(frame) => seen.push(format!("{} trailers", frame.into_trailers().unwrap().len())),
        }
    }
    assert_eq!(seen, ["one", "two", "1 trailers"]);
}

/// A stream of what is there.
fn stream_of<T>(items: impl IntoIterator<Item = T>) -> Ready<T> {
    Ready(items.into_iter().collect())
}

struct Ready<T>(VecDeque<T>);

impl<T> Unpin for Ready<T> {}

impl<T> futures_core::Stream for Ready<T> {
    type Item = Result<T, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

/// DESIGN §2: answers now; the old hash is renewed after the response.
#[tokio::test]
async fn an_outdated_hash_is_renewed_after_the_response() {
    let db = Db::new();
    db.set_password("Aladdin", "open sesame", 1);
    let old = db.hash("Aladdin");
    let router = router(&db);
    let password = basic("Aladdin", "open sesame");
    let fields = [("authorization", password.as_str())];
    assert_eq!(answer(router.clone(), "/user", &fields).await, "200\n\nhello Aladdin");
    while db.hash("Aladdin") == old {
        tokio::task::yield_now().await;
    }
    assert_eq!(util::hashers(2).needs_update(&db.hash("Aladdin")), Ok(false));
    assert_eq!(answer(router, "/user", &fields).await, "200\n\nhello Aladdin");
}

/// A server that stops waits for it, or an hour of logins would be renewed once more.
#[tokio::test]
async fn renewals_are_waited_for() {
    let db = Db::new();
    db.set_password("Aladdin", "open sesame", 1);
    let layer = AuthLayer::new(util::authenticator(), db.clone());
    layer.renewed().await;
    let router = routes().layer(layer.clone());
    let password = basic("Aladdin", "open sesame");
    answer(router, "/user", &[("authorization", password.as_str())]).await;
    layer.renewed().await;
    assert_eq!(util::hashers(2).needs_update(&db.hash("Aladdin")), Ok(false));
}

/// A hasher of the host's that panics when it verifies.
#[derive(Clone, Debug)]
struct Broken;

impl Kdf for Broken {
    fn cost(&self, _: usize) -> Cost {
        Cost::new(1, 1)
    }

    fn begin(&self, _: &[u8], _: &[u8]) -> Box<dyn Slices> {
        panic!("on purpose")
    }
}

impl Format for Broken {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("broken:")
    }

    fn parse(&self, _: &str) -> Result<StoredHash, RefusedHash> {
        Ok(StoredHash::new("broken", self.derivation(&[]), b"key"))
    }
}

impl Hasher for Broken {
    fn salt_len(&self) -> usize {
        1
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Other(std::sync::Arc::new(self.clone())), salt)
    }

    fn key_len(&self) -> usize {
        b"key".len()
    }

    fn encode(&self, _: &Derivation, _: &[u8]) -> String {
        "broken:".into()
    }

    fn is_outdated(&self, _: &StoredHash) -> bool {
        false
    }
}

#[tokio::test]
async fn a_panic_is_500_for_one_request() {
    let auth = Authenticator::builder("example", util::hashers(2).accept(Broken));
    let db = Db::new();
    db.users
        .lock()
        .unwrap()
        .insert("Broken".into(), util::Row { hash: "broken:".into(), disabled: false });
    let layer = AuthLayer::new(auth.scheme(Basic::new()).build().unwrap(), db);
    let router = routes().layer(layer);
    let fields = |value: &str| get("/user", &[("authorization", value)]);
    let response = router.clone().oneshot(fields(&basic("Broken", "x"))).await.unwrap();
    assert_eq!(response.status(), 500);
    let response = router.oneshot(fields(&basic("Aladdin", "open sesame"))).await.unwrap();
    assert_eq!(response.status(), 200);
}

/// Both go between threads, whatever the user type.
#[test]
fn auto_traits() {
    fn all<T: Send + Sync + 'static>() {}
    all::<AuthLayer<Db>>();
    all::<Granted<User>>();
    all::<Pool>();
    all::<Refused>();
    all::<Require>();
    all::<Why>();
    fn shows<T: fmt::Debug>() {}
    shows::<Granted<()>>();
}
