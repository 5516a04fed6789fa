//! A format and an algorithm that are written outside of the crate work in [`Hashers`] like its own
//! (issue 3, section 1). The algorithm is a toy: SHA-256 over and over.

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

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;

use doorstep_password::{
    Algorithm, Argon2, Bcrypt, CannotHash, Cost, Derivation, Format, HashError, Hasher, Hashers,
    Kdf, Limits, Malformed, MalformedKind, Parameter, Peppered, Refused, Secret, Slices,
    StoredHash, Verdict, Work, Workspace,
};
use sha2::{Digest, Sha256};

/// Bytes of a password that the toy reads: fewer than what a pepper makes of any.
const MOST: usize = 42;

/// `$toy$rounds$salt$digest`, the last two in hexadecimal.
#[derive(Debug)]
struct Toy {
    rounds: u32,
}

/// One round is a unit.
#[derive(Debug)]
struct Rounds(u32);

struct Underway {
    digest: [u8; 32],
    left: u64,
}

impl Kdf for Rounds {
    fn cost(&self, _password_len: usize) -> Cost {
        Cost::new(1, self.0.into())
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let digest = Sha256::new().chain_update(salt).chain_update(password).finalize().into();
        Box::new(Underway { digest, left: self.0.into() })
    }
}

impl Slices for Underway {
    fn advance(&mut self, units: u64) -> u64 {
        for _ in 0..units.clamp(1, self.left) {
            self.digest = Sha256::digest(self.digest).into();
            self.left -= 1;
        }
        self.left
    }

    fn finish(self: Box<Self>) -> Secret {
        Secret::new(&self.digest)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.digest.fill(0);
    }
}

impl Toy {
    fn derivation_of(rounds: u32, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Other(Arc::new(Rounds(rounds))), salt)
    }
}

impl Format for Toy {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("$toy$")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let malformed = |kind| Refused::from(Malformed::new("$toy$".len(), kind));
        let fields: Vec<&str> = stored.split('$').collect();
        let ["", "toy", rounds, salt, digest] = fields[..] else {
            return Err(malformed(MalformedKind::Syntax));
        };
        let count: u32 = rounds.parse().map_err(|_| malformed(MalformedKind::Number))?;
        if count == 0 || count.to_string() != rounds {
            return Err(malformed(MalformedKind::Number));
        }
        if salt.len() != 16 || digest.len() != 64 {
            return Err(malformed(MalformedKind::Length));
        }
        let is_hex = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hex(salt) || !is_hex(digest) {
            return Err(malformed(MalformedKind::Syntax));
        }
        let derivation = Self::derivation_of(count, &util::unhex(salt));
        Ok(StoredHash::new("toy", derivation, &util::unhex(digest)))
    }

    fn takes(&self, password: &[u8]) -> bool {
        password != b"never"
    }
}

impl Hasher for Toy {
    fn salt_len(&self) -> usize {
        8
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Self::derivation_of(self.rounds, salt)
    }

    fn key_len(&self) -> usize {
        32
    }

    fn can_hash(&self, password: &[u8]) -> Result<(), CannotHash> {
        if password.len() > MOST { Err(CannotHash::LongerThan(MOST)) } else { Ok(()) }
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        let mut stored = format!("$toy${}$", self.rounds);
        derivation.salt().iter().for_each(|byte| write!(stored, "{byte:02x}").unwrap());
        stored.push('$');
        key.iter().for_each(|byte| write!(stored, "{byte:02x}").unwrap());
        stored
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        stored.name() != "toy" || stored.cost(0).units < self.rounds.into()
    }
}

/// A hash of "correct horse" with so many rounds.
#[track_caller]
fn stored(rounds: u32) -> String {
    let hashers = Hashers::new(Toy { rounds });
    hashers.hash(Secret::from("correct horse")).unwrap().run().unwrap()
}

fn accepting() -> Hashers {
    Hashers::new(Argon2::new(64, 1, 1).unwrap())
        .accept(Toy { rounds: 100 })
        .accept(Bcrypt::default())
}

#[test]
fn it_verifies_and_is_outdated() {
    let stored = stored(100);
    let hashers = accepting();
    assert_eq!(util::verdict(&hashers, b"correct horse", &stored), Verdict::Outdated);
    assert_eq!(util::verdict(&hashers, b"wrong horse", &stored), Verdict::Mismatch);
    assert!(hashers.needs_update(&stored).unwrap());
    // The other formats are still there.
    let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_eq!(util::verdict(&hashers, b"U*U", bcrypt), Verdict::Outdated);
}

#[test]
fn it_is_preferred_with_its_own_sense_of_outdated() {
    let hashers = Hashers::new(Toy { rounds: 100 }).accept(Argon2::default());
    for (rounds, expected) in
        [(99, Verdict::Outdated), (100, Verdict::Match), (101, Verdict::Match)]
    {
        assert_eq!(util::verdict(&hashers, b"correct horse", &stored(rounds)), expected);
    }
    assert!(hashers.decoy("nobody").plan(b"").work(|_| util::Key(Vec::new())).cost().units == 100);
}

