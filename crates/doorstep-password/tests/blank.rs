//! Stored hashes with a digest of zeros: every row of the vectors that is read, and every change of one
//! character of it.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "sha-crypt"))]

mod util;

use doorstep_password::{
    Argon2, BuiltIn, Format, HashError, Hashers, MalformedKind, Refused, StoredHash, Wrapped,
    bare_formats, formats,
};
use util::families::FAMILIES;
use util::{everything, rows, unescape};

/// Every row of the vectors, and who reads it.
fn all_rows() -> impl Iterator<Item = (Hashers, String)> {
    let own = rows(include_str!("vectors/passwords.tsv"))
        .map(|row| (everything(), unescape(row[2])))
        .collect::<Vec<_>>();
    let imported = FAMILIES.iter().flat_map(|family| {
        rows(family.rows).map(|row| ((family.hashers)(row[5]), unescape(row[2])))
    });
    own.into_iter().chain(imported)
}

/// Whether it is read, be it too dear to verify.
fn is_read(hashers: &Hashers, stored: &str) -> bool {
    !matches!(
        hashers.inspect(stored),
        Err(Refused::Malformed(_)
            | Refused::UnknownFormat
            | Refused::Unsupported(_)
            | Refused::StoredTooLong)
    )
}

/// What a string says beside its digest.
fn beside_the_digest(hash: &StoredHash) -> (&'static str, String, Vec<u8>) {
    (hash.name(), format!("{:?}", hash.derivation()), hash.derivation().salt().to_vec())
}

#[test]
fn a_blank_says_the_same_beside_a_digest_of_zeros() {
    let (mut read, mut refused) = (0, 0);
    for (hashers, stored) in all_rows() {
        let Some(blank) = hashers.blank(&stored) else {
            assert!(!is_read(&hashers, &stored), "has no blank: {stored}");
            refused += 1;
            continue;
        };
        read += 1;
        assert_eq!(blank.len(), stored.len(), "{blank} of {stored}");
        assert_eq!(hashers.blank(&blank).as_ref(), Some(&blank), "blank of {blank}");
        let Ok(hash) = hashers.inspect(&stored) else { continue };
        let of_blank = hashers.inspect(&blank).unwrap_or_else(|why| panic!("{why}: {blank}"));
        assert_eq!(beside_the_digest(&of_blank), beside_the_digest(&hash), "{blank} of {stored}");
        assert_eq!(of_blank.cost(20), hash.cost(20));
        assert_eq!(of_blank.digest(), vec![0; hash.digest().len()], "{blank} of {stored}");
    }
    println!("{read} rows have a blank, {refused} are not read");
    assert_eq!((read, refused), (1024, 714));
}

/// `Format::blank`: "`None` if the string is not this format's". Whoever asks a format directly, of its
/// own strings and of those of all others.
#[test]
fn what_a_format_does_not_read_has_no_blank() {
    let stored: Vec<_> = all_rows().map(|(_, stored)| stored).collect();
    let (mut read, mut unread) = (0, 0);
    for format in formats().chain(bare_formats()).map(BuiltIn::format) {
        for stored in &stored {
            match format.parse(stored) {
                Ok(_) => read += 1,
                Err(_) => {
                    assert_eq!(format.blank(stored), None, "{format:?} of {stored:?}");
                    unread += 1;
                }
            }
        }
    }
    println!("{read} are read, {unread} are not");
    assert!(read > 1000 && unread > 10_000);
}

/// Two strings have the same blank exactly if they differ in their digests alone.
#[test]
fn a_change_of_one_character_is_in_the_digest_or_in_the_blank() {
    let (mut in_digest, mut beside) = (0, 0);
    for (hashers, stored) in all_rows() {
        let Ok(hash) = hashers.inspect(&stored) else { continue };
        let blank = hashers.blank(&stored).unwrap();
        for (at, here) in stored.char_indices() {
            for character in "./019AFaf".chars().filter(|&character| character != here) {
                let (head, tail) = (&stored[..at], &stored[at + here.len_utf8()..]);
                let changed = format!("{head}{character}{tail}");
                let Ok(other) = hashers.inspect(&changed) else { continue };
                let same = beside_the_digest(&other) == beside_the_digest(&hash);
                let blank_of_changed = hashers.blank(&changed).unwrap();
                if !same {
                    assert_ne!(blank_of_changed, blank, "{changed} and {stored}");
                    beside += 1;
                } else if other.digest() != hash.digest() {
                    assert_eq!(blank_of_changed, blank, "{changed} and {stored}");
                    in_digest += 1;
                }
            }
        }
    }
    println!("changed: {in_digest} in the digest, {beside} beside it");
    assert!(in_digest > 100_000 && beside > 10_000);
}

/// Nothing of what stands in the digest's place is left, with all of a string's digests.
#[test]
fn of_several_digests_none_is_left() {
    let scram = "$scram$1000$c2FsdHNhbHQ$sha-1=AQEBAQEBAQEBAQEBAQEBAQEBAQE,\
                 sha-256=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    let zeros = "$scram$1000$c2FsdHNhbHQ$sha-1=AAAAAAAAAAAAAAAAAAAAAAAAAAA,\
                 sha-256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let postgres = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                    WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                    wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let blank = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\
                 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let format = doorstep_password::Scram;
    assert_eq!(format.blank(scram).as_deref(), Some(zeros));
    assert_eq!(format.blank(postgres).as_deref(), Some(blank));
}

/// A format of a host's own has none unless it says so.
#[test]
fn a_format_may_have_no_blank() {
    #[derive(Debug)]
    struct Own;
    impl Format for Own {
        fn claims(&self, stored: &str) -> bool {
            stored.starts_with("own")
        }

        fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
            let end = doorstep_password::Malformed::new(0, MalformedKind::Syntax);
            Argon2::default().parse(stored.strip_prefix("own").ok_or(end)?)
        }
    }
    let hashers = Hashers::new(Argon2::default()).accept(Own);
    let stored =
        "own$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
    assert!(hashers.inspect(stored).is_ok());
    assert_eq!(hashers.blank(stored), None);
    let error = Wrapped::new(Argon2::default()).of(Own).wrap(stored).unwrap_err();
    assert_eq!(error, HashError::Refused(Refused::Unsupported("its format cannot be wrapped")));
    assert_eq!(hashers.blank("unknown"), None);
}
