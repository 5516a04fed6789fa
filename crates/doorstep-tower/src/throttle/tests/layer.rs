//! Throttling as a client sees it.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use axum::routing::get as on_get;
use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Outcome, Replace, TokenRecord};
use tower::ServiceExt as _;

use super::{Bench, HERE, THERE, failures, limits};
use crate::throttle::ThrottleLimits;
use crate::{AuthLayer, Granted, Peer, Pool, PoolLimits, Proxies, Refused, Why};

#[path = "../../../tests/util/mod.rs"]
mod util;

use self::util::{Db, TOKEN, User, authenticator, basic, get, shown};

const PROXY: &str = "10.0.0.1";

/// A router, the throttle at its door, and the store behind it.
struct Door {
    router: Router,
    bench: Bench,
    db: Db,
}

impl Door {
    fn new(limits: ThrottleLimits) -> Self {
        let (bench, db) = (Bench::new(limits), Db::new());
        let layer = AuthLayer::new(authenticator(), db.clone()).throttle(bench.throttle.clone());
        let hello = async |granted: Granted<User>| format!("hello {}", granted.user());
        Self { router: Router::new().route("/", on_get(hello)).layer(layer), bench, db }
    }

    async fn send(&self, request: Request<Body>) -> String {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let mut names = response.headers().keys().filter(|name| *name != "content-length");
        assert!(names.all(|name| NAMES.contains(&name.as_str())));
        let shown = shown(response, &NAMES).await;
        // That of 401 is told elsewhere.
        shown.split("\nwww-authenticate").next().unwrap().to_owned()
    }

    async fn login(&self, username: &str, password: &str, from: &str) -> String {
        self.send(request(&basic(username, password), from)).await
    }

    async fn fails(&self, username: &str, from: &str) -> String {
        self.login(username, "wrong", from).await
    }

    async fn exhaust(&self, username: &str, from: &str) -> usize {
        let mut failed = 0;
        while failed < 1000 && self.fails(username, from).await == "401" {
            failed += 1;
        }
        failed
    }
}

/// All that a refusal or a greeting may have, besides a length.
const NAMES: [&str; 5] =
    ["retry-after", "www-authenticate", "content-type", "vary", "cache-control"];

fn request(authorization: &str, from: &str) -> Request<Body> {
    let mut request = get("/", &[("authorization", authorization)]);
    let address = SocketAddr::from((from.parse::<std::net::IpAddr>().unwrap(), 7));
    request.extensions_mut().insert(ConnectInfo(address));
    request
}

fn is_granted(answer: &str) -> bool {
    answer.starts_with("200\n") && answer.ends_with("\n\nhello Aladdin")
}

/// The same 429, byte for byte, whether there is such a user or not; and neither the store is asked
/// nor a hash computed.
#[tokio::test]
async fn existing_and_unknown_users_are_throttled_alike() {
    let door = Door::new(limits());
    let mut answers = Vec::new();
    for username in ["Aladdin", "Nobody"] {
        assert_eq!(door.exhaust(username, HERE).await, 3);
        let asked = door.db.asked();
        for password in ["wrong", "open sesame"] {
            answers.push(door.login(username, password, HERE).await);
        }
        assert_eq!(door.db.asked(), asked);
    }
    assert_eq!(answers, ["429\nretry-after: 60"; 4]);
    door.bench.pass_secs(60);
    assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
}

/// Each cause that depends on the account is a failure like any other.
#[tokio::test]
async fn disabled_accounts_count_alike() {
    let door = Door::new(limits());
    door.db.disable("Aladdin");
    for _ in 0..3 {
        assert_eq!(door.login("Aladdin", "open sesame", HERE).await, "401");
    }
    assert_eq!(door.login("Aladdin", "open sesame", HERE).await, "429\nretry-after: 60");
}

#[tokio::test]
async fn right_passwords_with_every_request_pass() {
    let door = Door::new(limits());
    for _ in 0..300 {
        assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
    }
}

