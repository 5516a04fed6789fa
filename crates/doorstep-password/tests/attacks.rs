//! Strings and passwords that are meant to get in, to lock out, or to cost. DESIGN §3 names what
//! the primitive crates' own parsers let through.

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

use std::ops::ControlFlow;

use doorstep_password::{
    Argon2, Bcrypt, CannotHash, HashError, Hashers, Limits, Malformed, MalformedKind, Pbkdf2, Prf,
    Refused, Secret, ShaCrypt, ShaCryptVariant, Verdict, Workspace,
};

use util::{everything, verdict};

/// phc-winner-argon2, `src/test.c`: "password", "somesalt".
const ARGON2I_10: &str =
    "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY";
/// The same source, version 1.3.
const ARGON2I_13: &str =
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8";
/// crypt_blowfish, `wrapper.c`: "U*U".
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
/// hashcat, module 20300: "hashcat".
const PBKDF2: &str =
    "$pbkdf2-sha256$29000$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A";
/// Drepper's specification: "Hello world!".
const SHA256_CRYPT: &str = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
const SHA512_CRYPT: &str = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

const SAMPLES: [(&str, &str); 6] = [
    ("password", ARGON2I_10),
    ("password", ARGON2I_13),
    ("U*U", BCRYPT),
    ("hashcat", PBKDF2),
    ("Hello world!", SHA256_CRYPT),
    ("Hello world!", SHA512_CRYPT),
];

#[track_caller]
fn refused(password: &str, stored: &str) -> Refused {
    match everything().verify(Secret::from(password), stored) {
        Ok(_) => panic!("not refused: {stored}"),
        Err(refused) => refused,
    }
}

#[track_caller]
fn assert_malformed(password: &str, stored: &str, expected: MalformedKind) {
    match refused(password, stored) {
        Refused::Malformed(Malformed { at, kind, .. }) => {
            assert!(at <= stored.len(), "byte {at} of {}", stored.len());
            assert_eq!(kind, expected, "{stored}");
        }
        other => panic!("{other:?}: {stored}"),
    }
}

#[test]
fn the_samples_are_right() {
    for (password, stored) in SAMPLES {
        assert!(verdict(&everything(), password.as_bytes(), stored).is_match(), "{stored}");
        assert_eq!(verdict(&everything(), b"wrong", stored), Verdict::Mismatch);
    }
}

/// What systems write where a hash would stand, to lock an account: no password fits it, and that text
/// itself no more than others.
#[test]
fn marks_of_locked_accounts_are_no_hashes() {
    for stored in ["", "*", "!", "!!", "x", "*LK*", "NP", "*0", "*1", "null", "None", "{x-locked}"]
    {
        for password in ["", stored, "password"] {
            assert_eq!(refused(password, stored), Refused::UnknownFormat, "{stored:?}");
        }
    }
    // A hash behind a mark, as `usermod -L` has it, is none either.
    for (password, stored) in SAMPLES {
        for mark in ["!", "!!", "*", "*LK*"] {
            assert_eq!(refused(password, &format!("{mark}{stored}")), Refused::UnknownFormat);
        }
    }
}

/// An absent `v=` is 1.0; argon2 0.6 takes it for 1.3.
#[test]
fn argon2_absent_version_is_16() {
    let named = ARGON2I_10.replacen("$m=", "$v=16$m=", 1);
    assert!(verdict(&everything(), b"password", &named).is_match());
    let absent = ARGON2I_13.replacen("$v=19", "", 1);
    assert_eq!(verdict(&everything(), b"password", &absent), Verdict::Mismatch);
    for version in ["", "0", "17", "20", "016", "+19", "19,", "190"] {
        let stored = ARGON2I_13.replacen("$v=19", &format!("$v={version}"), 1);
        assert!(matches!(refused("password", &stored), Refused::Malformed(_)));
    }
}

