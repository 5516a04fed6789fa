//! Formats of other systems: published vectors, each row as written, and what is made of those rows.
//! `tests/vectors/README.md` says where they come from.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "sha-crypt"))]

mod util;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Argon2, Bcrypt, Django, FirebaseScrypt, Format, Hashers, Keycloak, MalformedKind, Pbkdf2,
    Refused, Secret, ShaCrypt, StoredHash, Verdict, WordPress, Work, Workspace, by_name, imports,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use util::families::{FAMILIES, Family, only};
use util::{everything, rows, unescape};

/// Rows of the formats in `passwords.tsv`, which `tests/vectors.rs` judges.
const OWN: [(&str, usize); 5] = [
    ("argon2", 161),
    ("bcrypt", 239),
    ("pbkdf2-passlib", 92),
    ("pbkdf2-phc", 34),
    ("sha-crypt", 190),
];

/// Rows of all formats in the collection.
const ALL_ROWS: usize = 1738;

#[test]
fn every_row_is_judged_as_written() {
    for mut workspace in Workspace::all() {
        for family in FAMILIES {
            judge(family, 13, &mut workspace);
        }
    }
    for family in FAMILIES {
        judge(family, 1, &mut Workspace::new());
    }
}

fn judge(family: &Family, batch_len: usize, workspace: &mut Workspace) {
    let mut counts = [0; 4];
    let mut wrong = Vec::new();
    for batch in rows(family.rows).collect::<Vec<_>>().chunks(batch_len) {
        let begun: Vec<_> = batch
            .iter()
            .map(|row| {
                assert_eq!(row[0], family.name);
                let password = STANDARD.decode(row[1]).unwrap();
                let hashers = (family.hashers)(row[5]);
                hashers.verify(Secret::new(&password), &unescape(row[2]))
            })
            .collect();
        let accepted: Vec<_> = begun.iter().map(|begun| begun.as_ref().err().copied()).collect();
        let works: Vec<_> = begun.into_iter().flatten().collect();
        let mut verdicts = Work::run_together(works, workspace).into_iter();
        for (row, refused) in batch.iter().zip(accepted) {
            let verdict = match refused {
                Some(_) => "refuse",
                // A format that writes nothing is never up to date.
                None => match verdicts.next().unwrap().unwrap() {
                    Verdict::Outdated => "match",
                    Verdict::Match => "match, and not outdated",
                    Verdict::Mismatch => "mismatch",
                },
            };
            // It shows in the keys alone, and a string that is refused would be so for any password.
            if row[5].contains("inconsistent verifier") {
                println!("not refused, and a mismatch after the whole work: {}", row[2]);
                assert_eq!(verdict, "mismatch");
                counts[3] += 1;
                continue;
            }
            let column = ["match", "mismatch", "refuse"].iter().position(|&name| name == row[3]);
            counts[column.unwrap()] += 1;
            if verdict != row[3] {
                wrong.push(format!("{verdict} ({refused:?}) for {}", row[2..].join(" | ")));
            }
            if row[5].starts_with("too costly") {
                // scrypt's r p from 2^30 is outside of the algorithm's range at once (RFC 7914 §2).
                let is_out_of_range = family.name == "scrypt-phc"
                    && matches!(refused, Some(Refused::Malformed(at)) if at.kind == MalformedKind::Range);
                assert!(
                    is_out_of_range || matches!(refused, Some(Refused::TooCostly(_))),
                    "{refused:?}: {row:?}"
                );
            }
        }
    }
    let [matches, mismatches, refused, waiting] = counts;
    println!(
        "{}: {matches} match, {mismatches} mismatch, {refused} refuse, {waiting} not judged as written",
        family.name
    );
    assert!(wrong.is_empty(), "{} rows judged otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(counts, family.counts, "{}", family.name);
}

/// No row is left out: every format of the collection is there, with every row of it.
#[test]
fn every_row_of_the_collection_is_here() {
    let mut here: BTreeMap<&str, usize> = OWN.into();
    for family in FAMILIES {
        *here.entry(family.name).or_default() += family.counts.iter().sum::<usize>();
    }
    let collection = rows(include_str!("vectors/formats.tsv")).map(|row| {
        let [format, count] = row[..] else { panic!("two columns: {row:?}") };
        (format, count.parse().unwrap())
    });
    assert_eq!(here, collection.collect());
    let all: usize = here.values().sum();
    let otherwise: usize = FAMILIES.iter().map(|family| family.counts[3]).sum();
    println!("{all} rows, {} judged as written", all - otherwise);
    assert_eq!((all, otherwise), (ALL_ROWS, 1));
}

/// What a string says; two strings must not say the same.
fn meaning(hash: &StoredHash) -> (&'static str, String, Vec<u8>, Vec<u8>) {
    let derivation = hash.derivation();
    let algorithm = format!("{:?}", derivation.algorithm());
    (hash.name(), algorithm, derivation.salt().to_vec(), hash.digest().to_vec())
}

/// `2a`, `2b` and `2y` are one function, and three ways to write it.
fn without_ident(stored: &str) -> String {
    ["2a", "2y"].iter().fold(stored.to_string(), |stored, ident| {
        [format!("${ident}$"), format!("${ident},")].iter().fold(stored, |stored, written| {
            stored.replacen(written.as_str(), &written.replace(ident, "2b"), 1)
        })
    })
}

/// RFC 2307 §5.3: scheme names are matched without case.
fn without_case(stored: &str) -> String {
    match stored.split_once('}') {
        Some((scheme, rest)) => scheme.to_ascii_lowercase() + "}" + rest,
        None => stored.to_string(),
    }
}

/// Firebase's, as supabase/auth writes it.
fn signer_key(stored: &str) -> Option<&str> {
    Some(stored.split_once(",sk=")?.1.split_once('$')?.0)
}

/// DESIGN §3: one string for each value. Every change of one character of every valid row is refused,
/// or says something else.
#[test]
fn no_change_of_a_character_says_the_same() {
    const CHARACTERS: &str = "\0\t\n !$+,-./0189:;=AFZ[]_`abefz{}~\u{7f}é\u{661}";
    let mut changed = 0;
    for family in FAMILIES {
        for row in rows(family.rows) {
            let hashers = (family.hashers)(row[5]);
            let stored = unescape(row[2]);
            let Ok(hash) = hashers.inspect(&stored) else { continue };
            let said = meaning(&hash);
            let mut check = |mutant: String| {
                changed += 1;
                if let Ok(hash) = hashers.inspect(&mutant) {
                    // Of several digests of one password, one decides.
                    let unread = family.name == "scram" && stored.contains(",sha-");
                    // A line's user-id is the host's to compare.
                    let of_another_user = family.name == "htpasswd"
                        && mutant.split_once(':').map(|line| line.1)
                            == stored.split_once(':').map(|line| line.1);
                    // Of a signer key nothing is shown.
                    let of_another_key = signer_key(&mutant) != signer_key(&stored);
                    assert!(
                        unread
                            || of_another_user
                            || of_another_key
                            || said != meaning(&hash)
                            || without_ident(&mutant) == without_ident(&stored)
                            || without_case(&mutant) == without_case(&stored),
                        "{mutant:?} says what {stored:?} says"
                    );
                }
            };
            let places = stored.char_indices().map(|(at, _)| at).chain([stored.len()]);
            for at in places.collect::<Vec<_>>() {
                let (head, tail) = stored.split_at(at);
                let mut rest = tail.chars();
                let here = rest.next();
                let rest = rest.as_str();
                check(head.to_string() + if tail.is_empty() { "$" } else { "" });
                check(tail.to_string() + head + if at == 0 { " " } else { "" });
                for character in CHARACTERS.chars() {
                    check(format!("{head}{character}{tail}"));
                    if here.is_some_and(|here| here != character) {
                        check(format!("{head}{character}{rest}"));
                    }
                }
                if here.is_some() {
                    check(format!("{head}{rest}"));
                }
            }
        }
    }
    println!("{changed} changed strings");
}

/// "240610708" and "QNKCDZO" have MD5s of the form `0e` and digits, which a comparison of numbers takes
/// for zero both (the magic hashes of PHP's `==`).
#[test]
fn magic_hashes_do_not_meet() {
    let (one, other) = ("0e462097431906509019562988736854", "0e830400451993494058024219903391");
    for hashers in [only(Django::with_unsalted_md5()), only(WordPress::with_md5())] {
        let is_match = |password: &str, stored: &str| {
            hashers.verify(password.into(), stored).unwrap().run().unwrap().is_match()
        };
        assert!(is_match("240610708", one) && is_match("QNKCDZO", other));
        assert!(!is_match("240610708", other) && !is_match("QNKCDZO", one));
        assert!(!is_match("0", one) && !is_match("", one));
    }
}

/// Issue 6, section 1: nothing is guessed. What one format claims, no other does; and a bare shape is
/// read only where the host accepts its format by itself.
#[test]
fn no_two_formats_claim_one_string() {
    let mut formats: Vec<Box<dyn Format>> = vec![
        Box::new(Argon2::default()),
        Box::new(Bcrypt::default()),
        Box::new(Pbkdf2::default()),
        Box::new(ShaCrypt::default()),
    ];
    formats.extend(imports().map(|format| Box::new(format) as Box<dyn Format>));
    let all = imports().fold(everything(), Hashers::accept);
    let mut bare = 0;
    for family in FAMILIES {
        for row in rows(family.rows) {
            let stored = unescape(row[2]);
            let claims: Vec<_> = formats.iter().filter(|format| format.claims(&stored)).collect();
            assert!(claims.len() <= 1, "{claims:?} claim {stored:?}");
            if claims.is_empty() {
                assert!(all.inspect(&stored).is_err());
                bare += usize::from((family.hashers)(row[5]).inspect(&stored).is_ok());
            }
        }
    }
    println!("{bare} valid rows have no prefix");
    assert!(bare > 0);
}

/// Keycloak has Argon2 since 24, of which the collection has no row: one of Keycloak 26's for "secret",
/// as argon2-cffi computes it, too.
#[test]
fn keycloak_has_argon2() {
    let stored = r#"{"type":"password","secretData":"{\"value\":\"xKjWvB9+0sSP6wTqI1JoEI7w+iA0x9VDhPgmrOHRG80=\",\"salt\":\"LRScGShC7shkdoU5B1UgUQ==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\"1.3\"],\"parallelism\":[\"1\"]}}"}"#;
    let hashers = only(Keycloak);
    let verdict = |password: &str, stored: &str| {
        hashers.verify(Secret::from(password), stored).map(|work| work.run().unwrap())
    };
    assert_eq!(hashers.inspect(stored).unwrap().name(), "keycloak_argon2");
    assert_eq!(verdict("secret", stored), Ok(Verdict::Outdated));
    assert_eq!(verdict("Secret", stored), Ok(Verdict::Mismatch));
    for (from, to) in [
        (r#"\"32\""#, r#"\"31\""#),
        ("1.3", "1.2"),
        (r#"\"id\""#, r#"\"ie\""#),
        ("7168", "07168"),
        ("argon2", "argon2id"),
        (r#"memory\":[\"7168\"],\"type\":[\"id\"]"#, r#"type\":[\"id\"],\"memory\":[\"7168\"]"#),
    ] {
        let changed = stored.replace(from, to);
        assert_ne!(changed, stored);
        assert!(matches!(verdict("secret", &changed), Err(Refused::Malformed(_))), "{changed}");
    }
    // Other variants and versions are read, and are other functions.
    for (from, to) in [(r#"\"id\""#, r#"\"i\""#), (r#"\"id\""#, r#"\"d\""#), ("1.3", "1.0")] {
        assert_eq!(verdict("secret", &stored.replace(from, to)), Ok(Verdict::Mismatch), "{to}");
    }
    let dear = stored.replace("7168", "4294967295");
    assert_eq!(verdict("secret", &dear), Err(Refused::TooCostly("argon2_memory_kib")));
    let blank = hashers.blank(stored).unwrap();
    assert_eq!(hashers.inspect(&blank).unwrap().digest(), [0; 32]);
}

/// The rows hold their project's signer key; a host's need not.
#[test]
fn firebase_has_its_parameters_from_the_host() {
    let (mut judged, mut of_project) = (0, 0);
    for row in rows(include_str!("vectors/import/firebase-scrypt.tsv")) {
        let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
        let Some(key) = signer_key(&stored) else { continue };
        let key = STANDARD.decode(key).unwrap();
        let firebase = |key: &[u8]| FirebaseScrypt::of_project(Secret::new(key), &[7], 8, 14);
        let hashers = only(firebase(&key).unwrap());
        let verdict = |hashers: &Hashers, stored: &str| {
            let work = hashers.verify(Secret::new(&password), stored).ok()?;
            Some(work.run().unwrap())
        };
        // What has its own parameters is judged by them.
        assert_eq!(verdict(&hashers, &stored), verdict(&only(FirebaseScrypt::default()), &stored));
        judged += 1;
        if verdict(&hashers, &stored) == Some(Verdict::Outdated) {
            let rest = stored.splitn(4, '$').nth(3).unwrap();
            let short = format!("$fbscrypt${rest}");
            assert_eq!(verdict(&hashers, &short), Some(Verdict::Outdated));
            assert_eq!(verdict(&only(FirebaseScrypt::default()), &short), None);
            let others = only(firebase(&[7; 64]).unwrap());
            assert_eq!(verdict(&others, &short), Some(Verdict::Mismatch));
            assert_eq!(verdict(&only(firebase(&[7; 63]).unwrap()), &short), None);
            assert!(!format!("{:?}", firebase(b"sixteen visibles").unwrap()).contains("visible"));
            of_project += 1;
        }
        assert!(firebase(&key[..15]).is_err());
    }
    assert_eq!((judged, of_project), (13, 2));
}

/// DESIGN §2, "half-migrated tables": an unknown name of an old format's share gets that format's work,
/// its steps included.
#[test]
fn decoys_do_the_work_of_the_imported_format() {
    for family in FAMILIES {
        let (hashers, sample) = rows(family.rows)
            .map(|row| ((family.hashers)(row[5]), unescape(row[2])))
            .find(|(hashers, stored)| hashers.inspect(stored).is_ok())
            .unwrap();
        let secret = || Secret::from("sixteen bytes and more");
        let hashers = hashers.shares(secret(), [(sample.as_str(), 1.0)]).unwrap();
        let key = || util::Key(b"password".to_vec());
        let decoy = hashers.decoy("nobody").plan(b"").work(|_| key());
        let real = hashers.plan(&sample, b"password").unwrap().work(|_| key());
        assert_eq!((decoy.cost(), decoy.company()), (real.cost(), real.company()));
        assert_eq!(decoy.run(), real.run(), "{sample}");
    }
}

/// Issue 6, section 4: "batches of imported formats that share a primitive share lanes".
#[test]
fn imported_formats_share_lanes_with_all_of_their_algorithm() {
    let company = |hashers: &Hashers, stored: &str| {
        hashers.verify(Secret::from("password"), stored).unwrap().company()
    };
    let all = imports().fold(everything(), Hashers::accept);
    let own = |name: &str| {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let hashers = Hashers::new(by_name(name).unwrap());
        hashers.hash_with_rng(Secret::from("password"), &mut rng).unwrap().company().unwrap()
    };
    for (name, prefixes) in [
        (
            "pbkdf2_sha256",
            ["pbkdf2_sha256$", "pbkdf2:sha256:", "SCRAM-SHA-256$", "{PBKDF2-SHA256}", "{\"type\""],
        ),
        (
            "bcrypt",
            ["bcrypt$$", "bcrypt_sha256$$", "$bcrypt-sha256$2", "$bcrypt-sha256$v", "$wp$2y$"],
        ),
    ] {
        for prefix in prefixes {
            let stored = FAMILIES
                .iter()
                .flat_map(|family| rows(family.rows))
                .map(|row| unescape(row[2]))
                .find(|stored| stored.starts_with(prefix) && all.inspect(stored).is_ok());
            let stored = stored.unwrap_or_else(|| panic!("no row of {prefix}"));
            assert_eq!(company(&all, &stored), Some(own(name)), "{stored}");
        }
    }
}

/// In pieces, each with another kernel, the bytes are the same, and the price is what is left.
#[test]
fn every_format_runs_in_pieces() {
    for family in FAMILIES {
        for row in rows(family.rows).filter(|row| row[3] == "match").take(4) {
            let hashers = (family.hashers)(row[5]);
            let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
            let mut work = hashers.verify(Secret::new(&password), &stored).unwrap();
            assert_eq!(work.cost().units, work.remaining());
            let mut workspaces: Vec<_> = Workspace::all().collect();
            let (mut turn, mut left) = (0, work.remaining());
            let verdict = loop {
                turn += 1;
                let at = turn % workspaces.len();
                match work.advance(300, &mut workspaces[at]) {
                    ControlFlow::Continue(rest) => work = rest,
                    ControlFlow::Break(verdict) => break verdict.unwrap(),
                }
                assert!(work.remaining() <= left, "{stored}");
                left = work.remaining();
            };
            assert_eq!(verdict, Verdict::Outdated, "{stored}");
        }
    }
}
