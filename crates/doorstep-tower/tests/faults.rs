//! A store that goes wrong: whatever a call does, and whichever it is, nobody is granted who may
//! not be, no hash is lost, and what was held for the request is given back. SECURITY.md, "The
//! store's answers".

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::num::NonZeroUsize;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use doorstep_tower::pool::Load;
use doorstep_tower::{AuthLayer, Granted, Peer, Pool, PoolLimits, ReceiptLimits, Refused, Why};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower::{Layer as _, ServiceExt as _, service_fn};

use util::faulty::{Fault, Faulty, STORE_TIMEOUT, STRANGER};
use util::{Db, User, basic, bearer, builder, get, hashers};

/// Longer than anything takes: what takes longer has no end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Logins at once that the pool has room for.
const ROOM: usize = 8;

/// Who a request may be granted to, if anybody: `Some` says that it is, unless its store goes
/// wrong.
type May = Option<&'static str>;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Granted(User),
    Status(u16),
    /// The store's panic took it along, or its client hung up.
    None,
}

/// Who gives up on a call that hangs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum GivesUp {
    TheLayer,
    TheClient,
}

/// A host whose store goes wrong once.
struct Host {
    store: Faulty,
    layer: AuthLayer<Faulty>,
    gives_up: GivesUp,
}

impl Host {
    fn new(at: usize, fault: Fault, gives_up: GivesUp) -> Self {
        let db = Db::new();
        for (username, rounds) in [(STRANGER, 2), ("Old", 1), ("Changed", 1), ("Disabled", 2)] {
            db.set_password(username, &password(username), rounds);
        }
        db.disable("Disabled");
        let store = Faulty::new(db, at, fault);
        let mut limits = PoolLimits::default();
        (limits.threads, limits.queue) = (NonZeroUsize::MIN, ROOM);
        let mut upgrades = PoolLimits::for_upgrades();
        upgrades.queue = 1;
        let layer = AuthLayer::new(builder().receipts().build().unwrap(), store.clone())
            .pool(Pool::start(limits).unwrap())
            .upgrades(upgrades)
            .receipts(ReceiptLimits::default())
            .store_timeout(STORE_TIMEOUT);
        Self { store, layer, gives_up }
    }

    /// In a task of its own, as servers have it.
    fn begin(&self, credentials: String) -> JoinHandle<Answer> {
        let service = self.layer.layer(service_fn(async |request: Request<Body>| {
            let granted = request.extensions().get::<Granted<User>>().unwrap();
            Ok::<_, ()>(Response::new(granted.user().clone()))
        }));
        tokio::spawn(async move {
            let request = get("/", &[("authorization", &credentials)]);
            let response = service.oneshot(request).await.unwrap();
            match response.status().as_u16() {
                200 => Answer::Granted(response.into_body()),
                status => Answer::Status(status),
            }
        })
    }

    /// The same from a form.
    fn begin_login(&self, username: &'static str, password: &'static str) -> JoinHandle<Answer> {
        let login = self.layer.login_handle();
        tokio::spawn(async move {
            match login.login(username, password.into(), &Peer::default()).await {
                Ok(granted) => Answer::Granted(granted.user().clone()),
                Err(refused) => Answer::Status(refused.status().as_u16()),
            }
        })
    }

    /// What comes of it, while its client has the patience.
    async fn end(&self, mut request: JoinHandle<Answer>) -> Answer {
        let end = async {
            if self.gives_up == GivesUp::TheClient {
                tokio::select! {
                    biased;
                    answer = &mut request => return answer.unwrap_or(Answer::None),
                    () = self.store.hangs.notified() => request.abort(),
                }
            }
            request.await.unwrap_or(Answer::None)
        };
        timeout(PATIENCE, end).await.expect("a request is not answered")
    }

    async fn renewed(&self) {
        timeout(PATIENCE, self.layer.renewed()).await.expect("a renewal has no end");
    }

    /// Everything that asks a store: right, wrong and unknown, by password, receipt, token and
    /// form, and hashes that are renewed while somebody changes one.
    async fn walk(&self) {
        let right = |username: &str| basic(username, &password(username));
        for (credentials, may) in [
            (right("Aladdin"), Some("Aladdin")),
            // A receipt.
            (right("Aladdin"), Some("Aladdin")),
            (basic("Aladdin", "wrong"), None),
            (basic("Nobody", "wrong"), None),
            (right("Disabled"), None),
            (bearer(), Some("Aladdin")),
            (bearer() + "x", None),
            (right("Old"), Some("Old")),
            (right("Changed"), Some("Changed")),
        ] {
            self.judge(may, self.begin(credentials)).await;
        }
        self.store.db.set_password("Changed", "another", 2);
        self.judge(Some("Old"), self.begin(right("Old"))).await;
        self.judge(Some("Changed"), self.begin(basic("Changed", "another"))).await;
        self.judge(Some("Aladdin"), self.begin_login("Aladdin", "open sesame")).await;
        self.judge(None, self.begin_login("Aladdin", "wrong")).await;
        self.judge(None, self.begin(right("Changed"))).await;
    }