/// argon2 0.6 accepts parameters twice and in any order.
#[test]
fn argon2_duplicate_or_disordered_parameters() {
    for parameters in [
        "m=256,m=256,t=2,p=1",
        "m=256,t=2,t=2,p=1",
        "t=2,m=256,p=1",
        "m=256,p=1,t=2",
        "p=1,t=2,m=256",
        "m=256,t=2",
        "m=256,p=1",
        "t=2,p=1",
        "m=256,t=2,p=1,",
        "m=256,,t=2,p=1",
        "m=256,t=2,p=1,keyid=Zm9v",
        "m=256,t=2,p=1,data=Zm9v",
        "m=256,t=2,p=1,x=1",
        "M=256,t=2,p=1",
        "m = 256,t=2,p=1",
        "",
    ] {
        let stored = ARGON2I_13.replacen("m=256,t=2,p=1", parameters, 1);
        assert_malformed("password", &stored, MalformedKind::Syntax);
    }
    let stored = ARGON2I_13.replacen("$v=19$", "$v=19$v=19$", 1);
    assert_malformed("password", &stored, MalformedKind::Syntax);
    let stored = ARGON2I_13.replacen("$v=19$m=256,t=2,p=1$", "$m=256,t=2,p=1$v=19$", 1);
    assert!(matches!(refused("password", &stored), Refused::Malformed(_)));
}

/// One string for each number: no sign, no leading zero, no space, nothing over 32 bits.
#[test]
fn numbers_are_canonical() {
    for (password, stored, number, prefix) in [
        ("password", ARGON2I_13, "256", "m="),
        ("password", ARGON2I_13, "2", "t="),
        ("password", ARGON2I_13, "1", "p="),
        ("hashcat", PBKDF2, "29000", "$pbkdf2-sha256$"),
    ] {
        for (defect, kind) in [
            (format!("+{number}"), MalformedKind::Number),
            (format!("-{number}"), MalformedKind::Number),
            (format!("0{number}"), MalformedKind::Number),
            (format!(" {number}"), MalformedKind::Number),
            (String::new(), MalformedKind::Number),
            ("x".to_string(), MalformedKind::Number),
            ("\u{0661}".to_string(), MalformedKind::Number),
            ("4294967296".to_string(), MalformedKind::Range),
            ("99999999999999999999".to_string(), MalformedKind::Range),
            (format!("{number} "), MalformedKind::Syntax),
            (format!("{number}.0"), MalformedKind::Syntax),
            (format!("{number}e0"), MalformedKind::Syntax),
        ] {
            let stored =
                stored.replacen(&format!("{prefix}{number}"), &format!("{prefix}{defect}"), 1);
            assert_malformed(password, &stored, kind);
        }
    }
    // Zero is a number, and none that an algorithm takes.
    for zero in ["m=0,t=2,p=1", "m=256,t=0,p=1", "m=256,t=2,p=0", "m=7,t=2,p=1", "m=256,t=2,p=33"] {
        let stored = ARGON2I_13.replacen("m=256,t=2,p=1", zero, 1);
        assert_malformed("password", &stored, MalformedKind::Range);
    }
    assert_malformed("hashcat", &PBKDF2.replacen("29000", "0", 1), MalformedKind::Range);
}

/// bcrypt 0.19 takes `+5` for a cost.
#[test]
fn bcrypt_costs_are_two_digits() {
    for cost in ["+5", "5", "005", "-5", " 5", "5 ", "", "0x", "\u{0665}"] {
        let stored = BCRYPT.replacen("$05$", &format!("${cost}$"), 1);
        assert_malformed("U*U", &stored, MalformedKind::Number);
    }
    for cost in ["00", "03", "32", "99"] {
        let stored = BCRYPT.replacen("$05$", &format!("${cost}$"), 1);
        assert_malformed("U*U", &stored, MalformedKind::Range);
    }
}

/// `$2x$` marks the hashes of crypt_blowfish 1.0.4's sign extension, which collide; bcrypt 0.19
/// verifies it as `$2b$`. It is refused by name.
#[test]
fn bcrypt_2x_is_refused_by_name() {
    let Refused::Unsupported(why) = refused("U*U", &BCRYPT.replacen("$2a$", "$2x$", 1)) else {
        panic!("not unsupported")
    };
    assert!(why.contains("$2x$"), "{why}");
    for variant in ["$2$", "$2c$", "$2A$", "$2B$", "$2 $", "$2$$"] {
        let stored = BCRYPT.replacen("$2a$", variant, 1);
        assert!(matches!(refused("U*U", &stored), Refused::Malformed(_)), "{stored}");
    }
    for unknown in ["$2aa$", "$1$", "$3$", "2a$"] {
        assert_eq!(refused("U*U", &BCRYPT.replacen("$2a$", unknown, 1)), Refused::UnknownFormat);
    }
}

