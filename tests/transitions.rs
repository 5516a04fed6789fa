//! The table of transitions in the docs of `doorstep::step`, held against what the code does.
//!
//! Every beginning is driven with every answer to every step, until nothing is left to be answered.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "pbkdf2"))]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::ControlFlow;

use doorstep::password::{Hashers, Pbkdf2, Prf, Secret, TryCryptoRng, Workspace};
use doorstep::scheme::Check;
use doorstep::{
    Account, Asked, Authenticator, Basic, Bearer, Claim, Outcome, Proof, Receipt, Refuse,
    RequestLine, Scheme, Step, TokenDigest, TokenRecord, UnixTime, grammar,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{SeedableRng, TryRng};

/// From, answer, to.
type Transition = (String, String, String);

#[test]
fn the_docs_have_every_transition_and_no_other() {
    let world = World::new();
    let mut seen = BTreeSet::new();
    let mut paths = 0;
    for begin in [Begin::Login, Begin::Basic, Begin::Token, Begin::Proof] {
        // A path is the answers' numbers. The last one that can be raised is, until none can.
        let mut path = vec![0];
        loop {
            paths += 1;
            let taken = world.walk(begin, &path, &mut seen);
            let Some(next) = next_path(taken) else { break };
            path = next;
        }
    }
    println!("{paths} paths, {} transitions", seen.len());
    let documented = documented();
    let difference = |a: &BTreeSet<Transition>, b| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(difference(&seen, &documented), [], "not in the docs");
    assert_eq!(difference(&documented, &seen), [], "only in the docs");
}

/// DESIGN §2, the graph: how far a beginning gets by itself.
#[test]
fn beginnings() {
    let world = World::new();
    for (values, expected) in [
        (&[][..], "Anonymous"),
        (&["Negotiate abc"], "Anonymous"),
        (&["Basic !"], "Denied"),
        (&["Basic YTpi", "Basic YTpi"], "Denied"),
        (&["Basic YTpi"], "FindUser"),
        (&["Bearer abc"], "FindToken"),
        (&["Proof match"], "FindUser"),
    ] {
        let fields = values.iter().map(|value: &&str| ("authorization", value.as_bytes()));
        let step: Step<()> = world.auth.begin(fields);
        assert_eq!(name(&step), expected, "{values:?}");
    }
    assert_eq!(name(&world.auth.login::<()>("a\n", "b".into())), "Denied");
    assert_eq!(name(&world.auth.login::<()>("a", "b".into())), "FindUser");
}

/// The rows of the table: what stands in brackets explains.
fn documented() -> BTreeSet<Transition> {
    let docs = include_str!("../src/step.rs");
    let table = docs.split_once("//! # The transitions").unwrap().1;
    let table = table.split_once("//! ```text\n").unwrap().1.split_once("//! ```\n").unwrap().0;
    let rows = table.lines().map(|line| {
        let mut words = line.trim_start_matches("//!").split_whitespace().map(String::from);
        (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
    });
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 10, "the table was not found");
    rows.into_iter().collect()
}

fn name<U>(step: &Step<U>) -> &'static str {
    match step {
        Step::FindUser(_) => "FindUser",
        Step::FindToken(_) => "FindToken",
        Step::Verify(_) => "Verify",
        Step::Rehash(_) => "Rehash",
        Step::Replace(_) => "Replace",
        Step::Done(Outcome::Granted(_)) => "Granted",
        Step::Done(Outcome::Anonymous(_)) => "Anonymous",
        Step::Done(Outcome::Denied(_)) => "Denied",
    }
}

#[derive(Clone, Copy, Debug)]
enum Begin {
    Login,
    Basic,
    Token,
    Proof,
}

/// An authenticator, and what a host could have stored.
struct World {
    auth: Authenticator,
    current: String,
    outdated: String,
    receipt: Receipt,
}

const PASSWORD: &str = "open sesame";
const NOW: UnixTime = UnixTime::from_secs(1000);

