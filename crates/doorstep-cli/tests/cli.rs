//! What the program promises: exit codes, bytes as they come, shapes of JSON, and what it never
//! shows. DESIGN §3 is about the hashes.

#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::collections::BTreeMap;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::names;
use serde_json::{Value, json};

use util::{CHEAP, Ran, file, hash, program, ran, run, unescape, verify, with_stdin};

const VECTORS: &str = include_str!("../../doorstep-password/tests/vectors/passwords.tsv");

/// `U*U` (passlib 1.7.4, `passlib/tests/test_handlers_bcrypt.py`).
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// As `--help` lists them.
#[test]
fn exit_codes() {
    let missing = file("missing", b"") + ".not";
    for (code, args) in [
        (0, &["verify", "--stdin", "--", BCRYPT] as &[&str]),
        (
            1,
            &[
                "verify",
                "--stdin",
                "--",
                "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeO",
            ],
        ),
        (2, &["verify", "--stdin", "--", "$2a$05$CCCC"]),
        (2, &["verify", "--stdin", "--", ""]),
        (2, &["verify", "--stdin", "--", "-"]),
        (2, &["verify", "--stdin"]),
        (2, &["verify", "--stdin", "--hash-file", &missing]),
        (2, &["verify", "--stdin", "--hash-file", &missing, "--", BCRYPT]),
        (2, &["verify", "--stdin", "--format", "md5_crypt", "--", BCRYPT]),
        (0, &["hash", "--stdin", "--algorithm", "bcrypt", "--cost", "4"]),
        (2, &["hash", "--stdin", "--algorithm", "md5_crypt"]),
        (2, &["hash", "--stdin", "--unknown"]),
        (0, &["inspect", "--", BCRYPT]),
        (2, &["inspect", "--", "$2a$05$CCCC"]),
        (2, &["inspect"]),
        (2, &[]),
        (2, &["login"]),
        (0, &["--help"]),
        (0, &["--version"]),
        (0, &["hash", "--help"]),
    ] {
        let ran = with_stdin(args, b"U*U").exits(code);
        if code == 2 {
            assert_eq!(ran.stdout, "", "{args:?}");
            assert_ne!(ran.stderr, "", "{args:?}");
        } else {
            assert_ne!(ran.stdout, "", "{args:?}");
        }
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    for command in ["hash", "verify", "inspect", "calibrate"] {
        let help = run(&[command, "--help"]).exits(0).stdout;
        for wanted in ["Examples:\n  doorstep ", "Exit codes: 0 "] {
            assert!(help.contains(wanted), "no {wanted:?} in the help of {command}");
        }
    }
    for command in ["verify", "inspect"] {
        assert!(run(&[command, "--help"]).stdout.contains("single quotes"));
    }
}

/// Each of passlib's names, with today's defaults, which OWASP does not call weak.
#[test]
fn every_algorithm_hashes_and_verifies() {
    for name in names() {
        let made = with_stdin(&["hash", "--stdin", "--algorithm", name], b"correct horse").exits(0);
        assert_eq!(made.stderr, "", "{name}");
        let stored = made.stdout.trim_end();
        let only = ["verify", "--stdin", "--json", "--format", name, "--", stored];
        let right = with_stdin(&only, b"correct horse").exits(0).json();
        assert_eq!(right["verdict"], "match", "{name}");
        assert_eq!(right["format"], name);
        assert_eq!(right["outdated"], name != "argon2", "{name}");
        let wrong = with_stdin(&only, b"correct horsf").exits(1).json();
        assert_eq!(wrong["verdict"], "mismatch", "{name}");
        let report = run(&["inspect", "--json", "--algorithm", name, "--", stored]).exits(0).json();
        assert_eq!(report["outdated"], false, "{name}");
        assert_ne!(report["strength"]["verdict"], "below", "{name}");
    }
}

#[test]
fn options_set_the_parameters() {
    for (options, prefix) in [
        (
            &["--memory", "64", "--passes", "3", "--lanes", "2"] as &[&str],
            "$argon2id$v=19$m=64,t=3,p=2$",
        ),
        (&["--passes", "1"], "$argon2id$v=19$m=19456,t=1,p=1$"),
        (&["--algorithm", "bcrypt", "--cost", "5"], "$2b$05$"),
        (&["--algorithm", "pbkdf2_sha1", "--rounds", "2"], "$pbkdf2$2$"),
        (&["--algorithm", "pbkdf2_sha256", "--rounds", "1"], "$pbkdf2-sha256$1$"),
        (&["--algorithm", "pbkdf2_sha512", "--rounds", "3"], "$pbkdf2-sha512$3$"),
        (&["--algorithm", "sha256_crypt", "--rounds", "1000"], "$5$rounds=1000$"),
        (&["--algorithm", "sha512_crypt", "--rounds", "1001"], "$6$rounds=1001$"),
    ] {
        let stored = hash(b"x", options);
        assert!(stored.starts_with(prefix), "{stored}");
        assert_eq!(verify(b"x", &stored), 0, "{stored}");
    }
}

#[test]
fn a_stray_option_is_refused() {
    for (options, stray) in [
        (&["--cost", "5"] as &[&str], "--cost does not belong to argon2"),
        (&["--rounds", "5000"], "--rounds does not belong to argon2"),
        (&["--algorithm", "bcrypt", "--rounds", "5"], "--rounds does not belong to bcrypt"),
        (&["--algorithm", "bcrypt", "--memory", "64"], "--memory does not belong to bcrypt"),
        (&["--algorithm", "pbkdf2_sha1", "--cost", "5"], "--cost does not belong to pbkdf2_sha1"),
        (&["--algorithm", "sha512_crypt", "--passes", "5"], "--passes does not belong to"),
        (&["--algorithm", "sha256_crypt", "--lanes", "5"], "--lanes does not belong to"),
    ] {
        with_stdin(&[&["hash", "--stdin"], options].concat(), b"x").refuses(stray);
        run(&[&["inspect"], options, &["--", BCRYPT]].concat()).refuses(stray);
    }
}

#[test]
fn a_parameter_out_of_range_is_refused() {
    let argon2 = "--memory from 8 KiB for each lane";
    for (options, why) in [
        (&["--memory", "7"] as &[&str], argon2),
        (&["--memory", "15", "--lanes", "2"], argon2),
        (&["--passes", "0"], argon2),
        (&["--lanes", "0"], argon2),
        (&["--memory", "4294967296"], "4294967296"),
        (&["--memory", "-1"], "-1"),
        (&["--memory", "19MiB"], "19MiB"),
        (&["--algorithm", "bcrypt", "--cost", "3"], "--cost from 4 to 31"),
        (&["--algorithm", "bcrypt", "--cost", "32"], "--cost from 4 to 31"),
        (&["--algorithm", "pbkdf2_sha256", "--rounds", "0"], "--rounds from 1"),
        (&["--algorithm", "sha512_crypt", "--rounds", "999"], "--rounds from 1000"),
        (&["--algorithm", "sha512_crypt", "--rounds", "1000000000"], "to 999999999"),
        // In the algorithm's range, and dearer than `verify` would take.
        (&["--algorithm", "bcrypt", "--cost", "17"], "the limit bcrypt_cost is 16"),
        (&["--memory", "262145"], "the limit argon2_memory_kib is 262144"),
        (&["--passes", "17"], "the limit argon2_passes is 16"),
        (&["--lanes", "17"], "the limit argon2_lanes is 16"),
        (&["--algorithm", "pbkdf2_sha1", "--rounds", "10000001"], "pbkdf2_rounds is 10000000"),
        (&["--algorithm", "sha256_crypt", "--rounds", "10000001"], "sha_crypt_rounds is 10000000"),
    ] {
        with_stdin(&[&["hash", "--stdin"], options].concat(), b"x").refuses(why);
    }
}

#[test]
fn an_unknown_algorithm_is_told_what_there_is() {
    let refused = run(&["hash", "--stdin", "--algorithm", "md5_crypt"]).exits(2);
    names().for_each(|name| assert!(refused.stderr.contains(name), "{refused:?}"));
}

/// Issue 3, section 3: the bytes exactly as they come.
#[test]
fn every_byte_of_standard_input_counts() {
    let passwords: [&[u8]; 10] = [
        b"",
        b"pw",
        b"pw\n",
        b"pw\r\n",
        b"\npw",
        b" pw ",
        b"pw\0",
        b"p\0w",
        b"\xff\xfe\x80",
        "pässword".as_bytes(),
    ];
    for made_of in passwords {
        let stored = hash(made_of, &CHEAP);
        for tried in passwords {
            let expected = i32::from(tried != made_of);
            assert_eq!(verify(tried, &stored), expected, "{made_of:?} and {tried:?}");
        }
    }
}

#[test]
fn what_is_easily_overlooked_is_said() {
    let note = |args: &[&str], password: &[u8]| with_stdin(args, password).stderr;
    let make =
        [&["hash", "--stdin", "--algorithm", "bcrypt"], &["--cost", "10"] as &[&str]].concat();
    assert!(note(&make, b"").contains("note: the password is empty"));
    assert!(note(&make, b"pw\n").contains("note: the password ends with a line feed"));
    assert_eq!(note(&make, b"pw"), "");

    let weak = ["hash", "--stdin", "--algorithm", "bcrypt", "--cost", "9"];
    assert!(note(&weak, b"pw").contains("weaker than the OWASP"));

    let check = ["verify", "--stdin", "--", BCRYPT];
    assert!(note(&check, b"U*U\n").contains("ends with a line feed"));
    assert!(note(&check, &[b'x'; 73]).contains("longer than the 72 bytes"));
    assert!(note(&check, b"U*U\0").contains("holds a NUL"));
    assert_eq!(note(&check, b"wrong"), "");
}

/// DESIGN §3: `Limits::password_len`, before any work.
#[test]
fn a_long_password_is_refused() {
    let longest = [b'x'; 4096];
    let stored = hash(&longest, &CHEAP);
    assert_eq!(verify(&longest, &stored), 0);
    for len in [4097, 100_000, 3_000_000] {
        let long = vec![b'x'; len];
        let why = "the password is longer than 4096 bytes";
        with_stdin(&["hash", "--stdin"], &long).refuses(why);
        with_stdin(&["verify", "--stdin", "--", &stored], &long).refuses(why);
        let report = with_stdin(&["verify", "--stdin", "--json", "--", &stored], &long).exits(2);
        assert_eq!(report.json()["refused"]["reason"], "password_too_long");
    }
}

/// DESIGN §3: bcrypt reads 72 bytes and no NUL; a new hash says so instead of cutting.
#[test]
fn bcrypt_refuses_what_it_would_cut() {
    let make = ["hash", "--stdin", "--algorithm", "bcrypt", "--cost", "4"];
    with_stdin(&make, &[b'x'; 72]).exits(0);
    with_stdin(&make, &[b'x'; 73]).refuses("longer than the 72 bytes");
    with_stdin(&make, b"a\0b").refuses("holds a NUL");
}

/// DESIGN §3: `$2x$` is refused by name.
#[test]
fn the_faulty_bcrypt_is_refused_by_name() {
    let faulty = BCRYPT.replace("$2a$", "$2x$");
    with_stdin(&["verify", "--stdin", "--", &faulty], b"U*U").refuses("$2x$");
    run(&["inspect", "--", &faulty]).refuses("$2x$");
    let report = with_stdin(&["verify", "--stdin", "--json", "--", &faulty], b"U*U").exits(2);
    assert_eq!(report.json()["refused"]["reason"], "unsupported");
}

/// The rows that ask for terabytes or weeks; that this test ends shows that they get neither.
#[test]
fn hostile_prices_are_refused() {
    let mut count = 0;
    for row in rows().filter(|row| row[5].contains("too costly") && row[3] == "refuse") {
        let (password, stored) = (STANDARD.decode(row[1]).unwrap(), row[2]);
        let refused =
            with_stdin(&["verify", "--stdin", "--json", "--", stored], &password).exits(2);
        let report = refused.json();
        let reason = report["refused"]["reason"].as_str().unwrap();
        assert!(matches!(reason, "too_costly" | "malformed"), "{reason}: {stored}");
        // It costs nothing to look at, and is refused all the same.
        let seen = run(&["inspect", "--json", "--", stored]).exits(2).json();
        assert_eq!(seen["refused"]["reason"], reason);
        assert_eq!(seen["price"].is_null(), reason == "malformed", "{stored}");
        count += 1;
    }
    assert_eq!(count, 11);
}

/// The first rows of each format and verdict, as written.
#[test]
fn published_vectors() {
    let mut seen = BTreeMap::<_, usize>::new();
    let mut wrong = Vec::new();
    for row in rows() {
        let count = seen.entry((row[0], row[3])).or_default();
        if *count == 4 {
            continue;
        }
        *count += 1;
        let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
        let expected = match row[3] {
            "match" => 0,
            "mismatch" => 1,
            "refuse" => 2,
            other => panic!("{other}"),
        };
        // No argument can hold a NUL.
        let code = if stored.contains('\0') {
            let file = file("vector", stored.as_bytes());
            with_stdin(&["verify", "--stdin", "--hash-file", &file], &password).code.unwrap()
        } else {
            verify(&password, &stored)
        };
        if code != expected {
            wrong.push(format!("{code} for {expected}: {stored}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let judged: usize = seen.values().sum();
    println!("{judged} rows of {} formats and verdicts", seen.len());
    assert_eq!(seen.len(), 15, "five formats, three verdicts");
}

#[test]
fn only_the_format_that_is_asked_for() {
    let only =
        |name| with_stdin(&["verify", "--stdin", "--json", "--format", name, "--", BCRYPT], b"U*U");
    only("bcrypt").exits(0);
    for other in names().filter(|name| *name != "bcrypt") {
        let refused = only(other).refuses("this is a hash of bcrypt");
        assert_eq!(refused.json()["refused"]["reason"], "other_format");
    }
    // One family, three names.
    let sha512 = hash(b"x", &["--algorithm", "pbkdf2_sha512", "--rounds", "1"]);
    with_stdin(&["verify", "--stdin", "--format", "pbkdf2_sha256", "--", &sha512], b"x")
        .refuses("this is a hash of pbkdf2_sha512");
}

/// The README's table: these keys, always all of them.
/// Issue 6, section 1: hashes of other systems verify, and are outdated however strong.
#[test]
fn hashes_of_other_systems_are_read_and_outdated() {
    // Django's tests, and passlib's for Argon2 within Django.
    let django = "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=";
    let report = with_stdin(&["verify", "--stdin", "--json", "--", django], "lètmein".as_bytes());
    let report = report.json();
    assert_eq!((&report["verdict"], &report["outdated"]), (&json!("match"), &json!(true)));
    let strong = "argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw";
    let report = run(&["inspect", "--json", "--", strong]).json();
    assert_eq!((&report["format"], &report["outdated"]), (&json!("django_argon2"), &json!(true)));
}

#[test]
fn json_of_verify() {
    let report = |stored: &str, password: &[u8]| {
        with_stdin(&["verify", "--stdin", "--json", "--", stored], password).json()
    };
    assert_eq!(
        report(BCRYPT, b"U*U"),
        json!({"verdict": "match", "format": "bcrypt", "outdated": true, "refused": null})
    );
    assert_eq!(
        report(&hash(b"x", &[]), b"y"),
        json!({"verdict": "mismatch", "format": "argon2", "outdated": false, "refused": null})
    );
    let refused = report("$9$what", b"x");
    assert_eq!(refused["refused"]["reason"], "unknown_format");
    assert!(refused["refused"]["message"].is_string());
    assert_eq!(keys(&refused), ["format", "outdated", "refused", "verdict"]);
    assert_eq!(
        (&refused["verdict"], &refused["format"], &refused["outdated"]),
        (&json!("refused"), &Value::Null, &Value::Null)
    );
    let reason = |stored| report(stored, b"x")["refused"]["reason"].clone();
    assert_eq!(reason("$2a$05$CCCC"), "malformed");
    assert_eq!(reason(&"$".repeat(1025)), "stored_too_long");
}

#[test]
fn json_of_inspect() {
    let mut report = run(&["inspect", "--json", "--", BCRYPT]).exits(0).json();
    // What a unit of work is worth may be measured anew.
    let price = &mut report["price"];
    for figure in ["memory_kib", "units"] {
        assert!(price[figure].take().as_u64().unwrap() > 0, "{figure}");
    }
    assert_eq!(
        report,
        json!({
            "format": "bcrypt",
            "parameters": {"cost": 5},
            "salt_len": 16,
            "digest_len": 23,
            "salt": null,
            "digest": null,
            "strength": {
                "verdict": "below",
                "source": "OWASP Password Storage Cheat Sheet",
                "as_of": "2026-06-25",
                "reasons": ["cost 10 is the least"],
            },
            "outdated": true,
            "compared_with": {
                "format": "argon2",
                "parameters": {"variant": "id", "v": 19, "m": 19456, "t": 2, "p": 1},
            },
            "price": {"memory_kib": null, "units": null, "password_len": 16},
            "refused": null,
        })
    );
    let refused = run(&["inspect", "--json", "--", "$2a$05$CCCC"]).exits(2).json();
    assert_eq!(keys(&refused), keys(&report));
    assert_eq!(refused["refused"]["reason"], "malformed");
    assert!(keys(&report).iter().filter(|key| *key != "refused").all(|key| refused[key].is_null()));
}

#[test]
fn outdated_depends_on_what_is_written() {
    let outdated = |options: &[&str]| {
        let args = [&["inspect", "--json"], options, &["--", BCRYPT]].concat();
        run(&args).exits(0).json()["outdated"].as_bool().unwrap()
    };
    assert!(outdated(&[]));
    assert!(outdated(&["--algorithm", "bcrypt"]));
    assert!(outdated(&["--algorithm", "bcrypt", "--cost", "6"]));
    assert!(!outdated(&["--algorithm", "bcrypt", "--cost", "5"]));
    assert!(!outdated(&["--algorithm", "bcrypt", "--cost", "4"]));
}

/// OWASP's Password Storage Cheat Sheet, 25 June 2026.
#[test]
fn strength_by_the_advice() {
    let argon2 = |variant: &str, m: u32, t: u32| {
        let digest = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
        format!("$argon2{variant}$v=19$m={m},t={t},p=1$c29tZXNhbHQ${digest}")
    };
    let bcrypt = |cost| BCRYPT.replace("$05$", &format!("${cost}$"));
    let pbkdf2 = |name: &str, rounds: u32, digest_len: usize| {
        let digest = "A".repeat((digest_len * 8).div_ceil(6));
        format!("${name}${rounds}$AAAA${digest}")
    };
    for (stored, expected) in [
        (argon2("id", 47104, 1), "meets"),
        (argon2("id", 47103, 1), "below"),
        (argon2("id", 19456, 2), "meets"),
        (argon2("id", 19455, 2), "below"),
        (argon2("id", 12288, 3), "meets"),
        (argon2("id", 12287, 3), "below"),
        (argon2("id", 9216, 4), "meets"),
        (argon2("id", 9215, 4), "below"),
        (argon2("id", 7168, 5), "meets"),
        (argon2("id", 7167, 5), "below"),
        (argon2("id", 7167, 16), "below"),
        (argon2("id", 65536, 16), "meets"),
        (argon2("i", 65536, 16), "below"),
        (argon2("d", 65536, 16), "below"),
        (argon2("id", 19456, 2).replace("v=19$", "v=16$"), "below"),
        // A tag of 4 bytes (argon2-cffi `tests/test_password_hasher.py`).
        ("$argon2id$v=19$m=65536,t=3,p=1$MTIzNDU2Nzg5MDEyMzQ1Ng$maTa5w".into(), "below"),
        (bcrypt("09"), "below"),
        (bcrypt("10"), "legacy"),
        (pbkdf2("pbkdf2", 1_399_999, 20), "below"),
        (pbkdf2("pbkdf2", 1_400_000, 20), "legacy"),
        (pbkdf2("pbkdf2-sha256", 599_999, 32), "below"),
        (pbkdf2("pbkdf2-sha256", 600_000, 32), "meets"),
        (pbkdf2("pbkdf2-sha512", 219_999, 64), "below"),
        (pbkdf2("pbkdf2-sha512", 220_000, 64), "meets"),
        (format!("$6$rounds=656000$salt${}", ".".repeat(86)), "not_listed"),
    ] {
        let strength = &run(&["inspect", "--json", "--", &stored]).exits(0).json()["strength"];
        assert_eq!(strength["verdict"], expected, "{stored}: {strength}");
        let reasons = strength["reasons"].as_array().unwrap();
        assert_eq!(reasons.is_empty(), expected == "meets", "{stored}: {strength}");
    }
}

/// DESIGN §3: never the salt or digest unless asked.
#[test]
fn inspect_shows_neither_salt_nor_digest() {
    let mut hashes = vec![BCRYPT.to_owned(), hash(b"x", &CHEAP)];
    for name in ["pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512"] {
        hashes.push(hash(b"x", &["--algorithm", name, "--rounds", "1"]));
    }
    for name in ["sha256_crypt", "sha512_crypt"] {
        hashes.push(hash(b"x", &["--algorithm", name, "--rounds", "1000"]));
    }
    for stored in hashes {
        let asked = ["inspect", "--json", "--show-salt", "--show-digest", "--", &stored];
        let shown = run(&asked).exits(0).json();
        let (salt, digest) = (shown["salt"].as_str().unwrap(), shown["digest"].as_str().unwrap());
        assert_eq!(salt.len() as u64, 2 * shown["salt_len"].as_u64().unwrap());
        assert_eq!(digest.len() as u64, 2 * shown["digest_len"].as_u64().unwrap());
        let text = run(&["inspect", "--show-salt", "--show-digest", "--", &stored]).exits(0).stdout;
        assert!(text.contains(salt) && text.contains(digest), "{text}");

        for options in [&[] as &[&str], &["--json"]] {
            let Ran { stdout, stderr, .. } =
                run(&[&["inspect"], options, &["--", &stored]].concat());
            let all = stdout + &stderr;
            // As hexadecimal, and as the pieces of the stored string, of which bcrypt's is one.
            let pieces = stored.rsplit('$').take(2).filter(|piece| piece.len() >= 16);
            for secret in pieces.chain([salt, digest, &salt[..12], &digest[..12]]) {
                assert!(!all.contains(secret), "{secret} in {all}");
            }
        }
        let salt_alone = run(&["inspect", "--show-salt", "--", &stored]).stdout;
        assert!(salt_alone.contains(salt) && !salt_alone.contains(digest), "{salt_alone}");
    }
}

#[test]
fn a_hash_from_a_file() {
    let from = |name: &str, bytes: &[u8]| {
        let file = file(name, bytes);
        with_stdin(&["verify", "--stdin", "--hash-file", &file], b"U*U")
    };
    from("bare", BCRYPT.as_bytes()).exits(0);
    from("line", format!("{BCRYPT}\n").as_bytes()).exits(0);
    from("crlf", format!("{BCRYPT}\r\n").as_bytes()).exits(0);
    // One line end, and no other mercy.
    from("lines", format!("{BCRYPT}\n\n").as_bytes()).refuses("malformed");
    from("space", format!("{BCRYPT} \n").as_bytes()).refuses("malformed");
    from("empty", b"").refuses("this is no hash");
    from("bytes", b"$2a$05$\xff").refuses("not UTF-8");
    from("long", &vec![b'$'; 1_000_000]).refuses("longer than 1024 bytes");
    run(&["inspect", "--hash-file", env!("CARGO_TARGET_TMPDIR")]).refuses("cannot read a hash");
}

/// A password in the wrong place is not repeated where logs could keep it.
#[test]
fn an_argument_too_many_is_not_shown() {
    for args in [&["hash", "hunter2"] as &[&str], &["verify", BCRYPT, "hunter2"]] {
        let refused = run(args).refuses("an argument too many");
        assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
    }
    run(&["hash", "--stdni"]).refuses("--stdin");
}

/// Neither a password nor a hash stands in any message.
#[test]
fn no_message_holds_the_hash() {
    for broken in [&BCRYPT[1..], &BCRYPT[..50], &BCRYPT.replace("$2a$05", "$2a$31")] {
        for args in [&["verify", "--stdin", "--", broken] as &[&str], &["inspect", "--", broken]] {
            let Ran { stdout, stderr, .. } = with_stdin(args, b"hunter2").exits(2);
            let all = stdout + &stderr;
            assert!(!all.contains("CCCCCCCC") && !all.contains("hunter2"), "{all}");
        }
    }
}

#[test]
fn no_colour_in_a_pipe() {
    for args in [
        &["--help"] as &[&str],
        &["hash", "--help"],
        &["hash", "--algorithm", "md5_crypt"],
        &["hash", "--stdin", "--cost", "1"],
        &["inspect", "--", BCRYPT],
        &["inspect"],
        &["verify", "--stdin", "--", BCRYPT],
        &["what"],
    ] {
        let Ran { stdout, stderr, .. } = with_stdin(args, b"U*U");
        assert!(!stdout.contains('\x1b') && !stderr.contains('\x1b'), "{args:?}");
    }
}

/// A reader who left is no error, and changes no verdict.
#[test]
fn nobody_reads_the_output() {
    for (code, args) in [
        (0, &["--help"] as &[&str]),
        (0, &["inspect", "--", BCRYPT]),
        (0, &["inspect", "--json", "--", BCRYPT]),
        (1, &["verify", "--stdin", "--", BCRYPT]),
        (2, &["verify", "--stdin", "--json", "--", "$9$what"]),
        (2, &["what"]),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program();
        command.args(args).stdin(Stdio::null()).stdout(writer.try_clone().unwrap());
        ran(command.stderr(Stdio::piped()).output().unwrap()).exits(code);
        // Standard error too: the exit code is all that is left.
        let status = command.stderr(writer).status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

/// A hash that was not written must not look as if it were.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = program();
    command.args(["hash", "--stdin"]).args(CHEAP).stdin(Stdio::null()).stdout(full);
    ran(command.stderr(Stdio::piped()).output().unwrap()).refuses("cannot write");
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    VECTORS.lines().skip(1).map(|line| line.split('\t').collect())
}

fn keys(object: &Value) -> Vec<String> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}