/// pbkdf2 0.13 accepts a digest cut to one byte, which 1 wrong password in 256 matches.
#[test]
fn digests_of_another_length() {
    let (head, digest) = PBKDF2.rsplit_once('$').unwrap();
    for len in 0..digest.len() {
        let stored = format!("{head}${}", &digest[..len]);
        assert!(matches!(refused("hashcat", &stored), Refused::Malformed(_)), "{len}");
    }
    // Every one-byte digest, that of the right password among them.
    for first in *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./" {
        for second in ["A", "Q", "g", "w"] {
            let stored = format!("{head}${}{second}", char::from(first));
            assert_malformed("hashcat", &stored, MalformedKind::Length);
        }
    }
    assert_malformed("hashcat", &format!("{PBKDF2}AAAA"), MalformedKind::Length);
    assert_malformed("hashcat", &format!("{head}${}", "A".repeat(44)), MalformedKind::Length);
    // PHC strings name the length; it must be true, and at least 128 bits.
    let phc = |len: &str, chars: usize| {
        format!("$pbkdf2-sha256$i=1000,l={len}$c29tZXNhbHQ${}", "A".repeat(chars))
    };
    assert!(everything().inspect(&phc("32", 43)).is_ok());
    for (len, chars) in [("32", 42), ("31", 43), ("33", 43), ("32", 2)] {
        assert_malformed("hashcat", &phc(len, chars), MalformedKind::Length);
    }
    for (len, chars) in [("0", 0), ("1", 2), ("15", 20), ("65", 87), ("4294967295", 43)] {
        assert_malformed("hashcat", &phc(len, chars), MalformedKind::Range);
    }
    // Argon2's tag is of 4 bytes or more (RFC 9106 §3.1); its length is hashed, so that a cut one
    // never matches.
    let (head, tag) = ARGON2I_13.rsplit_once('$').unwrap();
    for chars in [0, 2, 3] {
        assert_malformed(
            "password",
            &format!("{head}${}", &"AAAA"[..chars]),
            MalformedKind::Length,
        );
    }
    let cut = format!("{head}${}", &tag[..40]);
    assert_eq!(verdict(&everything(), b"password", &cut), Verdict::Mismatch);
    for stored in [BCRYPT, SHA256_CRYPT, SHA512_CRYPT] {
        for len in 0..stored.len() {
            assert!(everything().inspect(&stored[..len]).is_err(), "{}", &stored[..len]);
        }
        assert_malformed("U*U", &format!("{stored}."), MalformedKind::Length);
    }
}

/// One string for each digest: the unused bits of the last character are zero.
#[test]
fn padding_bits_are_zero() {
    const B64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const AB64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./";
    const BCRYPT64: &str = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const HASH64: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // Where such a character stands, counted from the end, and how many bits are used in it; for
    // sha-crypt, whose lowest bits come first, the unused bits are the highest.
    let bcrypt_salt = BCRYPT.len() - (7 + 22);
    for (stored, from_end, alphabet, high_bits) in [
        (ARGON2I_13, 0, B64, 4),
        (PBKDF2, 0, AB64, 4),
        (PBKDF2, 44, AB64, 2),
        (BCRYPT, 0, BCRYPT64, 4),
        (BCRYPT, bcrypt_salt, BCRYPT64, 2),
        (SHA256_CRYPT, 0, HASH64, 0),
        (SHA512_CRYPT, 0, HASH64, 0),
    ] {
        let at = stored.len() - 1 - from_end;
        let mut accepted = 0;
        for character in alphabet.chars() {
            let mut changed = stored.to_string();
            changed.replace_range(at..=at, &character.to_string());
            accepted += usize::from(everything().inspect(&changed).is_ok());
        }
        let expected = match (stored, high_bits) {
            // 256 = 42 * 6 + 4 bits, 512 = 85 * 6 + 2.
            (SHA256_CRYPT, _) => 1 << 4,
            (SHA512_CRYPT, _) => 1 << 2,
            (_, bits) => 1 << bits,
        };
        assert_eq!(accepted, expected, "{stored} at {at}");
    }
    // Nor is there padding, another alphabet or anything between the characters.
    for suffix in ["=", "==", "\n", " ", "\0"] {
        assert!(matches!(
            refused("password", &format!("{ARGON2I_13}{suffix}")),
            Refused::Malformed(_)
        ));
        assert!(matches!(refused("hashcat", &format!("{PBKDF2}{suffix}")), Refused::Malformed(_)));
    }
    assert_malformed("password", &ARGON2I_13.replacen('+', ".", 1), MalformedKind::Base64);
    assert_malformed("password", &ARGON2I_13.replacen('+', "-", 1), MalformedKind::Base64);
    assert_malformed("hashcat", &PBKDF2.replacen('/', "_", 1), MalformedKind::Base64);
    assert_malformed("hashcat", &PBKDF2.replacen('/', "+", 1), MalformedKind::Base64);
}

