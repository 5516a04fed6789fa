//! What holds for each imported format: any string is read without a panic, and what is accepted is
//! canonical, within the limits, and matched by its own digest alone, whole and in pieces.
//!
//! A target for each family is one line over this, so that a family is fuzzed by its name and its
//! dictionary and corpus stay small. They are programs of their own: one that chose the family by the
//! first byte of its input would link once, but spend most of its time on strings of the other families,
//! and could not start from strings as they are stored.

use std::ops::ControlFlow;

use doorstep::password::{
    Argon2, Format, Goal, Hashers, Limits, Malformed, OutOfMemory, Refused, Secret, StoredHash,
    Verdict, Work, Workspace,
};

/// A target for one family, which is read by these formats.
macro_rules! family {
    ($($format:expr),+) => {
        static HASHERS: std::sync::LazyLock<doorstep::password::Hashers> =
            std::sync::LazyLock::new(|| import::only(vec![$(Box::new($format)),+]));

        libfuzzer_sys::fuzz_target!(|stored: &str| {
            let formats: &[&dyn doorstep::password::Format] = &[$(&$format),+];
            import::check(&HASHERS, formats, stored);
        });
    };
}
pub(crate) use family;

/// What is verified: dearer work is priced, and not done.
const UNITS: u64 = 3_000;
const MEMORY_KIB: u64 = 1024;

const PASSWORD: &[u8] = b"password";

pub(crate) fn only(formats: Vec<Box<dyn Format>>) -> Hashers {
    formats.into_iter().fold(Hashers::new(Argon2::default()), |hashers, format| {
        hashers.accept(std::sync::Arc::<dyn Format>::from(format))
    })
}

pub(crate) fn check(hashers: &Hashers, formats: &[&dyn Format], stored: &str) {
    for format in formats {
        // Not behind `claims`: a format that is asked for another's string must not panic either.
        let parsed = format.parse(stored);
        let blank = format.blank(stored);
        match &parsed {
            Ok(hash) => {
                assert!(format.claims(stored), "read, but not claimed");
                let blank = blank.expect("what is read has a blank");
                let of_blank = format.parse(&blank).expect("a blank is read");
                assert_eq!(beside_the_digest(&of_blank), beside_the_digest(hash));
                assert_eq!(of_blank.digest(), vec![0; hash.digest().len()]);
                assert_eq!(format.blank(&blank), Some(blank), "a blank is its own");
            }
            Err(refused) => {
                assert_eq!(blank, None, "what is not read has no blank");
                if let Refused::Malformed(Malformed { at, .. }) = refused {
                    assert!(*at <= stored.len(), "{at} is not in the string");
                }
            }
        }
    }
    let Ok(hash) = hashers.inspect(stored) else { return };
    within_limits(stored, &hash);
    // The plan for a password is made, or refused for its price, without a panic.
    let work = hashers.verify(Secret::new(&[b'x'; 4096]), stored);
    assert!(matches!(work, Ok(_) | Err(Refused::TooCostly(_))));
    for changed in changes(stored) {
        if let Ok(other) = hashers.inspect(&changed) {
            assert!(!says_the_same(&hash, &other, stored, &changed), "{stored:?} {changed:?}");
        }
    }
    let cost = hash.cost(PASSWORD.len());
    if cost.units <= UNITS && cost.memory_kib <= MEMORY_KIB {
        verdicts(hashers, stored, &hash);
    }
}

/// The verdict is that of the keys; and a digest that is changed matches no longer.
fn verdicts(hashers: &Hashers, stored: &str, hash: &StoredHash) {
    let begin = || {
        let plan = hashers.plan(stored, PASSWORD).expect("within the limits");
        plan.work(|check| Key(check.is_forced()))
    };
    let (key, is_forced) = begin().run();
    assert_eq!(in_pieces(begin()), (key.clone(), is_forced));
    let verdict = |stored: &str| {
        let work = hashers.verify(Secret::new(PASSWORD), stored).expect("within the limits");
        work.run_in(&mut Workspace::new()).expect("a MiB of memory")
    };
    // A format that writes nothing is never up to date.
    let expected =
        if key == hash.digest() && !is_forced { Verdict::Outdated } else { Verdict::Mismatch };
    assert_eq!(verdict(stored), expected);
    if expected == Verdict::Outdated {
        let blank = hashers.blank(stored).expect("what is read has a blank");
        assert_eq!(verdict(&blank), Verdict::Mismatch);
    }
}

/// In pieces of a seventh, by each kernel in turn.
fn in_pieces<T: Goal>(mut work: Work<T>) -> T::Output {
    let units = work.cost().units / 7;
    let mut workspaces: Vec<_> = Workspace::all().collect();
    loop {
        workspaces.rotate_left(1);
        match work.advance(units, &mut workspaces[0]) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(output) => return output,
        }
    }
}

/// The key itself, and whether it would be a mismatch whatever it is.
struct Key(bool);

impl Goal for Key {
    type Output = (Vec<u8>, bool);

    fn password(&self) -> &[u8] {
        PASSWORD
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        (key.expect("a MiB of memory").to_vec(), self.0)
    }
}

/// The string with one of its characters changed, in a few places that the string itself chooses.
fn changes(stored: &str) -> impl Iterator<Item = String> {
    let seed = stored.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    (0..6).filter_map(move |turn| {
        let draw = seed.rotate_left(11 * turn) as usize;
        let (at, here) = stored.char_indices().nth(draw % stored.len().max(1))?;
        let with = char::from(b"./019AFaf=$,:{}+_ "[draw / 1024 % 18]);
        let tail = &stored[at + here.len_utf8()..];
        (with != here).then(|| format!("{}{with}{tail}", &stored[..at]))
    })
}

/// Two strings of one value: what a strict reader has none of.
fn says_the_same(hash: &StoredHash, other: &StoredHash, stored: &str, changed: &str) -> bool {
    // Of several digests of one password one decides, a line's user-id is the host's to compare, of a
    // signer key nothing is shown, and an LDAP scheme is matched without case.
    let line = |stored: &str| stored.split_once(':').map(|(_, hash)| hash.to_string());
    let is_free = stored.starts_with("$scram$")
        || (line(stored).is_some() && line(stored) == line(changed))
        || stored.contains(",sk=")
        || stored.eq_ignore_ascii_case(changed)
        // Three names of one function.
        || without_ident(stored) == without_ident(changed);
    !is_free
        && beside_the_digest(hash) == beside_the_digest(other)
        && hash.digest() == other.digest()
}

fn without_ident(stored: &str) -> String {
    ["$2a$", "$2y$", "$2a,", "$2y,"].iter().fold(stored.to_string(), |stored, ident| {
        stored.replacen(ident, &format!("$2b{}", &ident[3..]), 1)
    })
}

fn beside_the_digest(hash: &StoredHash) -> (&'static str, String, Vec<u8>) {
    (hash.name(), format!("{:?}", hash.derivation()), hash.derivation().salt().to_vec())
}

fn within_limits(stored: &str, hash: &StoredHash) {
    let limits = Limits::default();
    assert!(stored.len() <= limits.stored_len);
    let cost = hash.cost(0);
    assert!(cost.units <= limits.units);
    let memory_kib = u64::from(limits.argon2_memory_kib).max(limits.other_memory_kib);
    assert!(cost.memory_kib <= memory_kib);
    // One digest byte would match 1 wrong password in 256.
    assert!(hash.digest().len() >= 4);
}