    async fn judge(&self, may: May, request: JoinHandle<Answer>) {
        // The request has not begun: it runs on this thread.
        let before = self.store.calls();
        let answer = self.end(request).await;
        self.renewed().await;
        let expected = match may {
            Some(username) => Answer::Granted(username.into()),
            None => Answer::Status(401),
        };
        let went_wrong = (before..self.store.calls()).contains(&self.store.at);
        match &answer {
            answer if *answer == expected => {}
            Answer::Status(401 | 503) | Answer::None if went_wrong => {}
            // Its password was right once, of which a replica may have heard nothing else.
            Answer::Granted(user) if went_wrong && self.store.fault == Fault::Lags => {
                assert_eq!(user, "Changed");
            }
            _ => panic!("{:?} at {}: {answer:?}", self.store.fault, self.store.at),
        }
    }

    /// It is as if nothing had been.
    async fn is_well(&self) {
        self.store.catch_up().await;
        for (username, row) in self.store.db.users.lock().unwrap().iter() {
            let password = match username.as_str() {
                "Changed" => "another".into(),
                username => password(username),
            };
            let verified = hashers(2).verify(password.as_str().into(), &row.hash).unwrap();
            assert!(verified.run().unwrap().is_match(), "{username} is locked out");
        }
        // As many as there is room for, none of them with a receipt.
        let all: Vec<_> = (0..ROOM).map(|_| self.begin(basic("Nobody", "wrong"))).collect();
        for one in all {
            assert_eq!(self.end(one).await, Answer::Status(401));
        }
        // And an old hash is renewed, for which there is one place.
        self.store.db.set_password("Aladdin", "open sesame", 1);
        let answer = self.end(self.begin(basic("Aladdin", "open sesame"))).await;
        assert_eq!(answer, Answer::Granted("Aladdin".into()));
        self.renewed().await;
        assert_eq!(hashers(2).needs_update(&self.store.db.hash("Aladdin")), Ok(false));

        let pool = self.layer.hashing_pool();
        timeout(PATIENCE, pool.drain()).await.expect("a job has no end");
        let Load { waiting, running, memory_kib, .. } = pool.load();
        assert_eq!((waiting, running, memory_kib), (0, 0, 0));
    }
}

fn password(username: &str) -> String {
    match username {
        "Aladdin" => "open sesame".into(),
        _ => format!("{username}'s own"),
    }
}

#[tokio::test]
async fn whatever_a_call_does_nobody_gets_in_and_nothing_is_lost() {
    // How many calls there are, if none goes wrong.
    let host = Host::new(usize::MAX, Fault::Fails, GivesUp::TheLayer);
    host.walk().await;
    let calls = host.store.calls();
    host.is_well().await;
    assert_eq!(calls, 16);

    let (layer, client) = (GivesUp::TheLayer, GivesUp::TheClient);
    let hung_up = [Fault::Hangs, Fault::Late].map(|fault| (fault, client));
    for (fault, gives_up) in Fault::ALL.map(|fault| (fault, layer)).into_iter().chain(hung_up) {
        for at in 0..calls {
            let host = Host::new(at, fault, gives_up);
            host.walk().await;
            assert!(host.store.calls() > at, "{fault:?} at {at}: it never came to it");
            host.is_well().await;
        }
    }
}

/// On a runtime without timers, where those of tokio would panic.
#[test]
fn a_store_that_hangs_is_503_with_retry_after() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for credentials in [basic("Aladdin", "open sesame"), bearer()] {
        let store = Faulty::new(Db::new(), 0, Fault::Hangs);
        let why = |refused: &Refused| Response::new(refused.why());
        let layer = AuthLayer::new(builder().build().unwrap(), store).on_refusal(why);
        let service = layer.store_timeout(STORE_TIMEOUT).layer(service_fn(
            async |_: Request<Body>| -> Result<Response<Why>, ()> { panic!("granted") },
        ));
        let request = get("/", &[("authorization", &credentials)]);
        let (head, why) = runtime.block_on(service.oneshot(request)).unwrap().into_parts();
        assert_eq!((head.status.as_u16(), why), (503, Why::Store));
        assert_eq!(head.headers["retry-after"], "1");
    }
}