#[test]
fn nothing_follows_a_hash() {
    for (password, stored) in SAMPLES {
        for suffix in ["$", "$x", " ", "\n", "\0", ":"] {
            let stored = format!("{stored}{suffix}");
            assert!(matches!(refused(password, &stored), Refused::Malformed(_)), "{stored:?}");
        }
        for prefix in [" ", "\n", "{CRYPT}", "$", "\u{feff}"] {
            assert!(everything().inspect(&format!("{prefix}{stored}")).is_err());
        }
    }
}

/// sha-crypt 0.6 takes `rounds=+5000`; crypt() would clamp what is out of range.
#[test]
fn sha_crypt_rounds_are_canonical_and_in_range() {
    for stored in [SHA256_CRYPT, SHA512_CRYPT] {
        let with = |rounds: &str| format!("{}rounds={rounds}${}", &stored[..3], &stored[3..]);
        assert!(verdict(&everything(), b"Hello world!", &with("5000")).is_match());
        for rounds in ["+5000", "-5000", "05000", " 5000", "", "x"] {
            assert_malformed("Hello world!", &with(rounds), MalformedKind::Number);
        }
        for rounds in ["0", "10", "999", "1000000000", "4294967295", "4294967296"] {
            assert_malformed("Hello world!", &with(rounds), MalformedKind::Range);
        }
        assert_malformed("Hello world!", &with("5000 "), MalformedKind::Syntax);
        assert_malformed("Hello world!", &with("5000$rounds=5000"), MalformedKind::Syntax);
        // Without its `$`, or in capitals, it would be a salt.
        assert!(matches!(
            refused("Hello world!", &with("5000").replacen("5000$", "5000", 1)),
            Refused::Malformed(_)
        ));
        assert!(matches!(
            refused("Hello world!", &with("5000").replacen("rounds", "ROUNDS", 1)),
            Refused::Malformed(_)
        ));
    }
}

/// sha-crypt 0.6 takes salts of 17 bytes; crypt() cuts them and never prints them.
#[test]
fn sha_crypt_salts_are_of_sixteen_characters_at_most() {
    for stored in [SHA256_CRYPT, SHA512_CRYPT] {
        for len in [0, 1, 16] {
            let stored = stored.replacen("saltstring", &"s".repeat(len), 1);
            assert_eq!(verdict(&everything(), b"Hello world!", &stored), Verdict::Mismatch);
        }
        for len in [17, 18, 100] {
            let stored = stored.replacen("saltstring", &"s".repeat(len), 1);
            assert_malformed("Hello world!", &stored, MalformedKind::Length);
        }
        for salt in
            ["salt string", "salt:string", "saltstr\u{ef}ng", "salt\nstring", "salt\0string"]
        {
            let stored = stored.replacen("saltstring", salt, 1);
            assert_malformed("Hello world!", &stored, MalformedKind::Syntax);
        }
    }
}

/// Does all the work of verifying `password`, counting it, and gives the verdict.
#[track_caller]
fn verdict_after_full_work(password: &[u8], stored: &str) -> Verdict {
    let plain = everything().verify(Secret::new(&vec![b'x'; password.len()]), stored).unwrap();
    let mut work = everything().verify(Secret::new(password), stored).unwrap();
    assert_eq!(work.cost(), plain.cost(), "the price of any password of this length");
    assert_eq!(work.remaining(), work.cost().units);
    let mut workspace = Workspace::new();
    for pieces in 1.. {
        match work.advance(0, &mut workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(verdict) => {
                let whole = everything().verify(Secret::new(&vec![b'x'; password.len()]), stored);
                let mut whole = whole.unwrap();
                let mut as_many = 1;
                while let ControlFlow::Continue(rest) = whole.advance(0, &mut workspace) {
                    whole = rest;
                    as_many += 1;
                }
                assert_eq!(pieces, as_many, "pieces of any password of this length");
                return verdict.unwrap();
            }
        }
    }
    unreachable!()
}

