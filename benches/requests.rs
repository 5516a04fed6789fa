//! A request's way through the parser, and a token's from the header to the grant.
//!
//! `cargo bench --bench requests`. To be held: a token request below 1 µs, and 1 MB refused below 1 ms.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use doorstep::password::{Argon2, Hashers};
use doorstep::{
    ApiKey, Authenticator, Basic, Bearer, Builder, Outcome, Step, TokenDigest, TokenFormat,
    TokenRecord, UnixTime,
};

const BASIC: &[u8] = b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
const BEARER: &[u8] = b"Bearer ds_0123456789ABCDEFGHIJabcdefghijklmnop";
const MB: usize = 1 << 20;

fn builder() -> Builder {
    Authenticator::builder("bench", Hashers::new(Argon2::default()))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .scheme(ApiKey::in_field("x-api-key"))
}

/// A browser's request without credentials.
fn others() -> [(&'static str, &'static [u8]); 8] {
    [
        ("host", b"www.example.org"),
        ("user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", b"en-US,en;q=0.5"),
        ("accept-encoding", b"gzip, deflate, br, zstd"),
        ("cookie", b"theme=dark; session=0123456789abcdef0123456789abcdef"),
        ("connection", b"keep-alive"),
        ("cache-control", b"max-age=0"),
    ]
}

fn parser(c: &mut Criterion) {
    let auth = builder().build().unwrap();
    let mut group = c.benchmark_group("begin");
    for (name, value) in
        [("Basic", BASIC), ("Bearer", BEARER), ("malformed", b"Basic Zm9vOmJhcg= ")]
    {
        group.bench_function(name, |b| b.iter(|| begin(&auth, black_box(value))));
    }
    group.bench_function("no credentials, 8 fields", |b| {
        b.iter(|| drop(auth.begin::<()>(black_box(others()))));
    });
    group.bench_function("Basic behind 8 fields", |b| {
        b.iter(|| {
            drop(
                auth.begin::<()>(black_box(others()).into_iter().chain([("authorization", BASIC)])),
            )
        });
    });

    let megabyte = [b"Basic ".as_slice(), &vec![b'A'; MB]].concat();
    group.bench_function("1 MB", |b| b.iter(|| begin(&auth, black_box(&megabyte))));
    // Not refused for its length, but read to its end.
    let generous = builder().field_len(2 * MB).build().unwrap();
    for (name, first) in
        [("1 MB, Basic, read whole", "Basic "), ("1 MB, Bearer, read whole", "Bearer ")]
    {
        let mut megabyte = [first.as_bytes(), &vec![b'A'; MB]].concat();
        // Where it is malformed.
        megabyte.push(b'"');
        group.bench_function(name, |b| b.iter(|| begin(&generous, black_box(&megabyte))));
    }
    group.finish();
}

fn begin(auth: &Authenticator, value: &[u8]) {
    drop(black_box(auth.begin::<()>([("authorization", value)])));
}

fn token(c: &mut Criterion) {
    let format = TokenFormat::new("ds_").unwrap();
    let token = format.generate().unwrap();
    let value = [b"Bearer ", token.expose()].concat();
    let digest = TokenDigest::of(token.expose());
    let mut group = c.benchmark_group("token");
    for (name, bearer) in
        [("to its grant", Bearer::new()), ("to its grant, checksum", Bearer::new().format(format))]
    {
        let auth = Authenticator::builder("bench", Hashers::new(Argon2::default()))
            .scheme(Basic::new())
            .scheme(bearer)
            .build()
            .unwrap();
        group.bench_function(name, |b| {
            b.iter(|| {
                let Step::FindToken(ask) = auth.begin([("authorization", black_box(&value[..]))])
                else {
                    panic!("a token is looked up");
                };
                assert_eq!(*ask.digest(), digest);
                let step = ask.found(7u32, TokenRecord::new(digest), UnixTime::from_secs(1));
                let Step::Done(Outcome::Granted(granted)) = step else { panic!("a good token") };
                granted.into_user()
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = parser, token
}
criterion_main!(benches);
