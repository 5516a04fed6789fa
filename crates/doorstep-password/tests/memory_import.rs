//! What verifying an imported hash leaves in freed memory: nothing of the password, of what a format
//! makes of it, or of the key, and no state of an algorithm.
//!
//! `tests/memory.rs` says what is out of reach, and tests the test.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "sha-crypt"))]

mod util;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{Hashers, Secret, Workspace};
use doorstep_test_alloc::{WINDOW, Watching, watch};
use sha2::Digest;
use util::families::FAMILIES;
use util::{rows, unescape};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Too dear to be run as often as here.
const UNITS: u64 = 60_000;

/// An imported hash, its password and another one.
struct Case {
    family: &'static str,
    hashers: Hashers,
    stored: String,
    attempts: [Vec<u8>; 2],
    secrets: Vec<Vec<u8>>,
}

/// A hash of each name that a family has.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for family in FAMILIES {
        let mut names = Vec::new();
        for row in rows(family.rows).filter(|row| row[3] == "match") {
            let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
            let hashers = (family.hashers)(row[5]);
            let hash = hashers.inspect(&stored).unwrap();
            let is_dear = hash.cost(password.len()).units > UNITS;
            if password.len() < WINDOW || is_dear || names.contains(&hash.name()) {
                continue;
            }
            names.push(hash.name());
            let wrong: Vec<u8> = password.iter().map(|byte| byte ^ 1).rev().collect();
            let attempts = [password, wrong];
            let secrets =
                attempts.iter().flat_map(|attempt| secrets(attempt, hash.digest())).collect();
            cases.push(Case { family: family.name, hashers, stored, attempts, secrets });
        }
    }
    cases
}

/// The password, the key, and what stands between them that a test can know.
fn secrets(password: &[u8], digest: &[u8]) -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let digests = [
        md5::Md5::digest(password).to_vec(),
        sha1::Sha1::digest(password).to_vec(),
        sha2::Sha256::digest(password).to_vec(),
        sha2::Sha512::digest(password).to_vec(),
    ];
    let mut secrets = vec![password.to_vec(), digest.to_vec()];
    // HMAC's padded keys (RFC 2104 §2).
    secrets.extend([0x36, 0x5c].map(|pad| password.iter().map(|byte| byte ^ pad).collect()));
    for digest in digests {
        secrets.push(hex(&digest).into_bytes());
        secrets.push(STANDARD.encode(&digest).into_bytes());
        secrets.push(digest);
    }
    if let Ok(text) = str::from_utf8(password) {
        secrets.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    secrets.retain(|secret| secret.len() >= WINDOW);
    secrets
}

/// Logs in to each case with the right password and with a wrong one.
#[track_caller]
fn nothing_is_left(login: impl Fn(&Hashers, Secret, &str)) {
    let mut failures = Vec::new();
    let mut judged = 0;
    for case in cases() {
        let secrets: Vec<&[u8]> = case.secrets.iter().map(Vec::as_slice).collect();
        for attempt in &case.attempts {
            let attempt = Secret::new(attempt);
            let ((), seen) = watch(&secrets, || login(&case.hashers, attempt, &case.stored));
            assert!(seen.frees > 0, "{}: nothing was watched", case.stored);
            judged += 1;
            if seen.leaks > 0 || seen.unwiped > 0 {
                failures.push(format!("{}: {seen:?}: {}", case.family, case.stored));
            }
        }
    }
    println!("{judged} logins");
    assert!(judged > 60, "{judged}");
    assert!(failures.is_empty(), "left in freed memory:\n{}", failures.join("\n"));
}

#[test]
fn nothing_is_left_of_a_verification() {
    nothing_is_left(|hashers, password, stored| {
        let _ = hashers.verify(password, stored).unwrap().run().unwrap();
    });
}

#[test]
fn nothing_is_left_of_one_in_pieces() {
    nothing_is_left(|hashers, password, stored| {
        let work = hashers.verify(password, stored).unwrap();
        let units = work.cost().units / 8;
        let mut workspaces = [Workspace::new(), Workspace::portable()];
        let _ = util::in_pieces(work, || units, &mut workspaces).unwrap();
    });
}

/// DESIGN §3: dropping it between two pieces cancels and wipes.
#[test]
fn nothing_is_left_of_one_dropped_half_way() {
    for pieces in [0, 1, 2, 5] {
        nothing_is_left(|hashers, password, stored| {
            let work = hashers.verify(password, stored).unwrap();
            let units = work.cost().units / 6;
            let _ = util::dropped_after(work, pieces, units);
        });
    }
}

#[test]
fn nothing_is_left_of_a_batch() {
    nothing_is_left(|hashers, password, stored| {
        let verdicts = util::together(hashers, &password, stored, 3);
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]));
    });
}

/// Nor of what was read and never verified, or shown without its digest.
#[test]
fn nothing_is_left_of_what_is_never_run() {
    nothing_is_left(|hashers, password, stored| {
        drop(hashers.verify(password, stored).unwrap().abandon());
        drop(hashers.blank(stored).unwrap());
        drop(hashers.inspect(stored).unwrap());
    });
}