/// bcrypt 0.19 lets `U*U\0U*U` match `U*U`, since the key schedule repeats password and NUL.
#[test]
fn a_password_with_a_nul_never_verifies_after_the_full_work() {
    assert_eq!(verdict_after_full_work(b"U*U\0U*U", BCRYPT), Verdict::Mismatch);
    for password in ["U*U\0", "U*U\0U*U\0", "U*U\0x", "\0U*U", "\0"] {
        assert_eq!(verdict_after_full_work(password.as_bytes(), BCRYPT), Verdict::Mismatch);
    }
    // crypt() stops at a NUL.
    for stored in [SHA256_CRYPT, SHA512_CRYPT] {
        for password in ["Hello world!\0", "Hello world!\0x", "\0"] {
            assert_eq!(verdict_after_full_work(password.as_bytes(), stored), Verdict::Mismatch);
        }
    }
    // PBKDF2's keys of up to a block are padded with NULs (RFC 2104 §2): these do match, since the
    // two are one password to it, and RFC 6070 has a NUL in one.
    assert!(verdict(&everything(), b"hashcat\0", PBKDF2).is_match());

    for hashers in [
        Hashers::new(Bcrypt::default()),
        Hashers::new(ShaCrypt::SHA256),
        Hashers::new(ShaCrypt::SHA512),
    ] {
        for password in ["\0", "U*U\0", "\0U*U", "U*U\0U*U"] {
            let error = hashers.hash(Secret::from(password)).unwrap_err();
            assert_eq!(error, HashError::Password(CannotHash::HoldsNul));
        }
    }
}

/// DESIGN §3: over 72 bytes, refused when hashing and cut when verifying.
#[test]
fn bcrypt_beyond_72_bytes() {
    let hashers = Hashers::new(Bcrypt::new(4).unwrap());
    let all = "x".repeat(100);
    for len in [0, 1, 71, 72] {
        assert!(hashers.hash(Secret::from(&all[..len])).is_ok(), "{len}");
    }
    for len in [73, 100] {
        let error = hashers.hash(Secret::from(&all[..len])).unwrap_err();
        assert_eq!(error, HashError::Password(CannotHash::LongerThan(72)));
        assert!(error.to_string().contains("72 bytes"));
    }
    let stored = hashers.hash(Secret::from(&all[..72])).unwrap().run().unwrap();
    for (len, expected) in
        [(71, Verdict::Mismatch), (72, Verdict::Match), (73, Verdict::Match), (100, Verdict::Match)]
    {
        assert_eq!(verdict(&hashers, &all.as_bytes()[..len], &stored), expected, "{len}");
    }
    // A NUL counts wherever it stands, also where it would be cut.
    let late = format!("{}\0", &all[..72]);
    assert_eq!(verdict(&hashers, late.as_bytes(), &stored), Verdict::Mismatch);
}

/// sha-crypt would take 8 s for 100 kB; `Limits::password_len` guards every algorithm.
#[test]
fn long_passwords_are_refused_before_any_work() {
    let long = "x".repeat(100_000);
    for (_, stored) in SAMPLES {
        assert_eq!(refused(&long, stored), Refused::PasswordTooLong);
        assert_eq!(refused(&long[..4097], stored), Refused::PasswordTooLong);
        assert!(everything().verify(Secret::from(&long[..4096]), stored).is_ok());
    }
    for hasher in doorstep_password::hashers() {
        let error = Hashers::new(hasher).hash(Secret::from(long.as_str())).unwrap_err();
        assert!(
            matches!(
                error,
                HashError::Refused(Refused::PasswordTooLong)
                    | HashError::Password(CannotHash::LongerThan(72))
            ),
            "{error:?}"
        );
    }
    let mut limits = Limits::default();
    limits.password_len = 100_000;
    limits.units = u64::MAX;
    let hashers = everything().limits(limits);
    let long_cost = hashers.verify(Secret::from(long.as_str()), SHA512_CRYPT).unwrap().cost();
    let short_cost = hashers.verify(Secret::from("x"), SHA512_CRYPT).unwrap().cost();
    // The price counts the length where the algorithm does.
    assert!(long_cost.units > 500 * short_cost.units, "{long_cost:?} {short_cost:?}");
    assert!(long_cost.memory_kib > 1000, "{long_cost:?}");
}

