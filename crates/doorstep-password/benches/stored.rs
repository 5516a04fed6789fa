//! Reading stored hashes, and refusing long ones.
//!
//! `cargo bench -p doorstep-password --bench stored`. To be held: 1 MB refused below 1 ms.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use doorstep_password::{Argon2, Bcrypt, Hashers, Limits, Pbkdf2, ShaCrypt};

const STORED: [&str; 4] = [
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$pbkdf2-sha256$29000$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
];

fn stored(c: &mut Criterion) {
    let hashers = || {
        Hashers::new(Argon2::default())
            .accept(Bcrypt::default())
            .accept(Pbkdf2::default())
            .accept(ShaCrypt::default())
    };
    let mut limits = Limits::default();
    limits.stored_len = usize::MAX;
    let (limited, unlimited) = (hashers(), hashers().limits(limits));
    let mut group = c.benchmark_group("inspect");
    for stored in STORED {
        let prefix = &stored[..stored[1..].find('$').unwrap() + 2];
        group.bench_function(prefix, |b| {
            b.iter(|| drop(limited.inspect(black_box(stored)).unwrap()));
        });
        // As its own format goes on: a salt, a digest, or both, of 1 MB.
        let megabyte = stored.to_owned() + &"A".repeat(1 << 20);
        for (name, hashers) in [("1 MB", &limited), ("1 MB, read whole", &unlimited)] {
            group.bench_function(format!("{prefix} {name}"), |b| {
                b.iter(|| hashers.inspect(black_box(&megabyte)).unwrap_err());
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = stored
}
criterion_main!(benches);
