//! yescrypt gives the bytes of the RustCrypto crate, whole and in pieces, and says when there is no
//! memory for it.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(
    feature = "argon2",
    feature = "getrandom",
    feature = "sha-crypt",
    feature = "yescrypt"
))]

mod util;

use doorstep_password::{Algorithm, Argon2, Format, Hashers, Secret, Verdict, Workspace, Yescrypt};
use doorstep_test_alloc::{Watching, without_large_blocks};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use util::{in_pieces, key_work};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The password of Debian's parameters, N = 4096 and r = 32, is hashed once before.
const DEBIAN: &str = "$y$j9T$saltsalt$";

/// A string with a digest of zeros.
fn stored(setting: &str) -> String {
    format!("{setting}{}", ".".repeat(43))
}

/// yescrypt with N = 2^`log_n` and r, as its string has them.
fn yescrypt(log_n: u32, r: u32) -> Algorithm {
    const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digit = |value: u32| char::from(DIGITS[value as usize]);
    let r = match r {
        0..49 => digit(r - 1).to_string(),
        _ => [digit(48 + (r - 49) / 64), digit((r - 49) % 64)].iter().collect(),
    };
    let stored = stored(&format!("$y$j{}{r}$saltsalt$", digit(log_n - 1)));
    Yescrypt.parse(&stored).unwrap().derivation().algorithm().clone()
}

#[test]
fn yescrypt_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(19);
    let mut workspaces: Vec<_> = Workspace::all().collect();
    let mut bytes = |most: u64| {
        let mut bytes = vec![0; (rng.next_u64() % (most + 1)) as usize];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let mut draw = ChaCha8Rng::seed_from_u64(20);
    let mut below = |end: u32| 1 + draw.next_u32() % end;
    let drawn = (0..60).map(|_| (below(8), below(60)));
    // On both sides of what is large enough to be hashed before: N from 2^8, and 2^17 of N by r.
    let large = [(8, 511), (8, 512), (9, 255), (9, 256), (12, 31), (12, 32)];
    for (log_n, r) in drawn.chain(large).collect::<Vec<_>>() {
        let (password, salt) = (bytes(150), bytes(64));
        let params = yescrypt::Params::new(yescrypt::Mode::Rw, 1 << log_n, r, 1).unwrap();
        let mut expected = vec![0; 32];
        yescrypt::yescrypt(&password, &salt, &params, &mut expected).unwrap();
        let work = || key_work(yescrypt(log_n, r), &salt, &password);
        let what = format!("N = 2^{log_n}, r = {r}");
        for workspace in &mut workspaces {
            assert_eq!(work().run_in(workspace), expected, "{what} in {workspace:?}");
        }
        workspaces.rotate_left(1);
        let cost = u64::from(u32::MAX).min(work().cost().units) as u32;
        let units = || u64::from(below(cost) / 10);
        assert_eq!(in_pieces(work(), units, &mut workspaces), expected, "{what} in pieces");
        assert_eq!(in_pieces(work(), || 0, &mut workspaces), expected, "{what}, the smallest");
    }
}

/// It is the host's to answer, as overload; and it is no mismatch.
#[test]
fn without_memory_nothing_is_said_of_the_password() {
    let hashers = Hashers::new(Argon2::default()).accept(Yescrypt);
    let verify = || hashers.verify(Secret::from("password"), &stored(DEBIAN)).unwrap();
    let refused = without_large_blocks(|| verify().run()).unwrap_err();
    assert_eq!(refused.memory_kib(), verify().cost().memory_kib);
    assert_eq!(verify().run(), Ok(Verdict::Mismatch));
}