/// DESIGN §7: 1 MB of anything is refused within a millisecond, which the benchmark `stored` measures. Here,
/// that nothing of it counts but its length.
#[test]
fn long_stored_strings_are_refused_unread() {
    for head in
        ["", "$", "$argon2id$v=19$m=", "$2b$04$", "$pbkdf2-sha256$1000$", "$6$rounds=", "$5$"]
    {
        for filler in ["a", "$", "9", "\u{20ac}", "="] {
            let stored = format!("{head}{}", filler.repeat(1_000_000 / filler.len()));
            assert_eq!(refused("x", &stored), Refused::StoredTooLong);
            // The border itself is looked at.
            let head_len = head.len();
            let short = format!("{head}{}", filler.repeat((1024 - head_len) / filler.len()));
            assert_ne!(refused("x", &short), Refused::StoredTooLong);
        }
    }
}

/// Issue 3, section 1: 4 TiB, 2^32 - 1 passes, 10^9 rounds, cost 31, without beginning.
#[test]
fn hostile_prices_are_refused_before_any_work() {
    let argon2 = |parameters| ARGON2I_13.replacen("m=256,t=2,p=1", parameters, 1);
    let sha = |rounds| format!("$6$rounds={rounds}${}", &SHA512_CRYPT[3..]);
    for (stored, limit) in [
        (argon2("m=4294967295,t=2,p=1"), "argon2_memory_kib"),
        (argon2("m=262145,t=1,p=1"), "argon2_memory_kib"),
        (argon2("m=256,t=4294967295,p=1"), "argon2_passes"),
        (argon2("m=256,t=17,p=1"), "argon2_passes"),
        (argon2("m=256,t=2,p=17"), "argon2_lanes"),
        (argon2("m=4294967295,t=1,p=16777215"), "argon2_memory_kib"),
        (PBKDF2.replacen("29000", "1000000000", 1), "pbkdf2_rounds"),
        (PBKDF2.replacen("29000", "4294967295", 1), "pbkdf2_rounds"),
        (PBKDF2.replacen("29000", "10000001", 1), "pbkdf2_rounds"),
        (sha("999999999"), "sha_crypt_rounds"),
        (sha("10000001"), "sha_crypt_rounds"),
        (BCRYPT.replacen("$05$", "$31$", 1), "bcrypt_cost"),
        (BCRYPT.replacen("$05$", "$17$", 1), "bcrypt_cost"),
    ] {
        assert_eq!(refused("x", &stored), Refused::TooCostly(limit), "{stored}");
        assert_eq!(everything().inspect(&stored).unwrap_err(), Refused::TooCostly(limit));
        assert_eq!(everything().needs_update(&stored).unwrap_err(), Refused::TooCostly(limit));
    }
    // Each within its own limit, and too much together: many rounds on a long password.
    let long = "x".repeat(4096);
    assert_eq!(refused(&long, &sha("9999999")), Refused::TooCostly("units"));
    assert!(everything().verify(Secret::from("x"), &sha("9999999")).is_ok());
    // Many blocks of PBKDF2, each with all its rounds.
    let phc = format!("$pbkdf2-sha1$i=4000000,l=64$c29tZXNhbHQ${}", "A".repeat(86));
    assert_eq!(refused("x", &phc), Refused::TooCostly("pbkdf2_rounds"));
}

