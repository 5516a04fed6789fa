//! The machine itself, answered by the words of the table, and held against it after each.

use std::convert::Infallible;
use std::ops::ControlFlow;

use doorstep::password::{Argon2, Hasher, Hashers, Pbkdf2, Secret, TryCryptoRng, Workspace};
use doorstep::scheme::Check;
use doorstep::{
    Account as Found, ApiKey, Asked, Authenticator, Basic, Bearer, Cause, Claim, Granted, Outcome,
    Proof, Receipt, Refuse, RequestLine, Scheme, Step, TokenDigest, TokenRecord, Verify, grammar,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{SeedableRng, TryRng};

use crate::table::{Account, Answer, How, Left, Offer, Sent, State, Stored, Token, Why};
use crate::util::{NOW, User, basic, cheap, hash, to_find_user, to_verify};

/// Rounds of what is outdated: more than one piece.
const OUTDATED: u32 = 4;

/// An authenticator, and the two who use it.
pub struct World {
    pub auth: Authenticator,
    pub users: [Person; 2],
}

pub struct Person {
    pub name: &'static str,
    pub password: &'static str,
    token: &'static str,
    user: User,
    pub current: String,
    pub outdated: String,
    /// For the hash that is current.
    receipt: Receipt,
    /// For the other one, from an authenticator with the same key that would have written it.
    outdated_receipt: Receipt,
}

impl World {
    /// Argon2 in a workspace's memory, after PBKDF2.
    pub fn argon2() -> Self {
        Self::new(Argon2::new(80, 1, 1).unwrap())
    }

    /// PBKDF2 of one more round than before.
    pub fn pbkdf2() -> Self {
        Self::new(cheap(OUTDATED + 1))
    }

    fn new(preferred: impl Hasher + Clone) -> Self {
        let hashers = Hashers::new(preferred).accept(Pbkdf2::default());
        let users = [
            ("alice", "correct horse", "mF_9.B5f-4.1JqM", 7),
            ("bob", "correct horse ", "mF_9.B5f-4.1JqN", 8),
        ];
        let users = users.map(|(name, password, token, user)| {
            let current = hashers.hash(password.into()).unwrap().run().unwrap();
            let outdated = hash(OUTDATED, password.as_bytes());
            let receipt = receipt(&builder(&hashers).build().unwrap(), name, password, &current);
            let weaker = builder(&Hashers::new(cheap(OUTDATED))).build().unwrap();
            let outdated_receipt = self::receipt(&weaker, name, password, &outdated);
            Person { name, password, token, user, current, outdated, receipt, outdated_receipt }
        });
        let proving = Proving(users.each_ref().map(|person| (person.name, person.current.clone())));
        let builder = builder(&hashers).scheme(Basic::new()).scheme(Bearer::new());
        let builder = builder.scheme(ApiKey::in_field("x-api-key"));
        let auth = builder.scheme(proving).build().unwrap();
        Self { auth, users }
    }

    fn account(&self, who: usize, account: Account) -> (User, Found) {
        let (person, other) = (&self.users[who], &self.users[1 - who]);
        let stored = match account {
            Account::Right => &*person.current,
            Account::Outdated => &person.outdated,
            Account::Anothers => return (other.user, other.current.as_str().into()),
            Account::AnothersOutdated => return (other.user, other.outdated.as_str().into()),
            Account::Corrupt => return (person.user, format!("{}!", person.current).into()),
            Account::UnknownFormat => person.password,
            Account::OverTheLimit => {
                "$pbkdf2-sha256$4294967295$x9h7j/Ge8x6DMEao1VqrdQ$\
                 kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A"
            }
            Account::NoPassword => return (person.user, None::<String>.into()),
            Account::Disabled => return (person.user, Found::disabled()),
            Account::Nobody => unreachable!("nobody is not found"),
        };
        (person.user, stored.into())
    }

    fn begin(&self, who: usize, sent: Sent) -> Step<User> {
        let Person { name, password, token, .. } = &self.users[who];
        let basic = || basic(format!("{name}:{password}"));
        let bearer = || format!("Bearer {token}").into_bytes();
        let values = match sent {
            Sent::Login => return self.auth.login(name, Secret::from(*password)),
            Sent::LoginWithControl => return self.auth.login("a\n", Secret::from(*password)),
            Sent::Basic => vec![basic()],
            Sent::Bearer => vec![bearer()],
            Sent::Proof => vec![format!("Proof {name}").into_bytes()],
            Sent::Nothing => vec![],
            Sent::UnknownScheme => vec![b"Negotiate abc".to_vec()],
            Sent::Malformed => vec![b"Basic !".to_vec()],
            Sent::Twice => vec![basic(), basic()],
            Sent::TwoSchemes => {
                let (basic, bearer) = (basic(), bearer());
                let fields = [("authorization", &*basic), ("x-api-key", &*bearer)];
                return self.auth.begin(fields);
            }
            Sent::TooLong => vec![b"Basic ".repeat(10_000)],
        };
        self.auth.begin(values.iter().map(|value| ("Authorization", value.as_slice())))
    }
}

/// One request of one of the two, and what was answered to it.
pub struct Request<'w> {
    world: &'w World,
    who: usize,
    at: At,
    /// What the lookup returned: the user, and whether their password or token is this request's.
    found: Option<(User, bool)>,
    /// What `Replace` was asked to store.
    new_hash: Option<String>,
    /// Whether the work is, that is to be done now.
    begun: bool,
    /// How many pieces were done before the verdict.
    pub pieces: u32,
}

