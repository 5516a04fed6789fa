//! scrypt gives the bytes of RFC 7914 and of the RustCrypto crate, whole and in pieces, and says when
//! there is no memory for it.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt",
    feature = "werkzeug"
))]

mod util;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use doorstep_password::{
    Algorithm, Argon2, Format, Hashers, Scrypt, Secret, Verdict, Werkzeug, Workspace,
};
use doorstep_test_alloc::{Watching, without_large_blocks};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use util::{in_pieces, key_work, rows, unhex};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// scrypt for a key of 32 bytes.
fn scrypt(log_n: u32, r: u32, p: u32) -> Algorithm {
    let digest = STANDARD_NO_PAD.encode([0; 32]);
    let stored = format!("$scrypt$ln={log_n},r={r},p={p}$c2FsdA${digest}");
    Scrypt.parse(&stored).unwrap().derivation().algorithm().clone()
}

/// RFC 7914 §12, but for its row of 1 GiB. The first half of 64 bytes is the key of 32: a block of
/// PBKDF2's.
#[test]
fn raw_scrypt() {
    let mut judged = 0;
    for row in rows(include_str!("vectors/scrypt_raw.tsv")) {
        let [password, salt, n, r, p, len, key, ..] = row[..] else { panic!("columns: {row:?}") };
        let [n, r, p, len] = [n, r, p, len].map(|number| number.parse::<u32>().unwrap());
        if n > 16384 {
            continue;
        }
        assert_eq!(len, 64);
        for mut workspace in Workspace::all() {
            let work = key_work(scrypt(n.ilog2(), r, p), &unhex(salt), &unhex(password));
            assert_eq!(work.run_in(&mut workspace), unhex(key)[..32], "{row:?}");
        }
        judged += 1;
    }
    assert_eq!(judged, 3);
}

#[test]
fn scrypt_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(17);
    let mut workspaces: Vec<_> = Workspace::all().collect();
    let mut bytes = |most: u64| {
        let mut bytes = vec![0; (rng.next_u64() % (most + 1)) as usize];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let mut draw = ChaCha8Rng::seed_from_u64(18);
    for _ in 0..60 {
        let mut below = |end: u32| 1 + draw.next_u32() % end;
        let (log_n, r, p) = (below(8), below(9), below(4));
        let (password, salt) = (bytes(150), bytes(80));
        let params = scrypt::Params::new(log_n as u8, r, p).unwrap();
        let mut expected = vec![0; 32];
        scrypt::scrypt(&password, &salt, &params, &mut expected).unwrap();
        let work = || key_work(scrypt(log_n, r, p), &salt, &password);
        let what = format!("N = 2^{log_n}, r = {r}, p = {p}");
        for workspace in &mut workspaces {
            assert_eq!(work().run_in(workspace), expected, "{what} in {workspace:?}");
        }
        workspaces.rotate_left(1);
        let units = || u64::from(draw.next_u32() % 200);
        assert_eq!(in_pieces(work(), units, &mut workspaces), expected, "{what} in pieces");
        assert_eq!(in_pieces(work(), || 0, &mut workspaces), expected, "{what}, the smallest");
    }
}

/// An algorithm of this crate may be part of another's: driven by its own trait it gives the same key,
/// and one of no bytes, which matches nothing, if there is no memory or if it is asked too early.
#[test]
fn scrypt_can_be_driven_from_outside() {
    let Algorithm::Other(kdf) = scrypt(10, 8, 2) else { panic!("a Kdf") };
    let expected = key_work(scrypt(10, 8, 2), b"salt", b"password").run();
    for units in [0, 100, u64::MAX] {
        let mut slices = kdf.begin(b"password", b"salt");
        let mut left = u64::MAX;
        while left > 0 {
            let now = slices.advance(units);
            assert!(now <= left, "{now} after {left}");
            left = now;
        }
        assert_eq!(slices.finish().expose(), expected);
    }
    let mut slices = kdf.begin(b"password", b"salt");
    assert!(slices.advance(100) > 0);
    assert!(slices.finish().is_empty());
    let mut slices = kdf.begin(b"password", b"salt");
    assert_eq!(without_large_blocks(|| slices.advance(100)), 0);
    assert!(slices.finish().is_empty());
}

/// It is the host's to answer, as overload; and it is no mismatch.
#[test]
fn without_memory_nothing_is_said_of_the_password() {
    let stored = format!("scrypt:16384:8:1$saltsalt${}", "00".repeat(64));
    let hashers = Hashers::new(Argon2::default()).accept(Werkzeug);
    let verify = || hashers.verify(Secret::from("password"), &stored).unwrap();
    let refused = without_large_blocks(|| verify().run()).unwrap_err();
    assert_eq!(refused.memory_kib(), verify().cost().memory_kib);
    assert_eq!(verify().run(), Ok(Verdict::Mismatch));
}
