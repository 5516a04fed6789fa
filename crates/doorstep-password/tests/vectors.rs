//! Published vectors, each row as written. `tests/vectors/README.md` says where they come from.

#![allow(clippy::unwrap_used, missing_docs)]
// They compare the algorithms with one another; what one feature alone needs is checked by building.
#![cfg(all(
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt"
))]

mod util;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Algorithm, Argon2Params, Argon2Variant, Argon2Version, Prf, Refused, Secret, Work, Workspace,
};

use util::{everything, key_work, pbkdf2, rows, unescape, unhex};

const PASSWORDS: &str = include_str!("vectors/passwords.tsv");
const ARGON2_RAW: &str = include_str!("vectors/argon2_raw.tsv");
const PBKDF2_RAW: &str = include_str!("vectors/pbkdf2_raw.tsv");

/// Match, mismatch and refuse, by format.
const EXPECTED: [(&str, [usize; 3]); 5] = [
    ("argon2", [46, 25, 90]),
    ("bcrypt", [128, 29, 82]),
    ("pbkdf2-passlib", [12, 18, 62]),
    ("pbkdf2-phc", [6, 3, 25]),
    ("sha-crypt", [92, 26, 72]),
];

/// By the crates, and by each kernel that this processor has, alone and in batches.
#[test]
fn every_stored_string_is_judged_as_written() {
    for mut workspace in Workspace::all() {
        for batch_len in [1, 13] {
            println!("{:?}, {batch_len} at a time:", workspace.vectors().unwrap_or("no kernels"));
            judge_every_stored_string(&mut workspace, batch_len);
        }
    }
}

fn judge_every_stored_string(workspace: &mut Workspace, batch_len: usize) {
    let hashers = everything();
    let mut counts = BTreeMap::<&str, [usize; 3]>::new();
    let mut wrong = Vec::new();
    for batch in rows(PASSWORDS).collect::<Vec<_>>().chunks(batch_len) {
        let begun: Vec<_> = batch
            .iter()
            .map(|row| {
                let password = STANDARD.decode(row[1]).unwrap();
                hashers.verify(Secret::new(&password), &unescape(row[2])).ok()
            })
            .collect();
        let accepted: Vec<bool> = begun.iter().map(Option::is_some).collect();
        let works: Vec<_> = begun.into_iter().flatten().collect();
        let mut verdicts = Work::run_together(works, workspace).into_iter();
        for (row, accepted) in batch.iter().zip(accepted) {
            let [format, _, hash, expected, source, note] = row[..] else {
                panic!("six columns: {row:?}")
            };
            let verdict = match accepted.then(|| verdicts.next().unwrap().unwrap().is_match()) {
                None => "refuse",
                Some(true) => "match",
                Some(false) => "mismatch",
            };
            let column = ["match", "mismatch", "refuse"].iter().position(|&name| name == expected);
            counts.entry(format).or_default()[column.unwrap()] += 1;
            if verdict != expected {
                wrong.push(format!("{verdict} for {expected}: {hash} ({source}; {note})"));
            }
        }
    }
    for (format, [matches, mismatches, refused]) in &counts {
        let sum = matches + mismatches + refused;
        println!("{format}: {sum} rows: {matches} match, {mismatches} mismatch, {refused} refuse");
    }
    assert!(wrong.is_empty(), "{} rows judged otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(counts, EXPECTED.into());
}

/// Issue 3, section 1: a hostile price is refused from the parameters alone.
#[test]
fn too_costly_is_refused_by_the_default_limits() {
    let hashers = everything();
    let mut count = 0;
    for row in rows(PASSWORDS).filter(|row| row[5].contains("too costly")) {
        let password = STANDARD.decode(row[1]).unwrap();
        let refused = hashers.verify(Secret::new(&password), &unescape(row[2])).unwrap_err();
        // "too costly/too many lanes for m": that one is outside of the algorithm's range at once.
        if row[5].starts_with("too costly/") {
            assert!(matches!(refused, Refused::Malformed(_)), "{refused:?}: {}", row[2]);
        } else {
            assert!(matches!(refused, Refused::TooCostly(_)), "{refused:?}: {}", row[2]);
        }
        count += 1;
    }
    println!("too costly: {count} rows");
    assert_eq!(count, 11);
}

/// RFC 9106 §5 and the reference implementation.
#[test]
fn raw_argon2() {
    let (mut judged, mut elsewhere) = (0, 0);
    for row in rows(ARGON2_RAW) {
        let [variant, version, password, salt, secret, data, m, t, p, len, tag, ..] = row[..]
        else {
            panic!("columns: {row:?}")
        };
        // A stored string has neither: the arithmetic's own crate judges them.
        if !secret.is_empty() || !data.is_empty() {
            elsewhere += 1;
            continue;
        }
        let number = |text: &str| text.parse::<u32>().unwrap();
        let mut params =
            Argon2Params::new(number(m), number(t), number(p), number(len) as usize).unwrap();
        params.variant = match variant {
            "argon2d" => Argon2Variant::Argon2d,
            "argon2i" => Argon2Variant::Argon2i,
            "argon2id" => Argon2Variant::Argon2id,
            other => panic!("{other}"),
        };
        params.version = match version {
            "16" => Argon2Version::V0x10,
            "19" => Argon2Version::V0x13,
            other => panic!("{other}"),
        };
        for mut workspace in Workspace::all() {
            let work = key_work(Algorithm::Argon2(params), &unhex(salt), &unhex(password));
            assert_eq!(work.run_in(&mut workspace), unhex(tag), "{row:?}");
        }
        judged += 1;
    }
    println!(
        "argon2 raw: {judged} rows; {elsewhere} with secret or associated data, for the kernels crate"
    );
    assert_eq!((judged, elsewhere), (6, 24));
}

/// RFC 6070 §2, with its 16 777 216 iterations, and RFC 7914 §11.
#[test]
fn raw_pbkdf2() {
    let mut judged = 0;
    for row in rows(PBKDF2_RAW) {
        let [prf, password, salt, rounds, len, key, ..] = row[..] else {
            panic!("columns: {row:?}")
        };
        let prf = match prf {
            "sha1" => Prf::Sha1,
            "sha256" => Prf::Sha256,
            "sha512" => Prf::Sha512,
            other => panic!("{other}"),
        };
        let algorithm = pbkdf2(prf, rounds.parse().unwrap(), len.parse().unwrap());
        // Two of them, which are enough for the widest lanes where there are any.
        for mut workspace in Workspace::all() {
            let work = || key_work(algorithm.clone(), &unhex(salt), &unhex(password));
            let keys = Work::run_together(vec![work(), work()], &mut workspace);
            assert_eq!(keys, [unhex(key), unhex(key)], "{row:?}");
        }
        judged += 1;
    }
    println!("pbkdf2 raw: {judged} rows");
    assert_eq!(judged, 16);
}