enum At {
    Begin,
    Step(Step<User>),
    Dropped,
}

impl<'w> Request<'w> {
    pub fn new(world: &'w World, who: usize) -> Self {
        Self { world, who, at: At::Begin, found: None, new_hash: None, begun: false, pieces: 0 }
    }

    /// Gives `answer`, and holds where that leads against `expected`.
    #[track_caller]
    pub fn answer(&mut self, answer: Answer, workspace: &mut Workspace, expected: State) {
        let at = std::mem::replace(&mut self.at, At::Dropped);
        self.at = match (at, answer) {
            (_, Answer::Drop) => At::Dropped,
            (At::Begin, Answer::Send(sent)) => At::Step(self.world.begin(self.who, sent)),
            (At::Step(step), answer) => At::Step(self.step(step, answer, workspace)),
            (At::Begin | At::Dropped, answer) => panic!("{answer:?} to nothing"),
        };
        self.check(expected);
        self.begun = match expected {
            State::Verify { begun, .. } | State::Rehash { begun, .. } => begun,
            _ => false,
        };
    }

    /// Gives both to a thread that does them together. Both wait for it.
    #[track_caller]
    pub fn run_both(both: &mut [Self; 2], workspace: &mut Workspace, expected: [State; 2]) {
        let works =
            both.each_mut().map(|request| match std::mem::replace(&mut request.at, At::Dropped) {
                At::Step(Step::Verify(work)) => work,
                _ => panic!("it does not wait for a verdict"),
            });
        let steps = Verify::run_together(works.into(), workspace);
        for ((request, step), expected) in both.iter_mut().zip(steps).zip(expected) {
            request.at = At::Step(step);
            request.check(expected);
        }
    }