/// The check is before the hash, and a thousand guesses come before the first verdict.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_guesses_at_once_are_three() {
    let door = Door::new(limits());
    let guesses: Vec<_> = (0..1000)
        .map(|n| {
            let guess = request(&basic("Aladdin", &format!("guess {n}")), HERE);
            tokio::spawn(door.router.clone().oneshot(guess))
        })
        .collect();
    let mut answered = [0, 0];
    for guess in guesses {
        match guess.await.unwrap().unwrap().status().as_u16() {
            401 => answered[0] += 1,
            429 => answered[1] += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((answered, door.db.asked()), ([3, 997], 3));
}

/// Who has logged in from an address before is let through there with the right password; a wrong one
/// is answered as if nobody were known, and is counted, too.
#[tokio::test]
async fn throttling_locks_nobody_out_who_is_known() {
    let door = Door::new(limits());
    assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
    assert_eq!(door.exhaust("Aladdin", THERE).await, 3);
    let throttled = "429\nretry-after: 60";
    assert_eq!(door.login("Aladdin", "open sesame", THERE).await, throttled);
    assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
    let asked = door.db.asked();
    for _ in 0..5 {
        assert_eq!(door.fails("Aladdin", HERE).await, throttled);
    }
    assert_eq!(door.db.asked(), asked + 2);
    assert_eq!(door.login("Aladdin", "open sesame", HERE).await, throttled);
    door.bench.pass_secs(1200);
    assert_eq!(door.exhaust("Aladdin", THERE).await, 3);
    assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
}

/// A field from a peer that nobody named is a stranger's word; from a named one it tells clients apart.
#[tokio::test]
async fn addresses_are_taken_from_named_proxies_alone() {
    let by_address = |proxies| ThrottleLimits {
        username: failures(1000, 1),
        address: failures(3, 60),
        proxies,
        ..limits()
    };
    let sent = async |door: &Door, from: &str, line: String| {
        let mut request = request(&basic("Aladdin", "wrong"), from);
        request.headers_mut().insert("x-forwarded-for", line.parse().unwrap());
        door.send(request).await
    };
    let named = || Proxies::x_forwarded_for([PROXY]).unwrap();
    for (proxies, from) in [(Proxies::default(), PROXY), (named(), HERE)] {
        let door = Door::new(by_address(proxies));
        for n in 0..10 {
            let expected = if n < 3 { "401" } else { "429\nretry-after: 60" };
            assert_eq!(sent(&door, from, format!("203.0.113.{n}")).await, expected);
        }
    }
    let door = Door::new(by_address(named()));
    for n in 0..10 {
        // What the client wrote itself stands on the left.
        let expected = if n < 3 { "401" } else { "429\nretry-after: 60" };
        assert_eq!(sent(&door, PROXY, format!("203.0.113.{n}, {HERE}")).await, expected);
    }
    assert_eq!(sent(&door, PROXY, THERE.into()).await, "401");
}

#[tokio::test]
async fn unknown_tokens_count_by_address() {
    let door = Door::new(ThrottleLimits { address: failures(3, 60), ..limits() });
    let token =
        async |token: &str, from| door.send(request(&format!("Bearer {token}"), from)).await;
    assert!(is_granted(&token(TOKEN, HERE).await));
    for _ in 0..3 {
        assert_eq!(token("unknown", HERE).await, "401");
    }
    let asked = door.db.asked();
    assert_eq!(token("unknown", HERE).await, "429\nretry-after: 60");
    assert_eq!(door.db.asked(), asked);
    // Granted there before; and passwords have their own quota.
    assert!(is_granted(&token(TOKEN, HERE).await));
    assert!(is_granted(&door.login("Aladdin", "open sesame", HERE).await));
    assert_eq!(token("unknown", THERE).await, "401");
}

/// The login in a handler and the layer have the same quotas.
#[tokio::test]
async fn logins_in_handlers_are_throttled_too() {
    let (bench, db) = (Bench::small(), Db::new());
    let layer = AuthLayer::new(authenticator(), db.clone()).throttle(bench.throttle.clone());
    let login = layer.login_handle();
    let [here, there] =
        [HERE, THERE].map(|from| Peer::from(from.parse::<std::net::IpAddr>().unwrap()));
    for _ in 0..3 {
        let refused = login.login("Aladdin", "wrong".into(), &there).await.unwrap_err();
        assert_eq!(refused.why(), Why::Credentials);
    }
    let asked = db.asked();
    let throttled = |refused: Refused| {
        (refused.why(), refused.fields()["retry-after"].to_str().unwrap().to_owned())
    };
    let answer = login.login("Aladdin", "open sesame".into(), &here).await.unwrap_err();
    assert_eq!(throttled(answer), (Why::Throttled, "60".into()));
    assert_eq!(db.asked(), asked);
    let router = Router::new().route("/", on_get("anyone")).layer(layer);
    let response = router.oneshot(request(&basic("Aladdin", "open sesame"), HERE)).await.unwrap();
    assert_eq!(response.status(), 429);
    // And a wrong password of one who is known here.
    bench.pass_secs(60);
    login.login("Aladdin", "open sesame".into(), &here).await.unwrap();
    login.login("Aladdin", "wrong".into(), &there).await.unwrap_err();
    login.login("Aladdin", "open sesame".into(), &here).await.unwrap();
    let answer = login.decide("Aladdin", "wrong".into(), &here).await.unwrap_err();
    assert_eq!(throttled(answer), (Why::Throttled, "60".into()));
}

/// Neither a store that fails nor a pool without room is a failure of the user's.
#[tokio::test]
async fn failures_of_the_host_are_not_counted() {
    let door = Door::new(ThrottleLimits { address: failures(5, 60), ..limits() });
    *door.db.fails.lock().unwrap() = true;
    for _ in 0..10 {
        assert_eq!(door.fails("Aladdin", HERE).await, "503\nretry-after: 1");
    }
    *door.db.fails.lock().unwrap() = false;
    assert_eq!(door.exhaust("Aladdin", HERE).await, 3);

    let bench = Bench::small();
    let pool = Pool::start(PoolLimits::default()).unwrap();
    let layer = AuthLayer::new(authenticator(), Db::new()).throttle(bench.throttle.clone());
    let login = layer.pool(pool.clone()).login_handle();
    pool.drain().await;
    for _ in 0..10 {
        let refused = login.login("Aladdin", "wrong".into(), &Peer::default()).await.unwrap_err();
        assert_eq!(refused.why(), Why::Overloaded);
    }
    assert_eq!(bench.exhaust("Aladdin", ""), 3);
}

/// A store that is asked and never answers.
struct Silent;

impl Store for Silent {
    type User = User;
    type Error = Infallible;

    async fn find_user(&self, _: &FindUser<User>) -> Result<Option<(User, Account)>, Infallible> {
        std::future::pending().await
    }

    async fn find_token(
        &self,
        _: &FindToken<User>,
    ) -> Result<Option<(User, TokenRecord)>, Infallible> {
        std::future::pending().await
    }

    async fn replace_hash(&self, _: &Replace<User>) -> Result<bool, Infallible> {
        std::future::pending().await
    }
}

/// Hanging up frees the place.
#[tokio::test]
async fn who_hangs_up_leaves_the_name_alone() {
    let bench = Bench::small();
    let login =
        AuthLayer::new(authenticator(), Silent).throttle(bench.throttle.clone()).login_handle();
    let peer = Peer::default();
    let mut undecided: Vec<_> =
        (0..3).map(|_| Box::pin(login.decide("Aladdin", "wrong".into(), &peer))).collect();
    for login in &mut undecided {
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(
                login.as_mut().poll(context).is_pending()
            ))
            .await
        );
    }
    assert_eq!(bench.fails("Aladdin", ""), Err(1));
    drop(undecided);
    assert_eq!(bench.exhaust("Aladdin", ""), 3);
}

