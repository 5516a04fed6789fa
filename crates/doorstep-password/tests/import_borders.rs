//! Where imported formats end: strings on both sides of a border, what is wrong with those beyond it,
//! and passwords that a format's own systems cannot hold.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "import", feature = "sha-crypt"))]

use doorstep_password::{
    AspNet, Bcrypt, BcryptSha256, BsdiCrypt, DesCrypt, Django, Drupal7, FirebaseScrypt, Format,
    HtpasswdLine, Keycloak, Ldap, MalformedKind, Md5Crypt, NtHash, P5k2, Phpass, Prf, Refused,
    Scram, Scrypt, Sha1Crypt, ShaCrypt, Spring, SpringPbkdf2, SunMd5, Yescrypt, imports,
};

/// What is wrong with a string, if anything is.
#[track_caller]
fn malformed(format: impl Format, stored: &str) -> Option<MalformedKind> {
    match format.parse(stored) {
        Ok(_) => None,
        Err(Refused::Malformed(at)) => Some(at.kind),
        Err(other) => panic!("{other:?}: {stored}"),
    }
}

/// crypt(5): eight characters of salt for MD5, 64 for NetBSD's SHA-1.
#[test]
fn salts_of_crypt_are_no_longer_than_it_says() {
    let md5 = |salt: &str| malformed(Md5Crypt, &format!("$1${salt}$G//4keteveJp0qb8z2DxG/"));
    assert_eq!(md5("abcdefgh"), None);
    assert_eq!(md5("abcdefghi"), Some(MalformedKind::Length));
    assert_eq!(md5("abcdefg\u{e9}"), Some(MalformedKind::Length));
    assert_eq!(md5("abcdef_h"), Some(MalformedKind::Syntax));
    let sha1 = |len: usize| {
        malformed(Sha1Crypt, &format!("$sha1$1${}$v4qYKl1zqYThwpjJAoKX6UvlHq/a", "a".repeat(len)))
    };
    assert_eq!(sha1(64), None);
    assert_eq!(sha1(65), Some(MalformedKind::Length));
    assert_eq!(sha1(66), Some(MalformedKind::Length));
}

/// passlib's `cta_pbkdf2_sha1` and `dlitz_pbkdf2_sha1` share a prefix, and their digests' lengths tell
/// them apart.
#[test]
fn the_two_of_p5k2_are_told_apart_by_their_length() {
    let of = |rounds: &str, salt: &str, digest: &str| {
        malformed(P5k2, &format!("$p5k2${rounds}${salt}${digest}"))
    };
    let (cta, dlitz) = ("A".repeat(27) + "=", "A".repeat(32));
    assert_eq!(of("1", "c2FsdA==", &cta), None);
    // 28 characters may also be 19 bytes, or 21.
    assert_eq!(of("1", "c2FsdA==", &("A".repeat(26) + "==")), Some(MalformedKind::Length));
    assert_eq!(of("1", "c2FsdA==", &"A".repeat(28)), Some(MalformedKind::Length));
    assert_eq!(of("", "c2FsdA==", &cta), Some(MalformedKind::Number));
    assert_eq!(of("0", "c2FsdA==", &cta), Some(MalformedKind::Number));
    assert_eq!(of("1", "salt", &dlitz), None);
    assert_eq!(of("", "salt", &dlitz), None);
    // 400 rounds are written by leaving them out (`pbkdf2.py` 1.3).
    assert_eq!(of("191", "salt", &dlitz), None);
    assert_eq!(of("190", "salt", &dlitz), Some(MalformedKind::Number));
    for salt in ["", "c2FsdA==", "sa lt"] {
        assert_eq!(of("1", salt, &dlitz), Some(MalformedKind::Syntax), "{salt:?}");
    }
    for len in [0, 27, 29, 31, 33] {
        assert_eq!(of("1", "salt", &"A".repeat(len)), Some(MalformedKind::Length), "{len}");
    }
}

/// passlib's `bcrypt_sha256`: 22 characters of salt and 31 of digest, under any of bcrypt's idents.
#[test]
fn bcrypt_sha256_has_idents_and_lengths() {
    let of = |ident: &str, digest: &str| {
        malformed(
            BcryptSha256,
            &format!("$bcrypt-sha256${ident},5$E/e/2AOhqM5W/KJTFQzLce${digest}"),
        )
    };
    let digest = "F6dYSxOdAEoJZO2eoHUZWZljW/e0TXO";
    for ident in ["2a", "2b", "2y"] {
        assert_eq!(of(ident, digest), None, "{ident}");
    }
    assert_eq!(of("2x", digest), Some(MalformedKind::Syntax));
    assert_eq!(of("2b", &".".repeat(27)), Some(MalformedKind::Length));
}

