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
    Argon2, AspNet, Atlassian, Bcrypt, BcryptSha256, Django, Format, Grub, Hashers, Keycloak,
    LdapPbkdf2, P5k2, Pbkdf2, Prf, Scram, Secret, ShaCrypt, Spring, SpringPbkdf2, StoredHash,
    Verdict, Werkzeug, WordPress, Work, Workspace, by_name, imports,
};
// Those of crypt(3) and of plain digests.
use doorstep_password::{
    BsdiCrypt, DesCrypt, Drupal7, HtpasswdLine, Ldap, MalformedKind, Md5Crypt, NtHash, Phpass,
    Refused, Scrypt, Sha1Crypt, SunMd5, Yescrypt,
};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use util::{everything, rows, unescape};

/// The name in the collection, its rows, and how many match, do not, are refused, and are not judged as
/// written: they wait for an algorithm, or have their defect in the keys.
struct Family {
    name: &'static str,
    rows: &'static str,
    counts: [usize; 4],
    /// What a host accepts that has such a table; the settings that a string lacks are in the note.
    hashers: fn(&str) -> Hashers,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "aspnet",
        rows: include_str!("vectors/import/aspnet.tsv"),
        counts: [7, 10, 16, 0],
        hashers: |_| only(AspNet),
    },
    Family {
        name: "atlassian",
        rows: include_str!("vectors/import/atlassian.tsv"),
        counts: [3, 2, 9, 0],
        hashers: |_| only(Atlassian),
    },
    Family {
        name: "bcrypt-sha256",
        rows: include_str!("vectors/import/bcrypt-sha256.tsv"),
        counts: [18, 4, 19, 0],
        hashers: |_| only(BcryptSha256),
    },
    Family {
        name: "cta-pbkdf2",
        rows: include_str!("vectors/import/cta-pbkdf2.tsv"),
        counts: [3, 3, 6, 0],
        hashers: |_| only(P5k2),
    },
    Family {
        name: "dlitz-pbkdf2",
        rows: include_str!("vectors/import/dlitz-pbkdf2.tsv"),
        counts: [5, 3, 6, 0],
        hashers: |_| only(P5k2),
    },
    Family {
        name: "grub-pbkdf2",
        rows: include_str!("vectors/import/grub-pbkdf2.tsv"),
        counts: [3, 2, 8, 0],
        hashers: |_| only(Grub),
    },
    Family {
        name: "django",
        rows: include_str!("vectors/import/django.tsv"),
        counts: [52, 33, 39, 0],
        hashers: |_| only(Django::with_unsalted_md5()),
    },
    Family {
        name: "keycloak",
        rows: include_str!("vectors/import/keycloak.tsv"),
        counts: [4, 4, 6, 0],
        hashers: |_| only(Keycloak),
    },
    Family {
        name: "ldap",
        rows: include_str!("vectors/import/ldap-pbkdf2.tsv"),
        counts: [5, 5, 4, 0],
        hashers: |_| only(LdapPbkdf2),
    },
    Family {
        name: "postgres-scram",
        rows: include_str!("vectors/import/postgres-scram.tsv"),
        counts: [3, 1, 12, 1],
        hashers: |_| only(Scram),
    },
    Family {
        name: "scram",
        rows: include_str!("vectors/import/scram.tsv"),
        counts: [5, 3, 17, 0],
        hashers: |_| only(Scram),
    },
    Family {
        name: "spring",
        rows: include_str!("vectors/import/spring.tsv"),
        counts: [16, 13, 12, 0],
        hashers: |_| only(Spring),
    },
    Family {
        name: "spring-pbkdf2",
        rows: include_str!("vectors/import/spring-pbkdf2.tsv"),
        counts: [7, 7, 0, 0],
        hashers: |note| only(spring_pbkdf2(note)),
    },
    Family {
        name: "werkzeug",
        rows: include_str!("vectors/import/werkzeug.tsv"),
        counts: [7, 7, 23, 0],
        hashers: |_| only(Werkzeug),
    },
    Family {
        name: "wordpress",
        rows: include_str!("vectors/import/wordpress.tsv"),
        counts: [9, 4, 12, 0],
        hashers: |_| only(WordPress::with_md5()).accept(Bcrypt::default()),
    },
    Family {
        name: "apr1",
        rows: include_str!("vectors/import/apr1.tsv"),
        counts: [3, 2, 10, 0],
        hashers: |_| only(Md5Crypt),
    },
    Family {
        name: "bsdi-crypt",
        rows: include_str!("vectors/import/bsdi-crypt.tsv"),
        counts: [25, 7, 7, 0],
        hashers: |_| only(BsdiCrypt),
    },
    Family {
        name: "des-crypt",
        rows: include_str!("vectors/import/des-crypt.tsv"),
        counts: [18, 7, 9, 0],
        hashers: |_| only(DesCrypt),
    },
    Family {
        name: "drupal7",
        rows: include_str!("vectors/import/drupal7.tsv"),
        counts: [6, 1, 9, 1],
        hashers: |_| only(Drupal7),
    },
    Family {
        name: "ldap",
        rows: include_str!("vectors/import/ldap.tsv"),
        counts: [61, 33, 38, 0],
        hashers: |_| only(Ldap),
    },
    Family {
        name: "md5-crypt",
        rows: include_str!("vectors/import/md5-crypt.tsv"),
        counts: [25, 8, 11, 0],
        hashers: |_| only(Md5Crypt),
    },
    Family {
        name: "phpass",
        rows: include_str!("vectors/import/phpass.tsv"),
        counts: [12, 6, 17, 0],
        hashers: |_| only(Phpass),
    },
    Family {
        name: "sha1-crypt",
        rows: include_str!("vectors/import/sha1-crypt.tsv"),
        counts: [10, 7, 10, 0],
        hashers: |_| only(Sha1Crypt),
    },
    Family {
        name: "htpasswd",
        rows: include_str!("vectors/import/htpasswd.tsv"),
        counts: [4, 4, 10, 0],
        hashers: |_| only(HtpasswdLine),
    },
    Family {
        name: "nthash",
        rows: include_str!("vectors/import/nthash.tsv"),
        counts: [16, 9, 9, 0],
        hashers: |_| only(NtHash::default()).accept(NtHash::BARE),
    },
    Family {
        name: "scrypt-phc",
        rows: include_str!("vectors/import/scrypt-phc.tsv"),
        counts: [8, 4, 25, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "scrypt-7",
        rows: include_str!("vectors/import/scrypt-7.tsv"),
        counts: [12, 4, 11, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "hashcat-scrypt",
        rows: include_str!("vectors/import/hashcat-scrypt.tsv"),
        counts: [1, 1, 0, 0],
        hashers: |_| only(Scrypt),
    },
    Family {
        name: "sun-md5",
        rows: include_str!("vectors/import/sun-md5.tsv"),
        counts: [15, 7, 15, 0],
        hashers: |_| only(SunMd5),
    },
    Family {
        name: "yescrypt",
        rows: include_str!("vectors/import/yescrypt.tsv"),
        counts: [24, 4, 14, 0],
        hashers: |_| only(Yescrypt),
    },
    Family {
        name: "gost-yescrypt",
        rows: include_str!("vectors/import/gost-yescrypt.tsv"),
        counts: [12, 4, 14, 0],
        hashers: |_| only(Yescrypt),
    },
];

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

fn only(format: impl Format) -> Hashers {
    Hashers::new(Argon2::default()).accept(format)
}

/// The encoder that a note describes: `secret "secret", 8-byte salt, 185000, SHA1, hex`.
fn spring_pbkdf2(note: &str) -> SpringPbkdf2 {
    let rounds = if note.contains("310000") { 310_000 } else { 185_000 };
    let prf = if note.contains("SHA1") { Prf::Sha1 } else { Prf::Sha256 };
    let salt_len = if note.contains("8-byte salt") { 8 } else { 16 };
    let encoder = SpringPbkdf2::new(prf, rounds, salt_len);
    let encoder = if note.contains("base64") { encoder.in_base64() } else { encoder };
    if note.starts_with("secret") { encoder.with_secret(Secret::from("secret")) } else { encoder }
}

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
