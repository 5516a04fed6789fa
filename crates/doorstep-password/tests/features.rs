//! What holds in every set of features: it is run with each of them alone.

#![allow(clippy::unwrap_used, missing_docs)]

use doorstep_password::{Hashers, Secret, Verdict, Workspace, hashers};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// DESIGN §5: a feature for each algorithm; without `getrandom` the generator is an argument.
#[test]
fn every_hasher_that_is_built_in_verifies_what_it_writes() {
    let expected = [
        (cfg!(feature = "argon2"), 1),
        (cfg!(feature = "bcrypt"), 1),
        (cfg!(feature = "pbkdf2"), 3),
        (cfg!(feature = "sha-crypt"), 2),
    ];
    let expected: usize = expected.iter().filter(|(on, _)| *on).map(|(_, hashers)| hashers).sum();
    assert_eq!(hashers().count(), expected);

    let mut workspace = Workspace::new();
    for (seed, hasher) in (0..).zip(hashers()) {
        let hashers = Hashers::new(hasher);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let right = || Secret::from("correct horse");
        let stored = hashers.hash_with_rng(right(), &mut rng).unwrap();
        let stored = stored.run_in(&mut workspace).unwrap();
        for (password, verdict) in
            [(right(), Verdict::Match), (Secret::from("correct house"), Verdict::Mismatch)]
        {
            let work = hashers.verify(password, &stored).unwrap();
            assert_eq!(work.run_in(&mut workspace), Ok(verdict), "{stored}");
        }
    }
}
