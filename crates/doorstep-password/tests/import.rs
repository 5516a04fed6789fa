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
    Argon2, Bcrypt, Format, Hashers, MalformedKind, Pbkdf2, Refused, Secret, ShaCrypt, StoredHash,
    Verdict, Work, Workspace, by_name, imports,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use util::families::{FAMILIES, Family};
use util::{everything, rows, unescape};

/// Rows of the formats in `passwords.tsv`, which `tests/vectors.rs` judges.
const OWN: [(&str, usize); 5] = [
    ("argon2", 161),
    ("bcrypt", 239),
    ("pbkdf2-passlib", 92),
    ("pbkdf2-phc", 34),
    ("sha-crypt", 190),
];

/// Rows of all formats in the collection, those that are not there yet included.
const ALL_ROWS: usize = 1738;

/// Whether a row of a format is not judged as written.
fn waits(format: &str, hash: &str) -> bool {
    let prefixes: &[&str] = match format {
        // Refused as "count below 7"; but `6` is 8 in this alphabet, which Drupal's DRUPAL_MIN_HASH_COUNT
        // of 7 lets pass: a well-formed hash of another password.
        "drupal7" => &["$S$6abcdefghcnpj6"],
        _ => &[],
    };
    prefixes.iter().any(|prefix| hash.starts_with(prefix))
}

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
    let (waiting, ready): (Vec<_>, Vec<_>) =
        rows(family.rows).partition(|row| waits(row[0], &unescape(row[2])));
    counts[3] = waiting.len();
    for batch in ready.chunks(batch_len) {
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

/// No row is skipped in silence: what no format reads yet is counted as such.
#[test]
fn formats_that_are_not_there_yet_are_counted() {
    let mut there: BTreeMap<&str, usize> = OWN.into();
    for family in FAMILIES {
        *there.entry(family.name).or_default() += family.counts.iter().sum::<usize>();
    }
    let waiting: usize = FAMILIES.iter().map(|family| family.counts[3]).sum();
    let (mut judged, mut all) = (0, 0);
    for row in rows(include_str!("vectors/formats.tsv")) {
        let [format, count] = row[..] else { panic!("two columns: {row:?}") };
        let count: usize = count.parse().unwrap();
        all += count;
        match there.remove(format) {
            Some(rows) => {
                assert!(rows <= count, "{format}");
                if rows < count {
                    println!("not there yet: {} of the {count} rows of {format}", count - rows);
                }
                judged += rows;
            }
            None => println!("not there yet: {format} {count} rows"),
        }
    }
    assert!(there.is_empty(), "not in the collection: {there:?}");
    println!(
        "judged: {} of {all} rows; {waiting} of the formats there are not judged as written",
        judged - waiting
    );
    assert_eq!(all, ALL_ROWS);
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
                    assert!(
                        unread
                            || of_another_user
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
        let decoy = hashers.decoy("nobody").work(|_| key());
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
            if waits(family.name, &stored) {
                continue;
            }
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
