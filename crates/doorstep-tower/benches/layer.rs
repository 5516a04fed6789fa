//! What the layer costs a request that needs no hashing, over a service that does nothing.
//!
//! `cargo bench -p doorstep-tower`. The time of "no layer" is that of making the request.

#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use doorstep::driver::Store;
use doorstep::password::{Argon2, Hashers};
use doorstep::{
    Account, Authenticator, Basic, Bearer, FindToken, FindUser, Replace, TokenDigest, TokenRecord,
};
use doorstep_tower::{AuthLayer, Peer, ReceiptLimits, Require};
use http::{HeaderValue, Request, Response};
use tower::{Layer as _, Service, service_fn};

const BASIC: HeaderValue = HeaderValue::from_static("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer ds_0123456789ABCDEFGHIJabcdefghijklm");

/// One user and one token, to be had for nothing.
struct One {
    hash: String,
    token: TokenDigest,
}

impl Store for One {
    type User = u64;
    type Error = Infallible;

    async fn find_user(&self, _: &FindUser<u64>) -> Result<Option<(u64, Account)>, Infallible> {
        Ok(Some((1, Account::from(self.hash.as_str()))))
    }

    async fn find_token(
        &self,
        _: &FindToken<u64>,
    ) -> Result<Option<(u64, TokenRecord)>, Infallible> {
        Ok(Some((1, TokenRecord::new(self.token))))
    }

    async fn replace_hash(&self, _: &Replace<u64>) -> Result<bool, Infallible> {
        Ok(false)
    }
}

fn layer() -> AuthLayer<One> {
    let auth = Authenticator::builder("bench", Hashers::new(Argon2::default()))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .receipts()
        .build()
        .unwrap();
    let hash = auth.hashers().hash("open sesame".into()).unwrap().run().unwrap();
    let token = TokenDigest::of(&BEARER.as_bytes()["Bearer ".len()..]);
    let layer = AuthLayer::new(auth, One { hash, token }).receipts(ReceiptLimits::default());
    // The receipt.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (login, peer) = (layer.login_handle(), Peer::default());
    let logged_in = login.login("Aladdin", "open sesame".into(), &peer);
    runtime.block_on(logged_in).unwrap();
    layer
}

fn requests(c: &mut Criterion) {
    let layer = layer();
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let mut group = c.benchmark_group("layer");
    for (name, credentials) in [("nothing", None), ("Bearer", Some(BEARER)), ("Basic", Some(BASIC))]
    {
        let request = || {
            let request = Request::get("/").header("host", "www.example.org");
            let mut request = request.header("user-agent", "curl/8").header("accept", "*/*");
            if let Some(value) = &credentials {
                request = request.header("authorization", value);
            }
            request.body(()).unwrap()
        };
        let mut bare = inner;
        group.bench_function(format!("{name}, no layer"), |b| {
            b.iter(|| ready(bare.call(black_box(request()))))
        });
        let mut service = layer.layer(inner);
        group.bench_function(name, |b| b.iter(|| ready(service.call(black_box(request())))));
        if credentials.is_some() {
            let mut service = layer.layer(Require::user().layer(inner));
            group.bench_function(format!("{name}, required"), |b| {
                b.iter(|| ready(service.call(black_box(request()))))
            });
        }
    }
}

/// Whoever needs no hashing waits for nothing.
fn ready<T>(future: impl Future<Output = Result<Response<T>, Infallible>>) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(future).poll(&mut context) else { panic!("it waits") };
    assert_eq!(response.status(), 200);
}

criterion_group!(benches, requests);
criterion_main!(benches);