/// Base64 may look like hexadecimal. Under the name of a salted digest it is still LDAP's, and not one of
/// Spring's. Found by fuzzing.
#[test]
fn a_salted_digest_of_hexadecimal_is_claimed() {
    for stored in ["{SMD5}".to_owned() + &"A".repeat(32), "{ssha}".to_owned() + &"e".repeat(32)] {
        assert!(Ldap.claims(&stored), "{stored}");
        assert_eq!(malformed(Ldap, &stored), None, "{stored}");
    }
    assert!(!Ldap.claims(&("{MD5}".to_owned() + &"a".repeat(32))));
}

/// A signer key is of 16 bytes or more, in the string as from the host.
#[test]
fn firebases_key_is_not_short() {
    let of = |key: &str| {
        let digest = "A".repeat(22) + "==";
        malformed(
            FirebaseScrypt::default(),
            &format!("$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={key}$c2FsdA==${digest}"),
        )
    };
    assert_eq!(of(&("A".repeat(22) + "==")), None);
    assert_eq!(of(&"A".repeat(20)), Some(MalformedKind::Length));
    assert_eq!(of(&("A".repeat(19) + "=")), Some(MalformedKind::Length));
}

/// Keycloak's `CredentialRepresentation` has an `id`, a `userLabel` and a `createdDate`, which an export of
/// a user has and a template has not. Each stands in its place, once: a label is a text without escapes, a
/// date is milliseconds.
#[test]
fn what_keycloak_writes_around_a_key() {
    const REST: &str = r#""secretData":"{\"value\":\"AAAAAAAAAAAAAAAAAAAAAA==\",\"salt\":\"SALT\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":5,\"algorithm\":\"argon2\",\"additionalParameters\":{\"hashLength\":[\"16\"],\"memory\":[\"7168\"],\"type\":[\"TYPE\"],\"version\":[\"VERSION\"],\"parallelism\":[\"1\"]}}"}"#;
    let of = |head: &str, salt: &str, variant: &str, version: &str| {
        let rest = REST.replace("SALT", salt).replace("TYPE", variant).replace("VERSION", version);
        format!("{{{head}{rest}")
    };
    let usual = "\"type\":\"password\",";
    let with = |head: &str| malformed(Keycloak, &of(head, "AAAAAAAAAAA=", "id", "1.3"));
    assert_eq!(with(usual), None);
    assert_eq!(with(&format!("\"id\":\"a-b\",{usual}\"userLabel\":\"My password\",")), None);
    let dates = "\"createdDate\":1718000000000,";
    assert_eq!(with(&format!("\"id\":\"a-b\",{usual}\"userLabel\":\"\",{dates}")), None);
    let said = |head: &str| {
        let hash = Keycloak.parse(&of(head, "AAAAAAAAAAA=", "id", "1.3")).unwrap();
        (format!("{:?}", hash.derivation()), hash.digest().to_vec())
    };
    for head in [
        format!("\"id\":\"41b6\",{usual}"),
        format!("{usual}\"userLabel\":\"My password\","),
        format!("{usual}{dates}"),
        format!("\"id\":\"41b6\",{usual}\"userLabel\":\"\",{dates}"),
    ] {
        assert_eq!(said(&head), said(usual), "{head}");
    }
    for label in ["a\tb", "a\nb", "\u{7f}", r#"a\"b"#] {
        let head = format!("\"id\":\"{label}\",{usual}");
        assert_eq!(with(&head), Some(MalformedKind::Syntax), "{label:?}");
    }
    for misplaced in [
        format!("{dates}\"userLabel\":\"a\","),
        format!("{dates}{dates}"),
        "\"userLabel\":\"a\"".to_owned(),
    ] {
        let head = format!("{usual}{misplaced}");
        assert_eq!(with(&head), Some(MalformedKind::Syntax), "{misplaced}");
    }
    let dated = |date: &str| with(&format!("{usual}\"createdDate\":{date},"));
    for date in ["0", "1", "1700000000000", "999999999999999999"] {
        assert_eq!(dated(date), None, "{date}");
    }
    // There is no comma behind it.
    assert_eq!(with(&format!("{usual}\"createdDate\":1")), Some(MalformedKind::Number));
    for date in ["", "00", "01", "-1", "1e3", "1 ", "1000000000000000000"] {
        assert_eq!(dated(date), Some(MalformedKind::Number), "{date:?}");
    }
    // RFC 9106 §3.1: eight bytes of salt.
    for salt in ["AAAAAAAAAA==", "AAAAAAAA"] {
        let stored = of(usual, salt, "id", "1.3");
        assert_eq!(malformed(Keycloak, &stored), Some(MalformedKind::Length), "{salt}");
    }
    // Keycloak's `Argon2Parameters` has three types and two versions, each another function.
    let mut said = std::collections::BTreeSet::new();
    for variant in ["d", "i", "id"] {
        for version in ["1.0", "1.3"] {
            let hash = Keycloak.parse(&of(usual, "AAAAAAAAAAA=", variant, version)).unwrap();
            said.insert(format!("{:?}", hash.derivation().algorithm()));
        }
    }
    assert_eq!(said.len(), 6);
    let argon2 = of(usual, "AAAAAAAAAAA=", "id", "1.3");
    for end in 0..argon2.len() {
        assert!(Keycloak.parse(&argon2[..end]).is_err(), "{}", &argon2[..end]);
    }
    // Below 8 KiB a lane (RFC 9106 §3.1).
    let too_little = argon2.replace(r#"[\"7168\"]"#, r#"[\"7\"]"#);
    assert_eq!(malformed(Keycloak, &too_little), Some(MalformedKind::Range));
}

/// Spring Security's `SCryptPasswordEncoder` writes its parameters in hexadecimal, and its
/// `NoOpPasswordEncoder` the password.
#[test]
fn spring_has_numbers_in_hexadecimal_and_one_id_without_a_hash() {
    let scrypt = |params: &str| {
        malformed(Spring, &format!("{{scrypt}}${params}$c2FsdA==${}=", "A".repeat(43)))
    };
    assert_eq!(scrypt("e0801"), None);
    assert_eq!(scrypt("xe0801"), Some(MalformedKind::Number));
    assert_eq!(scrypt("0e0801"), Some(MalformedKind::Number));
    assert_eq!(scrypt(""), Some(MalformedKind::Range));
    assert!(matches!(Spring.parse("{noop}password"), Err(Refused::Unsupported(_))));
}

/// RFC 7914 §2: N is a power of two. crypt(5) has `$7$` alone of scrypt's forms.
#[test]
fn scrypt_has_its_n_and_its_forms() {
    let of_hashcat = |n: u32| {
        let salt_and_digest = "OTEyNzU0ODg=:Cc8SPjRH1hFQhuIPCdF51uNGtJ2aOY/isuoMlMUsJ8c=";
        format!("SCRYPT:{n}:8:1:{salt_and_digest}")
    };
    assert_eq!(malformed(Scrypt, &of_hashcat(16384)), None);
    assert_eq!(malformed(Scrypt, &of_hashcat(16383)), Some(MalformedKind::Range));
    assert_eq!(malformed(Scrypt, "$7$!6..../....salt$"), Some(MalformedKind::Syntax));
    let seven = "$7$66..../....unUNunUNunUNun$U60iLmAbdWjZtqC3/DGTuBrwUMyJgOWchmteULVE9X9";
    let phc = "$scrypt$ln=4,r=1,p=1$$d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEI";
    assert!(Ldap.parse(&format!("{{CRYPT}}{seven}")).is_ok());
    for other in [phc, &of_hashcat(16384)] {
        assert_eq!(malformed(Scrypt, other), None);
        let error = Ldap.parse(&format!("{{CRYPT}}{other}")).unwrap_err();
        assert_eq!(error, Refused::UnknownFormat, "{other}");
    }
}

/// crypt(3) takes a string that ends at its first NUL, bcrypt repeats it with one behind it, and NTLM takes
/// a text: a password that is none was never stored.
#[test]
fn what_reads_up_to_a_nul_takes_no_password_with_one() {
    let formats: [&dyn Format; 14] = [
        &Bcrypt::default(),
        &BsdiCrypt,
        &DesCrypt,
        &Drupal7,
        &HtpasswdLine,
        &Ldap,
        &Md5Crypt,
        &NtHash::default(),
        &Phpass,
        &Scrypt,
        &Sha1Crypt,
        &ShaCrypt::default(),
        &SunMd5,
        &Yescrypt,
    ];
    for format in formats {
        assert!(format.takes(b"password"), "{format:?}");
        for password in ["\0", "password\0", "\0password", "pass\0word"] {
            assert!(!format.takes(password.as_bytes()), "{format:?} takes {password:?}");
        }
    }
    assert!(!NtHash::default().takes(b"\xff"));
}

/// crypt(5): up to 512 bits of salt for yescrypt.
#[test]
fn yescrypts_salt_has_64_bytes_at_most() {
    let of = |salt: &str| malformed(Yescrypt, &format!("$y$j9T${salt}${}", ".".repeat(43)));
    assert_eq!(of(&".".repeat(86)), None);
    assert_eq!(of(&".".repeat(87)), Some(MalformedKind::Length));
    assert_eq!(of(&".".repeat(88)), Some(MalformedKind::Length));
    assert_eq!(of(&"!".repeat(86)), Some(MalformedKind::Base64));
}

/// yescrypt's `decode64_uint32`: the characters from `k` begin a number of two.
#[test]
fn yescrypts_numbers_have_one_character_or_two() {
    for (text, r) in [(".", 1), ("j", 48), ("k.", 49), ("kz", 112), ("l/", 114), ("rz", 560)] {
        let stored = format!("$y$j1{text}$salt$...........................................");
        let hash = Yescrypt.parse(&stored).unwrap();
        let parameters = hash.parameters();
        let said = parameters.iter().find(|parameter| parameter.name == "r").unwrap();
        assert_eq!(said.value.to_string(), r.to_string(), "{text}");
    }
    let of = |numbers: &str| malformed(Yescrypt, &format!("$y$j{numbers}$salt${}", ".".repeat(43)));
    for none in ["", "1", "1k", "1s.", "!"] {
        assert_eq!(of(none), Some(MalformedKind::Syntax), "{none:?}");
    }
}

/// passlib's `scram` has one digest for each of IANA's names, in their order.
#[test]
fn scram_has_six_digests() {
    let lens = [("md5", 22), ("sha-1", 27), ("sha-224", 38), ("sha-256", 43), ("sha-384", 64)];
    let lens = lens.into_iter().chain([("sha-512", 86)]);
    let digests: Vec<_> = lens.map(|(name, len)| format!("{name}={}", "A".repeat(len))).collect();
    let of = |digests: &[String]| {
        malformed(Scram, &format!("$scram$1000$c2FsdHNhbHQ${}", digests.join(",")))
    };
    assert_eq!(of(&digests), None);
    for at in 0..digests.len() {
        let mut changed = digests.clone();
        changed[at].push_str("AA");
        assert!(of(&changed).is_some(), "{changed:?}");
    }
    // The strongest that is read decides, and `sha-1` must be there.
    let [md5, sha1, sha224, sha256, sha384, sha512] = [0, 1, 2, 3, 4, 5].map(|at| &digests[at]);
    let only = |chosen: &[&String]| chosen.iter().copied().cloned().collect::<Vec<_>>();
    for (chosen, decides) in [
        (&[md5, sha1, sha224, sha256, sha384, sha512][..], 32),
        (&[sha1, sha384, sha512], 64),
        (&[md5, sha1, sha224], 20),
    ] {
        let stored = format!("$scram$1000$c2FsdHNhbHQ${}", only(chosen).join(","));
        assert_eq!(Scram.parse(&stored).unwrap().digest().len(), decides, "{stored}");
    }
    let (sha3, short) =
        (sha256.replace("sha-256", "sha3-256"), format!("sha-1={}", "A".repeat(26)));
    for chosen in [&[sha256, sha512][..], &[sha1, md5], &[sha1, sha1], &[sha1, &sha3], &[&short]] {
        assert!(of(&only(chosen)).is_some(), "{chosen:?}");
    }
}

/// What has no prefix is claimed by its whole shape, and nothing is claimed that is no hash.
#[test]
fn shapes_are_claimed_whole() {
    for stored in ["", "*", "!", "x", "*LK*", "no hash"] {
        for format in imports() {
            assert!(!format.claims(stored), "{stored:?}");
        }
    }
    assert!(AspNet.claims("AQ+/aZ09=="));
    for stored in ["", "aQAA", "BAAA", "AQ A", "AQA$"] {
        assert!(!AspNet.claims(stored), "{stored:?}");
    }
    assert!(HtpasswdLine.claims("name:hash"));
    assert!(!HtpasswdLine.claims("name"));
    let (of_32, of_96) = ("a".repeat(32), "a".repeat(96));
    // 16 bytes of salt and 32 of digest in hexadecimal.
    let spring = SpringPbkdf2::new(Prf::Sha256, 310_000, 16);
    assert!(spring.claims(&of_96));
    assert!(!spring.claims(&of_32) && !spring.claims(&of_96.replacen('a', "$", 1)));
    assert!(NtHash::BARE.claims(&of_32));
    assert!(!NtHash::BARE.claims(&of_96) && !NtHash::BARE.claims(&of_32.replacen('a', "g", 1)));
    let django = Django::with_unsalted_md5();
    assert!(django.claims(&of_32) && !Django::default().claims(&of_32));
    assert!(!django.claims(&of_96) && !django.claims(&of_32.replacen('a', "g", 1)));
    // Spring Security has hexadecimal or a salt in braces behind LDAP's names.
    assert!(Ldap.claims("{MD5}X03MO1qnZdYdgyfeuILPmQ=="));
    for stored in [format!("{{MD5}}{of_32}"), format!("{{MD5}}{{salt}}{of_32}"), "{X}x".into()] {
        assert!(!Ldap.claims(&stored), "{stored}");
    }
}