/// Without being asked for, nothing is throttled.
#[tokio::test]
async fn it_is_off_unless_asked_for() {
    let login = AuthLayer::new(authenticator(), Db::new()).login_handle();
    for _ in 0..200 {
        let outcome = login.decide("Aladdin", "wrong".into(), &Peer::default()).await.unwrap();
        assert!(matches!(outcome, Outcome::Denied(_)));
    }
}

/// The body is the host's, also for who is known and fails.
#[tokio::test]
async fn on_refusal_shapes_both_kinds_alike() {
    let bench = Bench::small();
    let shape = |refused: &Refused| Response::new(Body::from(format!("{:?}", refused.why())));
    let layer = AuthLayer::new(authenticator(), Db::new()).throttle(bench.throttle.clone());
    let router = Router::new().route("/", on_get("anyone")).layer(layer.on_refusal(shape));
    let send = async |password: &str, from| {
        let request = request(&basic("Aladdin", password), from);
        shown(router.clone().oneshot(request).await.unwrap(), &NAMES).await
    };
    send("open sesame", HERE).await;
    bench.exhaust("Aladdin", THERE);
    assert_eq!(send("wrong", HERE).await, "429\nretry-after: 60\n\nThrottled");
    assert_eq!(send("wrong", THERE).await, "429\nretry-after: 60\n\nThrottled");
}
