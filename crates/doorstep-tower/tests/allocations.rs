//! What the layer allocates for a request that needs no hashing: it is most of what such a request
//! costs. Issue 5 §5.

#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use doorstep::driver::Store;
use doorstep::password::{Hashers, Pbkdf2, Prf};
use doorstep::{
    Account, Authenticator, Basic, Bearer, FindToken, FindUser, Replace, TokenDigest, TokenRecord,
};
use doorstep_test_alloc::{Watching, watch};
use doorstep_tower::{AuthLayer, Granted, Peer, ReceiptLimits};
use http::{Request, Response};
use tower::{Layer as _, Service};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

const BASIC: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
const TOKEN: &str = "mF_9.B5f-4.1JqM";

/// One user and one token. What it allocates is the hash that it returns.
struct One(String);

impl Store for One {
    type User = u64;
    type Error = Infallible;

    async fn find_user(&self, _: &FindUser<u64>) -> Result<Option<(u64, Account)>, Infallible> {
        Ok(Some((1, Account::from(&*self.0))))
    }

    async fn find_token(
        &self,
        _: &FindToken<u64>,
    ) -> Result<Option<(u64, TokenRecord)>, Infallible> {
        Ok(Some((1, TokenRecord::new(TokenDigest::of(TOKEN.as_bytes())))))
    }

    async fn replace_hash(&self, _: &Replace<u64>) -> Result<bool, Infallible> {
        Ok(false)
    }
}

/// Answers whether it knows the user.
#[derive(Clone)]
struct Knows;

impl Service<Request<()>> for Knows {
    type Response = Response<bool>;
    type Error = Infallible;
    type Future = Ready<Result<Response<bool>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(request.extensions().get::<Granted<u64>>().is_some())))
    }
}

#[tokio::test]
async fn requests_that_need_no_hashing_allocate_little() {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 2).unwrap());
    let hash = hashers.hash("open sesame".into()).unwrap().run().unwrap();
    let auth =
        Authenticator::builder("example", hashers).scheme(Basic::new()).scheme(Bearer::new());
    let layer = AuthLayer::new(auth.receipts().build().unwrap(), One(hash));
    let layer = layer.receipts(ReceiptLimits::default());
    // The receipt.
    let login = layer.login_handle();
    login.login("Aladdin", "open sesame".into(), &Peer::default()).await.unwrap();

    let mut service = layer.layer(Knows);
    let bearer = format!("Bearer {TOKEN}");
    for (credentials, at_most) in [
        // The future, the decision, and the extensions' map of one entry.
        (None, 5),
        // Another future, and another entry.
        (Some(bearer.as_str()), 7),
        // Besides: decoded credentials; of the stored hash its text, salt, digest and the work that it
        // would be; the look into the cache, which writes down that it was looked at.
        (Some(BASIC), 16),
    ] {
        let request = || {
            let mut request = Request::new(());
            if let Some(value) = credentials {
                request.headers_mut().insert("authorization", value.parse().unwrap());
            }
            request
        };
        // The least: the cache tidies up now and then, and whose turn it is is its own affair.
        let allocations = |_| {
            let request = request();
            let (known, seen) = watch(&[], || at_once(service.call(request)));
            assert_eq!(known, credentials.is_some());
            seen.allocations
        };
        let least = (0..20).map(allocations).min().unwrap();
        assert!(least <= at_most, "{credentials:?}: {least} allocations");
    }
}

/// Blocks of more than 1032 bytes take glibc the longer way.
#[test]
fn a_requests_future_is_a_small_block() {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 2).unwrap());
    let auth = Authenticator::builder("example", hashers).scheme(Bearer::new()).build().unwrap();
    let mut service = AuthLayer::new(auth, One(String::new())).layer(Knows);
    let request = Request::get("/").header("authorization", format!("Bearer {TOKEN}"));
    let future = service.call(request.body(()).unwrap());
    assert!(size_of_val(&*future) <= 900, "{} bytes", size_of_val(&*future));
}

/// Whoever needs no hashing waits for nothing.
fn at_once<T>(future: impl Future<Output = Result<Response<T>, Infallible>>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(future).poll(&mut context) else { panic!("it waits") };
    response.into_body()
}