/// Every limit can be set, down and up.
#[test]
fn limits_are_settable() {
    type Set = fn(&mut Limits, u32);
    let cases: [(&str, &str, Set, u32); 7] = [
        ("argon2_memory_kib", ARGON2I_13, |limits, to| limits.argon2_memory_kib = to, 256),
        ("argon2_passes", ARGON2I_13, |limits, to| limits.argon2_passes = to, 2),
        ("argon2_lanes", ARGON2I_13, |limits, to| limits.argon2_lanes = to, 1),
        ("pbkdf2_rounds", PBKDF2, |limits, to| limits.pbkdf2_rounds = to.into(), 29_000),
        ("sha_crypt_rounds", SHA256_CRYPT, |limits, to| limits.sha_crypt_rounds = to, 5000),
        ("bcrypt_cost", BCRYPT, |limits, to| limits.bcrypt_cost = to, 5),
        ("units", BCRYPT, |limits, to| limits.units = to.into(), 1472),
    ];
    for (name, stored, set, at) in cases {
        let verify = |to| {
            let mut limits = Limits::default();
            set(&mut limits, to);
            everything().limits(limits).verify(Secret::from("x"), stored).map(|_| ())
        };
        assert_eq!(verify(at), Ok(()), "{name}");
        assert_eq!(verify(at - 1), Err(Refused::TooCostly(name)), "{name}");
    }
    let mut limits = Limits::default();
    limits.stored_len = BCRYPT.len();
    assert!(everything().limits(limits).inspect(BCRYPT).is_ok());
    limits.stored_len -= 1;
    assert_eq!(everything().limits(limits).inspect(BCRYPT).unwrap_err(), Refused::StoredTooLong);
    limits = Limits::default();
    limits.password_len = 3;
    let hashers = everything().limits(limits);
    assert_eq!(hashers.password_len(), 3);
    assert!(hashers.verify(Secret::from("U*U"), BCRYPT).is_ok());
    assert_eq!(hashers.verify(Secret::from("U*UU"), BCRYPT).unwrap_err(), Refused::PasswordTooLong);
    // Up.
    limits = Limits::default();
    limits.bcrypt_cost = 17;
    assert!(everything().limits(limits).inspect(&BCRYPT.replacen("$05$", "$17$", 1)).is_ok());
}

/// A hash that could not be verified afterwards is not made.
#[test]
fn a_preferred_hasher_beyond_the_limits_makes_no_hash() {
    for (hashers, limit) in [
        (Hashers::new(Argon2::new(262_145, 1, 1).unwrap()), "argon2_memory_kib"),
        (Hashers::new(Argon2::new(256, 17, 1).unwrap()), "argon2_passes"),
        (Hashers::new(Argon2::new(256, 1, 17).unwrap()), "argon2_lanes"),
        (Hashers::new(Bcrypt::new(17).unwrap()), "bcrypt_cost"),
        (Hashers::new(Pbkdf2::new(Prf::Sha1, 10_000_001).unwrap()), "pbkdf2_rounds"),
        (
            Hashers::new(ShaCrypt::new(ShaCryptVariant::Sha512, 10_000_001).unwrap()),
            "sha_crypt_rounds",
        ),
    ] {
        let expected = HashError::Refused(Refused::TooCostly(limit));
        assert_eq!(hashers.hash(Secret::from("x")).unwrap_err(), expected);
        assert_eq!(hashers.can_hash(b"x").unwrap_err(), expected);
    }
}

/// Characters of two to four bytes at every place of every format's string, put in and put in place
/// of as many bytes, so that they stand across each border at which a parser may cut.
#[test]
fn multi_byte_characters_at_every_border() {
    let names = doorstep_password::names();
    let written = names.zip(doorstep_password::hashers()).map(|(name, hasher)| {
        let key_len = match name {
            "bcrypt" => 23,
            "pbkdf2_sha1" => 20,
            name if name.contains("512") => 64,
            _ => 32,
        };
        let stored =
            hasher.encode(&hasher.derivation(&vec![7; hasher.salt_len()]), &vec![7; key_len]);
        assert!(everything().inspect(&stored).is_ok(), "{stored}");
        stored
    });
    let samples = SAMPLES.iter().map(|(_, stored)| stored.to_string()).chain(written);
    for sample in samples {
        for character in ["\u{e9}", "\u{20ac}", "\u{10348}"] {
            for at in 0..=sample.len() {
                for end in at..=(at + character.len()).min(sample.len()) {
                    let stored = format!("{}{character}{}", &sample[..at], &sample[end..]);
                    assert!(everything().verify(Secret::from("x"), &stored).is_err(), "{stored}");
                }
                // As the last one: truncated in the middle of nothing.
                let stored = format!("{}{character}", &sample[..at]);
                assert!(everything().verify(Secret::from("x"), &stored).is_err(), "{stored}");
            }
        }
    }
}

/// A refusal names the place, never the string (DESIGN §6: errors never hold the input).
#[test]
fn refusals_hold_nothing_of_the_string() {
    for stored in [
        "$argon2id$v=19$m=SECRET,t=2,p=1$c29tZXNhbHQ$",
        "$2b$05$SECRET",
        "$pbkdf2-SECRET$1$x$y",
        "$5$SECRET:$x",
        "SECRET",
    ] {
        let refused = refused("x", stored);
        assert!(!format!("{refused:?} {refused}").contains("SECRET"), "{refused:?}");
    }
}
