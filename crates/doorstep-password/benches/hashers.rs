//! Each hasher: whole, over the primitive crates alone, in slices, and eight together.
//!
//! `cargo bench -p doorstep-password --bench hashers`. What slices and the machine cost over the whole
//! is told better by `cargo bench --bench overhead`, where the contenders take turns.

#![allow(clippy::unwrap_used, missing_docs)]

use std::ops::ControlFlow;
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use doorstep_password::{
    Argon2, Bcrypt, Hasher, Hashers, Pbkdf2, Prf, Secret, ShaCrypt, ShaCryptVariant, Verifying,
    Work, Workspace,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn hashers(c: &mut Criterion) {
    bench(c, "Argon2id 19 MiB, 2 passes", Argon2::new(19 * 1024, 2, 1).unwrap());
    bench(c, "bcrypt, cost 8", Bcrypt::new(8).unwrap());
    for (name, prf) in [("SHA1", Prf::Sha1), ("SHA256", Prf::Sha256), ("SHA512", Prf::Sha512)] {
        let hasher = Pbkdf2::new(prf, 20_000).unwrap();
        bench(c, &format!("PBKDF2-{name}, 20 000"), hasher);
    }
    for (name, variant) in
        [("sha256", ShaCryptVariant::Sha256), ("sha512", ShaCryptVariant::Sha512)]
    {
        let hasher = ShaCrypt::new(variant, 20_000).unwrap();
        bench(c, &format!("{name}-crypt, 20 000"), hasher);
    }
}

fn bench(c: &mut Criterion, name: &str, hasher: impl Hasher) {
    let hashers = Hashers::new(hasher);
    let password = || Secret::from("correct horse battery staple");
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let stored = hashers.hash_with_rng(password(), &mut rng).unwrap().run().unwrap();
    let verify = || hashers.verify(password(), &stored).unwrap();
    let (mut workspace, mut portable) = (Workspace::new(), Workspace::portable());

    let mut group = c.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    group.bench_function("whole", |b| {
        b.iter_batched(verify, |work| run(work, &mut workspace), BatchSize::PerIteration);
    });
    group.bench_function("portable", |b| {
        b.iter_batched(verify, |work| run(work, &mut portable), BatchSize::PerIteration);
    });
    for units in [50, 1000] {
        group.bench_function(format!("in slices of {units} units"), |b| {
            b.iter_batched(
                verify,
                |mut work| loop {
                    match work.advance(units, &mut workspace) {
                        ControlFlow::Continue(rest) => work = rest,
                        ControlFlow::Break(verdict) => return assert!(verdict.unwrap().is_match()),
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.throughput(Throughput::Elements(8));
    group.bench_function("8 together", |b| {
        b.iter_batched(
            || (0..8).map(|_| verify()).collect(),
            |batch| {
                let verdicts = Work::run_together(batch, &mut workspace);
                assert!(verdicts.into_iter().all(|verdict| verdict.unwrap().is_match()));
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn run(work: Work<Verifying>, workspace: &mut Workspace) {
    assert!(work.run_in(workspace).unwrap().is_match());
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = hashers
}
criterion_main!(benches);