    fn step(&mut self, step: Step<User>, answer: Answer, workspace: &mut Workspace) -> Step<User> {
        let refuse = Refuse::Throttled { retry_after: 1 };
        match (step, answer) {
            (Step::FindUser(ask), Answer::Found(account)) => {
                assert_eq!(ask.username(), self.person().name);
                let (user, stored) = self.world.account(self.who, account);
                let is_match = matches!(account, Account::Right | Account::Outdated);
                self.found = Some((user, is_match));
                ask.found(user, stored)
            }
            (Step::FindUser(ask), Answer::NotFound) => ask.not_found(),
            (Step::FindUser(ask), Answer::Refuse) => ask.refuse(refuse),
            (Step::FindToken(ask), Answer::Holds(token)) => {
                let holder = if token == Token::Anothers { 1 - self.who } else { self.who };
                let Person { token: text, user, .. } = self.world.users[holder];
                let mut record = TokenRecord::new(TokenDigest::of(text.as_bytes()));
                record.expires = (token == Token::Expired).then_some(NOW);
                record.revoked = token == Token::Revoked;
                record.owner_disabled = token == Token::OfDisabled;
                self.found = Some((user, token == Token::Good));
                ask.found(user, record, NOW)
            }
            (Step::FindToken(ask), Answer::NotFound) => ask.not_found(),
            (Step::FindToken(ask), Answer::Refuse) => ask.refuse(refuse),
            (Step::Verify(work), Answer::Run(how)) => match how {
                How::Fresh => work.run(),
                How::Shared => work.run_in(workspace),
                How::Together => {
                    let stored = &self.world.users[1 - self.who].current;
                    let stranger = found(&self.world.auth, "mallory", "wrong", stored);
                    let mut steps = Verify::run_together(vec![stranger, work], workspace);
                    assert!(matches!(steps.remove(0), Step::Done(Outcome::Denied(_))));
                    steps.remove(0)
                }
            },
            (Step::Verify(mut work), Answer::Piece) => loop {
                self.pieces += 1;
                match work.advance(0, workspace) {
                    ControlFlow::Continue(rest) if self.begun => work = rest,
                    ControlFlow::Continue(rest) => break Step::Verify(rest),
                    ControlFlow::Break(next) => break next,
                }
            },
            (Step::Verify(work), Answer::Recall(offer)) => {
                let receipt = match offer {
                    Offer::Own => &self.person().receipt,
                    Offer::OwnOutdated => &self.person().outdated_receipt,
                    Offer::Anothers => &self.world.users[1 - self.who].receipt,
                };
                match work.recall(receipt) {
                    ControlFlow::Continue(rest) => Step::Verify(rest),
                    ControlFlow::Break(next) => next,
                }
            }
            (Step::Verify(work), Answer::Refuse) => work.refuse(refuse),
            (Step::Rehash(work), answer) => self.rehash(work, answer, workspace),
            (Step::Replace(ask), Answer::Done(stored)) => {
                self.check_replacement(ask.user(), ask.old(), ask.new_hash());
                self.new_hash = Some(ask.new_hash().into());
                match stored {
                    Stored::Replaced => ask.done(Ok::<_, Infallible>(true)),
                    Stored::Changed => ask.done(Ok::<_, Infallible>(false)),
                    Stored::Failed => ask.done(Err("the database is gone")),
                }
            }
            (step, answer) => panic!("{answer:?} to {step:?}"),
        }
    }

    fn rehash(
        &self,
        mut work: doorstep::Rehash<User>,
        answer: Answer,
        workspace: &mut Workspace,
    ) -> Step<User> {
        match answer {
            Answer::Run(How::Fresh) => work.run(),
            Answer::Run(How::Shared) => work.run_in(workspace),
            Answer::Piece => loop {
                match work.advance(0, workspace) {
                    ControlFlow::Continue(rest) if self.begun => work = rest,
                    ControlFlow::Continue(rest) => break Step::Rehash(rest),
                    ControlFlow::Break(next) => break next,
                }
            },
            Answer::Entropy(true) => Step::Rehash(work.with_rng(&mut ChaCha8Rng::seed_from_u64(1))),
            Answer::Entropy(false) => Step::Rehash(work.with_rng(&mut Exhausted)),
            Answer::Skip => work.skip(),
            Answer::Defer => {
                let (outcome, upgrade) = work.defer();
                if let Some(new) = upgrade.run_in(workspace) {
                    assert_eq!(new.username(), self.person().name);
                    self.check_replacement(&self.person().user, new.old(), new.new_hash());
                }
                Step::Done(outcome)
            }
            Answer::GrantNow => {
                let (outcome, rest) = work.grant_now();
                let Outcome::Granted(granted) = outcome else { panic!("{outcome:?}") };
                self.check_grant(&granted, Left::None);
                Step::Rehash(rest)
            }
            answer => panic!("{answer:?} to {work:?}"),
        }
    }

    #[track_caller]
    fn check(&self, expected: State) {
        let step = match &self.at {
            At::Begin => return assert_eq!(expected, State::Begin),
            At::Dropped => return assert_eq!(expected, State::Dropped),
            At::Step(step) => step,
        };
        match (step, expected) {
            (Step::FindUser(_), State::FindUser(_))
            | (Step::FindToken(_), State::FindToken)
            | (Step::Verify(_), State::Verify { .. })
            | (Step::Rehash(_), State::Rehash { .. })
            | (Step::Replace(_), State::Replace { .. })
            | (Step::Done(Outcome::Anonymous(_)), State::Anonymous) => {}
            (Step::Done(Outcome::Granted(granted)), State::Granted(left)) => {
                self.check_grant(granted, left);
            }
            (Step::Done(Outcome::Denied(denied)), State::Denied(why)) => {
                assert_eq!(self::why(denied.cause()), why);
            }
            (step, expected) => panic!("{step:?} instead of {expected:?}"),
        }
    }

