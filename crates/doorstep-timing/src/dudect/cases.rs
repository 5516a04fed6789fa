//! What is timed, and the two classes of each.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{
    Argon2, Check, Goal, Hashers, OutOfMemory, Pbkdf2, Prf, Secret, Workspace,
};
use doorstep::{
    Authenticator, Basic, Bearer, Outcome, Receipt, Step, TokenDigest, TokenRecord, UnixTime,
    Verify,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::Sampler;
use crate::case::{Case, PASSWORD, TOKEN};
use crate::welch::Comparison;

type Run = fn(Sampler) -> Comparison;

pub(super) const CASES: &[Case<Run>] = &[
    Case { name: "control", leaks: true, run: control },
    Case { name: "digest", leaks: false, run: digest },
    Case { name: "token-digest", leaks: false, run: token_digest },
    Case { name: "token", leaks: false, run: token },
    Case { name: "receipt", leaks: false, run: receipt },
    Case { name: "receipt-password", leaks: false, run: receipt_password },
    Case { name: "base64", leaks: false, run: base64 },
    Case { name: "unknown-user", leaks: false, run: unknown_user },
    Case { name: "unknown-by-shares", leaks: false, run: unknown_by_shares },
];

/// A comparison that ends at the first byte that differs.
fn control(sampler: Sampler) -> Comparison {
    let expected = [7; 32];
    sampler.compare(
        |is_random, rng| near_or_random(is_random, &expected, rng),
        |bytes| {
            black_box(bytes.iter().zip(black_box(&expected)).position(|(a, b)| black_box(a) != b));
        },
    )
}

/// What was derived, at the end of a verification.
fn digest(sampler: Sampler) -> Comparison {
    struct Judge(Check);

    impl Goal for Judge {
        type Output = ();

        fn password(&self) -> &[u8] {
            PASSWORD
        }

        fn conclude(self, _: Result<&[u8], OutOfMemory>) {}
    }

    let hashers = Hashers::new(pbkdf2(1));
    let stored = hash(&hashers);
    let plan = hashers.plan(&stored, PASSWORD).expect("just made");
    let Judge(check) = plan.work(Judge).abandon();
    let read = hashers.inspect(&stored).expect("just made");
    let digest: &[u8; 32] = read.digest().try_into().expect("SHA-256");
    sampler.compare(
        |is_random, rng| near_or_random(is_random, digest, rng),
        |key| {
            let _ = black_box(check.verdict(&key));
        },
    )
}

fn token_digest(sampler: Sampler) -> Comparison {
    let expected = TokenDigest::of(TOKEN);
    sampler.compare(
        |is_random, rng| {
            TokenDigest::from_bytes(near_or_random(is_random, expected.as_bytes(), rng))
        },
        |digest| {
            black_box(digest == *black_box(&expected));
        },
    )
}

/// The record of a token that is not the one that was asked for.
fn token(sampler: Sampler) -> Comparison {
    let auth = authenticator(Hashers::new(pbkdf2(1)));
    let (fits, value) = (TokenDigest::of(TOKEN), [b"Bearer ", TOKEN].concat());
    sampler.compare(
        |is_random, rng| {
            let digest = near_or_random(is_random, fits.as_bytes(), rng);
            let Step::FindToken(ask) = auth.begin::<u64>([("authorization", &*value)]) else {
                unreachable!("a token of RFC 6750's")
            };
            (ask, TokenRecord::new(TokenDigest::from_bytes(digest)))
        },
        |(ask, record)| {
            let _ = black_box(ask.found(7, record, UnixTime::from_secs(0)));
        },
    )
}

/// One receipt of another user against any. The library alone makes them, so that there is none that fits
/// but for its last byte.
fn receipt(sampler: Sampler) -> Comparison {
    let auth = authenticator(Hashers::new(pbkdf2(1)));
    let stored = hash(auth.hashers());
    let others: Vec<_> =
        (0..1 << 10).map(|user| receipt_of(&auth, &format!("user{user}"), &stored)).collect();
    sampler.compare(
        |is_any, rng| {
            let any = others[rng.next_u32() as usize % others.len()];
            (verify(&auth, "alice", PASSWORD, &stored), pick(is_any, [others[0], any]))
        },
        |(work, receipt)| {
            let _ = black_box(work.recall(&receipt));
        },
    )
}

/// One wrong password against any of its length, with the receipt of the right one.
fn receipt_password(sampler: Sampler) -> Comparison {
    let auth = authenticator(Hashers::new(pbkdf2(1)));
    let stored = hash(auth.hashers());
    let receipt = receipt_of(&auth, "alice", &stored);
    let mut near = *PASSWORD;
    near[29] ^= 1;
    sampler.compare(
        |is_any, rng| verify(&auth, "alice", &pick(is_any, [near, password(rng)]), &stored),
        |work| {
            let _ = black_box(work.recall(&receipt));
        },
    )
}

/// Basic credentials: one password against any of its length.
fn base64(sampler: Sampler) -> Comparison {
    let auth = authenticator(Hashers::new(pbkdf2(1)));
    sampler.compare(
        |is_any, rng| {
            let password = pick(is_any, [*PASSWORD, password(rng)]);
            format!("Basic {}", STANDARD.encode([b"alice:", &password[..]].concat()))
        },
        |value| {
            let _ = black_box(auth.begin::<u64>([("authorization", value.as_bytes())]));
        },
    )
}

/// Somebody with a wrong password against nobody, from the answer of the look-up to the verdict.
fn unknown_user(sampler: Sampler) -> Comparison {
    let hashers = Hashers::new(pbkdf2(ROUNDS));
    let stored = hash(&hashers);
    known_or_unknown(sampler, hashers, &stored)
}

/// The same of somebody whose hash is of an old format, which all unknown names share.
fn unknown_by_shares(sampler: Sampler) -> Comparison {
    let stored = hash(&Hashers::new(pbkdf2(ROUNDS)));
    let hashers = Hashers::new(Argon2::default()).accept(Pbkdf2::default());
    let hashers = hashers.shares(Secret::new(&[3; 32]), [(&*stored, 1.0)]).expect("a sample");
    known_or_unknown(sampler, hashers, &stored)
}

/// So few that what is beside the hash shows.
const ROUNDS: u32 = 1000;

fn known_or_unknown(sampler: Sampler, hashers: Hashers, stored: &str) -> Comparison {
    let auth = authenticator(hashers);
    let mut workspace = Workspace::new();
    sampler.compare(
        |is_unknown, rng| {
            let ask = auth.login::<u64>("alice", Secret::new(&password(rng)));
            let Step::FindUser(ask) = ask else { unreachable!("well-formed") };
            (ask, pick(is_unknown, [Some(stored), None]))
        },
        |(ask, stored)| {
            // The row's own copy of the hash is what a look-up takes its time for, too.
            let step = match stored {
                Some(stored) => ask.found(7, stored),
                None => ask.not_found(),
            };
            let Step::Verify(work) = step else { unreachable!("a password") };
            let _ = black_box(work.run_in(&mut workspace));
        },
    )
}

fn pbkdf2(rounds: u32) -> Pbkdf2 {
    Pbkdf2::new(Prf::Sha256, rounds).expect("one round at least")
}

fn authenticator(hashers: Hashers) -> Authenticator {
    let builder =
        Authenticator::builder("timing", hashers).scheme(Basic::new()).scheme(Bearer::new());
    builder.receipts_with_key(Secret::new(&[1; 32])).build().expect("nothing missing")
}

/// Of [`PASSWORD`].
fn hash(hashers: &Hashers) -> String {
    hashers.hash(Secret::new(PASSWORD)).expect("entropy").run().expect("memory")
}

fn verify(auth: &Authenticator, username: &str, password: &[u8], stored: &str) -> Verify<u64> {
    let Step::FindUser(ask) = auth.login(username, Secret::new(password)) else {
        unreachable!("well-formed")
    };
    let Step::Verify(work) = ask.found(7, stored) else { unreachable!("a password") };
    work
}

fn receipt_of(auth: &Authenticator, username: &str, stored: &str) -> Receipt {
    let Step::Done(Outcome::Granted(granted)) = verify(auth, username, PASSWORD, stored).run()
    else {
        unreachable!("the right password")
    };
    *granted.receipt().expect("it makes them")
}

/// What fits but for its last byte, or what fits nowhere.
fn near_or_random<const N: usize>(
    is_random: bool,
    fits: &[u8; N],
    rng: &mut ChaCha8Rng,
) -> [u8; N] {
    let (mut near, mut random) = (*fits, [0; N]);
    near[N - 1] ^= 1;
    rng.fill_bytes(&mut random);
    pick(is_random, [near, random])
}

/// Printable ASCII.
fn password(rng: &mut ChaCha8Rng) -> [u8; 30] {
    let mut bytes = [0; 30];
    rng.fill_bytes(&mut bytes);
    bytes.map(|byte| b'!' + byte % 94)
}

/// The same work for both classes.
fn pick<T: Copy>(is_second: bool, classes: [T; 2]) -> T {
    black_box(classes)[usize::from(is_second)]
}
