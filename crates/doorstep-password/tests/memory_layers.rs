//! What stands between a password and the digest of a wrapped hash, under a key and in two spellings,
//! and that none of it is left in freed memory.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "import", feature = "unicode"))]

mod util;

use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Argon2, Hashers, Normalization, Pbkdf2, Peppered, Prf, Secret, Verdict, Work, Workspace,
    Wrapped,
};
use doorstep_test_alloc::{Watching, watch, without_large_blocks};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

const KEY: &[u8] = b"thirty-two bytes of a secret key";
/// As a Mac types it, and composed (UAX 15). Neither holds eight bytes of the other.
const PARTS: &str = "a\u{30a}e\u{301}o\u{308}u\u{308}n\u{303}c\u{327}i\u{302}";
const COMPOSED: &str = "åéöüñçî";

struct Layers {
    hashers: Hashers,
    stored: String,
    /// All that is derived on the way, of the right password.
    secrets: Vec<Vec<u8>>,
}

/// PBKDF2 of the composed password, wrapped in Argon2 under a key.
fn layers() -> Layers {
    let argon2 = || Argon2::new(64, 2, 1).unwrap();
    let pbkdf2 = Hashers::new(Pbkdf2::new(Prf::Sha256, 20).unwrap());
    let old = pbkdf2.hash(Secret::from(COMPOSED)).unwrap().run().unwrap();
    let peppered = Peppered::new(argon2(), "k1", Secret::new(KEY)).unwrap();
    let wrapped = Wrapped::new(peppered).of(Pbkdf2::default());
    let stored = wrapped.wrap(&old).unwrap().run().unwrap();
    let digest = pbkdf2.inspect(&old).unwrap().digest().to_vec();
    let text = STANDARD.encode(&digest).into_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(&text);
    let tag = mac.finalize().into_bytes().to_vec();
    let tag_text = STANDARD.encode(&tag).into_bytes();
    let hashers = Hashers::new(argon2()).accept(wrapped).normalize(Normalization::Nfc);
    let outer = hashers.inspect(&stored).unwrap().digest().to_vec();
    let secrets = vec![
        PARTS.as_bytes().to_vec(),
        COMPOSED.as_bytes().to_vec(),
        digest,
        text,
        tag,
        tag_text,
        outer,
    ];
    Layers { hashers, stored, secrets }
}

#[track_caller]
fn nothing_is_left(login: impl Fn(&Hashers, Secret, &str)) {
    // On a stack of its own: what this test computes must not fill the slack of what it watches.
    let Layers { hashers, stored, secrets } = thread::spawn(layers).join().unwrap();
    let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    for password in [PARTS, COMPOSED] {
        let secret = Secret::from(password);
        let ((), seen) = watch(&secrets, || login(&hashers, secret, &stored));
        assert!(seen.frees > 0, "nothing was watched");
        assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{password}: {seen:?}");
    }
}

#[test]
fn nothing_is_left_of_a_verification() {
    nothing_is_left(|hashers, password, stored| {
        assert!(hashers.verify(password, stored).unwrap().run().unwrap().is_match());
    });
}

#[test]
fn nothing_is_left_of_one_in_pieces_or_dropped_after_any() {
    for pieces in [0, 1, 3, 10, 19, 20, 21, 22, 30, 40, 100, 1000] {
        nothing_is_left(|hashers, password, stored| {
            let work = hashers.verify(password, stored).unwrap();
            if let Some(verdict) = util::dropped_after(work, pieces, 0) {
                assert!(verdict.unwrap().is_match());
            }
        });
    }
}

#[test]
fn nothing_is_left_of_a_batch() {
    nothing_is_left(|hashers, password, stored| {
        let verdicts = util::together(hashers, &password, stored, 9);
        assert!(verdicts.into_iter().all(Verdict::is_match));
    });
}

/// Memory may fail either of two derivations in a row, whole, in pieces and in company: it is told as
/// such, and nothing is left.
#[test]
fn without_memory_for_either_there_is_no_verdict() {
    let large = || Argon2::new(2048, 1, 1).unwrap();
    let small = || Pbkdf2::new(Prf::Sha256, 20).unwrap();
    let of_large = Hashers::new(large()).hash(Secret::from(COMPOSED)).unwrap().run().unwrap();
    let of_small = Hashers::new(small()).hash(Secret::from(COMPOSED)).unwrap().run().unwrap();
    for (wrapped, old) in [
        (Wrapped::new(small()).of(large()), of_large),
        (Wrapped::new(large()).of(small()), of_small),
    ] {
        let stored = wrapped.wrap(&old).unwrap().run().unwrap();
        let hashers = Hashers::new(large()).accept(wrapped);
        let verify = || hashers.verify(Secret::from(COMPOSED), &stored).unwrap();
        for mut workspace in Workspace::all() {
            let ((), seen) = watch(&[COMPOSED.as_bytes()], || {
                without_large_blocks(|| {
                    assert!(verify().run_in(&mut workspace).is_err());
                    let workspaces = std::slice::from_mut(&mut workspace);
                    assert!(util::in_pieces(verify(), || 1, workspaces).is_err());
                    let batch = (0..3).map(|_| verify()).collect();
                    let verdicts = Work::run_together(batch, &mut workspace);
                    assert!(verdicts.iter().all(Result::is_err));
                });
            });
            assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
            assert!(verify().run_in(&mut workspace).unwrap().is_match());
        }
    }
}

/// Wrapping reads an old digest, whose password others may know.
#[test]
fn nothing_is_left_of_an_old_digest_that_was_wrapped() {
    let pbkdf2 = Hashers::new(Pbkdf2::new(Prf::Sha256, 20).unwrap());
    let old = pbkdf2.hash(Secret::from(COMPOSED)).unwrap().run().unwrap();
    let digest = pbkdf2.inspect(&old).unwrap().digest().to_vec();
    let text = STANDARD.encode(&digest).into_bytes();
    let wrapped = Wrapped::new(Argon2::new(64, 2, 1).unwrap()).of(Pbkdf2::default());
    let (_, seen) = watch(&[&digest, &text], || wrapped.wrap(&old).unwrap().run().unwrap());
    assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
}

/// The key goes with the last that has it.
#[test]
fn nothing_is_left_of_the_key() {
    let ((), seen) = watch(&[KEY], || {
        let argon2 = Argon2::new(64, 2, 1).unwrap();
        let peppered = Peppered::new(argon2, "k1", Secret::new(KEY)).unwrap();
        let hashers = Hashers::new(peppered.clone());
        let stored = hashers.hash(Secret::from(COMPOSED)).unwrap().run().unwrap();
        drop((peppered, stored, hashers));
    });
    assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
}