    /// Safety: this user was found, and what was found with them fits what this request sent.
    #[track_caller]
    fn check_grant(&self, granted: &Granted<User>, left: Left) {
        assert_eq!(self.found, Some((*granted.user(), true)), "granted without a match");
        assert_eq!(*granted.user(), self.person().user);
        let name = (granted.scheme() != "bearer").then_some(self.person().name);
        assert_eq!(granted.username(), name);
        let receipt = granted.receipt();
        match left {
            Left::None => assert_eq!(receipt, None),
            Left::ForTheHash => assert_eq!(receipt, Some(&self.person().receipt)),
            Left::ForTheNewHash => {
                let Person { name, password, .. } = self.person();
                let new = self.new_hash.as_deref().unwrap();
                let work = found(&self.world.auth, name, password, new);
                assert!(work.recall(receipt.unwrap()).is_break());
            }
        }
    }

    /// The new hash is this password's, current, and for the one that was found.
    #[track_caller]
    fn check_replacement(&self, user: &User, old: &str, new: &str) {
        let Person { password, user: own, outdated, .. } = self.person();
        assert_eq!((user, old), (own, &**outdated));
        let hashers = self.world.auth.hashers();
        assert_eq!(hashers.needs_update(new), Ok(false));
        let verdict = hashers.verify(Secret::from(*password), new).unwrap().run().unwrap();
        assert!(verdict.is_match());
    }

    fn person(&self) -> &'w Person {
        &self.world.users[self.who]
    }

    /// What the client is told, if it is refused.
    pub fn refusal(self) -> Option<String> {
        match self.at {
            At::Step(step @ Step::Done(Outcome::Denied(_) | Outcome::Anonymous(_))) => {
                Some(crate::util::refusal(step, "read"))
            }
            _ => None,
        }
    }
}

/// With the key that all make their receipts under.
fn builder(hashers: &Hashers) -> doorstep::Builder {
    Authenticator::builder("example", hashers.clone()).receipts_with_key(Secret::new(&[7; 32]))
}

fn found(auth: &Authenticator, name: &str, password: &str, stored: &str) -> Verify<User> {
    to_verify(to_find_user(auth.login(name, password.into())).found(0, stored))
}

fn receipt(auth: &Authenticator, name: &str, password: &str, stored: &str) -> Receipt {
    *crate::util::to_granted(found(auth, name, password, stored).run()).receipt().unwrap()
}

fn why(cause: Cause) -> Why {
    match cause {
        Cause::Malformed(_) => Why::Malformed,
        Cause::Duplicate => Why::Duplicate,
        Cause::Ambiguous => Why::Ambiguous,
        Cause::TooLong => Why::TooLong,
        Cause::UnknownUser => Why::UnknownUser,
        Cause::NoPassword => Why::NoPassword,
        Cause::AccountDisabled => Why::AccountDisabled,
        Cause::UnusableHash(_) => Why::UnusableHash,
        Cause::Mismatch => Why::Mismatch,
        Cause::UnknownToken => Why::UnknownToken,
        Cause::AnotherToken => Why::AnotherToken,
        Cause::TokenExpired => Why::TokenExpired,
        Cause::TokenRevoked => Why::TokenRevoked,
        Cause::Refused(Refuse::Throttled { retry_after: 1 }) => Why::Refused,
        cause => panic!("nothing leads to {cause:?}"),
    }
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

/// A scheme whose proof fits what is stored for its name, and no less where nothing is: it is not for
/// the proof to grant.
struct Proving([(&'static str, String); 2]);

struct Proved {
    name: &'static str,
    fits: String,
}

impl Scheme for Proving {
    fn name(&self) -> &str {
        "proof"
    }

    fn read<'r>(
        &self,
        value: &'r [u8],
        _: Option<RequestLine<'r>>,
    ) -> Result<Option<Claim<'r>>, grammar::Malformed> {
        let person = self.0.iter().find(|(name, _)| value.ends_with(name.as_bytes()));
        let proved = person.map(|(name, fits)| Proved { name, fits: fits.clone() });
        Ok(proved.map(|proved| Claim::Proof(Box::new(proved))))
    }

    fn challenge(&self, _: &Asked<'_>, out: &mut String) {
        out.push_str("Proof");
    }
}

impl Proof for Proved {
    fn username(&self) -> &str {
        self.name
    }

    fn check(self: Box<Self>, stored: Option<&str>) -> Check {
        if stored.is_none_or(|stored| stored == self.fits) { Check::Match } else { Check::Mismatch }
    }
}
