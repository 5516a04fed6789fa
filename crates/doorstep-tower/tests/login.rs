//! Logins in a handler: the seed's "authenticating in views". DESIGN §1, `auth.verify(username, password)`.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::Request;
use axum::response::Response;
use axum::routing::post;
use doorstep::{Cause, Outcome};
use doorstep_tower::{AuthLayer, Login, Peer, Pool, PoolLimits, Refused, Why};
use tower::ServiceExt as _;

use util::{Db, authenticator, shown};

async fn log_in(
    State(login): State<Login<Db>>,
    peer: Peer,
    body: String,
) -> Result<String, Refused> {
    let (username, password) = body.split_once(':').unwrap();
    let granted = login.login(username, password.into(), &peer).await?;
    Ok(format!("hello {}, {}", granted.user(), granted.scheme()))
}

fn router(login: Login<Db>) -> Router {
    Router::new().route("/login", post(log_in)).with_state(login)
}

async fn answer(router: Router, body: &str) -> String {
    let request = Request::post("/login").body(Body::from(body.to_owned())).unwrap();
    let response = router.oneshot(request).await.unwrap();
    shown(response, &["www-authenticate", "retry-after"]).await
}

#[tokio::test]
async fn a_handler_logs_in_and_answers_refusals_with_a_question_mark() {
    let router = router(AuthLayer::new(authenticator(), Db::new()).login_handle());
    assert_eq!(answer(router.clone(), "Aladdin:open sesame").await, "200\n\nhello Aladdin, login");
    let refused = "401\n\
        www-authenticate: Basic realm=\"example\", charset=\"UTF-8\"\n\
        www-authenticate: Bearer realm=\"example\"\n\
        www-authenticate: ApiKey realm=\"example\"";
    assert_eq!(answer(router.clone(), "Aladdin:close sesame").await, refused);
    assert_eq!(answer(router, "Nobody:open sesame").await, refused);
}

/// The layer around the route gives the login's refusals their body, too.
#[tokio::test]
async fn on_refusal_shapes_refused_logins() {
    let shape = |refused: &Refused| Response::new(Body::from(format!("{:?}", refused.why())));
    let layer = AuthLayer::new(authenticator(), Db::new()).on_refusal(shape);
    let router = router(layer.login_handle()).layer(layer);
    let answered = answer(router, "Aladdin:wrong").await;
    assert!(answered.starts_with("401\n") && answered.ends_with("\n\nCredentials"), "{answered}");
}

#[tokio::test]
async fn the_host_alone_learns_the_cause() {
    let db = Db::new();
    let login = AuthLayer::new(authenticator(), db.clone()).login_handle();
    let peer = Peer::default();
    for (username, cause) in [("Aladdin", Cause::Mismatch), ("Nobody", Cause::UnknownUser)] {
        let outcome = login.decide(username, "wrong".into(), &peer).await.unwrap();
        let Outcome::Denied(denied) = outcome else { panic!("{outcome:?}") };
        assert_eq!((denied.cause(), denied.username()), (cause, Some(username)));
    }
    *db.fails.lock().unwrap() = true;
    let failed = login.decide("Aladdin", "open sesame".into(), &peer).await.unwrap_err();
    assert_eq!((failed.status().as_u16(), failed.why()), (503, Why::Store));
}

#[tokio::test]
async fn it_shares_the_layers_pool() {
    let pool = Pool::start(PoolLimits::default()).unwrap();
    let login = AuthLayer::new(authenticator(), Db::new()).pool(pool.clone()).login_handle();
    pool.drain().await;
    let refused = login.login("Aladdin", "open sesame".into(), &Peer::default()).await;
    assert_eq!(refused.unwrap_err().why(), Why::Overloaded);
}

/// DESIGN §2: answers now, renews after.
#[tokio::test]
async fn an_outdated_hash_is_renewed() {
    let db = Db::new();
    db.set_password("Aladdin", "open sesame", 1);
    let old = db.hash("Aladdin");
    let login = AuthLayer::new(authenticator(), db.clone()).login_handle();
    login.login("Aladdin", "open sesame".into(), &Peer::default()).await.unwrap();
    while db.hash("Aladdin") == old {
        tokio::task::yield_now().await;
    }
    assert_eq!(util::hashers(2).needs_update(&db.hash("Aladdin")), Ok(false));
}

/// The connection's address is axum's, or what another server put there; fields are kept apart.
#[test]
fn a_peer_is_the_other_end_of_the_connection() {
    let address: SocketAddr = "192.0.2.1:7".parse().unwrap();
    let request = || Request::get("/").header("x-forwarded-for", "192.0.2.9");
    let peers = [
        Peer::of(&request().extension(ConnectInfo(address)).body(()).unwrap().into_parts().0),
        Peer::of(&request().extension(address).body(()).unwrap().into_parts().0),
    ];
    for peer in peers {
        assert_eq!(peer.address(), Some(address.ip()));
        assert_eq!(peer.forwarded().get("x-forwarded-for").unwrap(), "192.0.2.9");
    }
    let named = request().extension(Peer::from(address)).body(()).unwrap().into_parts().0;
    assert_eq!(Peer::of(&named).address(), Some(address.ip()));
    let unknown = request().body(()).unwrap().into_parts().0;
    assert_eq!(Peer::of(&unknown).address(), None);
}

/// A handler's future must be `Send`, whatever it logs in with.
#[test]
fn auto_traits() {
    fn all<T: Clone + Send + Sync + 'static>() {}
    all::<Login<Db>>();
    all::<Peer>();
    fn is_send<T: Send>(_: T) {}
    let login = AuthLayer::new(authenticator(), Db::new()).login_handle();
    is_send(login.login("Aladdin", "open sesame".into(), &Peer::default()));
}