impl World {
    fn new() -> Self {
        let make = |rounds| {
            let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, rounds).unwrap());
            hashers.hash(PASSWORD.into()).unwrap().run().unwrap()
        };
        let (current, outdated) = (make(20), make(10));
        let auth = Authenticator::builder("r", Hashers::new(Pbkdf2::new(Prf::Sha256, 20).unwrap()))
            .scheme(Basic::new())
            .scheme(Bearer::new())
            .scheme(Proving)
            .receipts_with_key(Secret::new(&[7; 32]))
            .build()
            .unwrap();
        let Step::FindUser(ask) = auth.login("Aladdin", PASSWORD.into()) else { panic!() };
        let Step::Verify(work) = ask.found((), current.as_str()) else { panic!() };
        let Step::Done(Outcome::Granted(granted)) = work.run() else { panic!() };
        let receipt = *granted.receipt().unwrap();
        Self { auth, current, outdated, receipt }
    }

    /// Follows `path`, and answers 0 where it ends. Notes each transition, and returns the answers
    /// taken with how many there were to choose from.
    fn walk(
        &self,
        begin: Begin,
        path: &[usize],
        seen: &mut BTreeSet<Transition>,
    ) -> Vec<(usize, usize)> {
        let mut step = match begin {
            Begin::Login => self.auth.login("Aladdin", PASSWORD.into()),
            Begin::Basic => self.begin(b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            Begin::Token => self.begin(b"Bearer mF_9.B5f-4.1JqM"),
            // The user-id of a proof is what it will say of itself.
            Begin::Proof => self.begin(b"Proof match"),
        };
        let mut taken = Vec::new();
        // A receipt that does not fit leads back to where it was offered, as often as one likes: here
        // twice. Otherwise no path has more than four answers.
        while !matches!(step, Step::Done(_)) && taken.len() < 6 {
            let from = name(&step);
            let choice = path.get(taken.len()).copied().unwrap_or(0);
            let (answer, next, choices) = self.answer(step, choice);
            seen.insert((from.into(), answer.into(), name(&next).into()));
            taken.push((choice, choices));
            step = next;
        }
        taken
    }

    fn begin(&self, value: &[u8]) -> Step<()> {
        self.auth.begin([("Authorization", value)])
    }

    /// The answer of number `choice`: its name, what came of it, and how many there are.
    fn answer(&self, step: Step<()>, choice: usize) -> (&'static str, Step<()>, usize) {
        let throttled = Refuse::Throttled { retry_after: 1 };
        let workspace = &mut Workspace::portable();
        match step {
            Step::FindUser(ask) => {
                let found: [fn(&Self) -> Account; 6] = [
                    |world| world.current.as_str().into(),
                    |world| world.outdated.as_str().into(),
                    |_| "$pbkdf2-sha256$10$AAAA$".into(),
                    |_| None::<&str>.into(),
                    |_| Account::disabled(),
                    |_| "mismatch".into(),
                ];
                let (answer, next) = match choice {
                    0..6 => ("found", ask.found((), found[choice](self))),
                    6 => ("not_found", ask.not_found()),
                    _ => ("refuse", ask.refuse(throttled)),
                };
                (answer, next, 8)
            }
            Step::FindToken(ask) => {
                let mut record = TokenRecord::new(*ask.digest());
                let (answer, next) = match choice {
                    0..5 => {
                        match choice {
                            0 => {}
                            1 => record.digest = TokenDigest::of(b"another"),
                            2 => record.expires = Some(NOW),
                            3 => record.revoked = true,
                            _ => record.owner_disabled = true,
                        }
                        ("found", ask.found((), record, NOW))
                    }
                    5 => ("not_found", ask.not_found()),
                    _ => ("refuse", ask.refuse(throttled)),
                };
                (answer, next, 7)
            }
            Step::Verify(work) => {
                let (answer, next) = match choice {
                    0 => ("run", work.run()),
                    1 => ("run", work.run_in(workspace)),
                    2 => {
                        let mut work = work;
                        let next = loop {
                            match work.advance(0, workspace) {
                                ControlFlow::Continue(rest) => work = rest,
                                ControlFlow::Break(next) => break next,
                            }
                        };
                        ("run", next)
                    }
                    3 => ("run", doorstep::Verify::run_together(vec![work], workspace).remove(0)),
                    4 => ("refuse", work.refuse(throttled)),
                    _ => match work.recall(&self.receipt) {
                        ControlFlow::Break(next) => ("recall", next),
                        ControlFlow::Continue(work) => ("recall", Step::Verify(work)),
                    },
                };
                (answer, next, 6)
            }
            Step::Rehash(work) => {
                let (answer, next) = match choice {
                    0 => ("run", work.run()),
                    1 => ("run", work.with_rng(&mut ChaCha8Rng::seed_from_u64(1)).run()),
                    2 => ("run", work.with_rng(&mut Exhausted).run()),
                    3 => ("skip", work.skip()),
                    4 => {
                        let (outcome, rest) = work.grant_now();
                        assert!(
                            matches!(rest.run(), Step::Replace(new) if new.old() == self.outdated)
                        );
                        ("grant_now", Step::Done(outcome))
                    }
                    _ => {
                        let (outcome, upgrade) = work.defer();
                        assert!(upgrade.run().is_some_and(|new| new.old() == self.outdated));
                        ("defer", Step::Done(outcome))
                    }
                };
                (answer, next, 6)
            }
            Step::Replace(ask) => {
                let next = match choice {
                    0 => ask.done(Ok::<_, Infallible>(true)),
                    1 => ask.done(Ok::<_, Infallible>(false)),
                    _ => ask.done(Err("the database is gone")),
                };
                ("done", next, 3)
            }
            Step::Done(_) => unreachable!("the walk ended"),
        }
    }
}

/// The next path in order, if any: the last answer that is not its step's last is raised.
fn next_path(mut taken: Vec<(usize, usize)>) -> Option<Vec<usize>> {
    while let Some((choice, of)) = taken.pop() {
        if choice + 1 < of {
            let before = taken.iter().map(|&(choice, _)| choice);
            return Some(before.chain([choice + 1]).collect());
        }
    }
    None
}

/// A generator without entropy.
struct Exhausted;

impl TryRng for Exhausted {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(std::fmt::Error)
    }
}

impl TryCryptoRng for Exhausted {}

/// A scheme whose proof fits whatever is stored, unless that says otherwise.
struct Proving;

struct Fits;

impl Scheme for Proving {
    fn name(&self) -> &str {
        "proof"
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        _: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, grammar::Malformed> {
        Ok(value.starts_with(b"Proof ").then(|| Claim::Proof(Box::new(Fits))))
    }

    fn challenge(&self, _: &Asked<'_>, out: &mut String) {
        out.push_str("Proof");
    }
}

impl Proof for Fits {
    fn username(&self) -> &str {
        "Aladdin"
    }

    fn check(self: Box<Self>, stored: Option<&str>) -> Check {
        match stored {
            Some("mismatch") => Check::Mismatch,
            // Also where nothing is stored: it is not for the proof to grant.
            _ => Check::Match,
        }
    }
}