#[test]
fn it_is_inspected_by_its_own_words() {
    let hash = accepting().inspect(&stored(100)).unwrap();
    assert_eq!(hash.name(), "toy");
    let parameters: Vec<Parameter> = hash.parameters();
    assert_eq!((parameters[0].name, parameters[0].value.as_str()), ("kdf", "Rounds(100)"));
    assert_eq!(hash.cost(13), Cost::new(1, 100));
}

#[test]
fn it_is_refused_when_malformed_or_too_dear() {
    let good = stored(100);
    for bad in [
        good.replacen("$100$", "$+100$", 1),
        good.replacen("$100$", "$0$", 1),
        good.replacen("$100$", "$0100$", 1),
        good[..good.len() - 1].to_string(),
        format!("{good}$"),
        "$toy$".to_string(),
    ] {
        assert!(matches!(accepting().inspect(&bad), Err(Refused::Malformed(_))), "{bad}");
    }
    // The limit on units holds for algorithms that the crate has never heard of.
    let dear = good.replacen("$100$", "$10000001$", 1);
    assert_eq!(accepting().inspect(&dear).unwrap_err(), Refused::TooCostly("units"));
    let mut limits = Limits::default();
    limits.units = 99;
    let hashers = accepting().limits(limits);
    let refused = hashers.verify(Secret::from("correct horse"), &good).unwrap_err();
    assert_eq!(refused, Refused::TooCostly("units"));
    assert_eq!(Hashers::new(Argon2::default()).inspect(&good).unwrap_err(), Refused::UnknownFormat);
}

/// What its `takes` denies is a mismatch after the full work.
#[test]
fn a_password_that_it_does_not_take_never_verifies() {
    let hashers = Hashers::new(Toy { rounds: 10 });
    let stored = hashers.hash(Secret::from("never")).unwrap().run().unwrap();
    let mut work = hashers.verify(Secret::from("never"), &stored).unwrap();
    let mut workspace = Workspace::new();
    for left in (0..10).rev() {
        assert_eq!(work.remaining(), left + 1);
        match work.advance(0, &mut workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(verdict) => {
                assert_eq!((left, verdict.unwrap()), (0, Verdict::Mismatch));
                return;
            }
        }
    }
    panic!("more pieces than rounds")
}

/// A pepper asks what is within it, by the 43 characters that it hands on of every password.
#[test]
fn it_says_what_it_cannot_hash() {
    let longer = Err(HashError::Password(CannotHash::LongerThan(MOST)));
    let alone = Hashers::new(Toy { rounds: 1 });
    assert_eq!(alone.can_hash(&[b'x'; MOST]), Ok(()));
    assert_eq!(alone.can_hash(&[b'x'; MOST + 1]), longer);
    let key = Secret::from("a key of thirty-two bytes or so.");
    let peppered = Hashers::new(Peppered::new(Toy { rounds: 1 }, "k1", key).unwrap());
    assert_eq!(peppered.can_hash(b"x"), longer);
}

#[test]
fn it_runs_in_slices_and_together() {
    let hashers = accepting();
    let toy = stored(100);
    let argon2 = hashers.hash(Secret::from("correct horse")).unwrap().run().unwrap();
    for units in [0, 1, 7, 99, 100, u64::MAX] {
        let work = hashers.verify(Secret::from("correct horse"), &toy).unwrap();
        assert_eq!(work.cost().units, work.remaining());
        let mut workspaces = [Workspace::new(), Workspace::portable()];
        assert_eq!(util::in_pieces(work, || units, &mut workspaces).unwrap(), Verdict::Outdated);
    }
    let batch = [
        ("correct horse", &toy, Verdict::Outdated),
        ("correct horse", &argon2, Verdict::Match),
        ("wrong horse", &toy, Verdict::Mismatch),
        ("wrong horse", &argon2, Verdict::Mismatch),
        ("correct horse", &toy, Verdict::Outdated),
    ];
    let works = batch
        .iter()
        .map(|(password, stored, _)| hashers.verify(Secret::from(*password), stored).unwrap())
        .collect();
    let verdicts = Work::run_together(works, &mut Workspace::new());
    for ((_, _, expected), verdict) in batch.iter().zip(verdicts) {
        assert_eq!(*expected, verdict.unwrap());
    }
}

/// Where two formats claim one string, the earlier reads it.
#[test]
fn the_first_that_claims_decides() {
    #[derive(Debug)]
    struct Greedy;

    impl Format for Greedy {
        fn claims(&self, _stored: &str) -> bool {
            true
        }

        fn parse(&self, _stored: &str) -> Result<StoredHash, Refused> {
            Err(Refused::Unsupported("greedy"))
        }
    }

    let stored = stored(100);
    let before = Hashers::new(Argon2::default()).accept(Greedy).accept(Toy { rounds: 1 });
    assert_eq!(before.inspect(&stored).unwrap_err(), Refused::Unsupported("greedy"));
    let after = Hashers::new(Argon2::default()).accept(Toy { rounds: 1 }).accept(Greedy);
    assert!(after.inspect(&stored).is_ok());
}
