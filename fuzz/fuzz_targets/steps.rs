//! A host that answers whatever it likes: granted if and only if what it answered holds a match, and
//! always at an end.

#![no_main]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use doorstep::password::{Argon2, Hashers, Pbkdf2, Prf, Secret, Workspace};
use doorstep::{
    Account, Authenticator, Basic, Bearer, Cause, Outcome, Receipt, Refuse, Step, TokenDigest,
    TokenRecord, UnixTime,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[derive(Arbitrary, Debug)]
struct Script {
    /// One after the other at one host: a receipt of the first may be offered to the second.
    requests: [Request; 2],
}

#[derive(Arbitrary, Debug)]
struct Request {
    sent: Sent,
    user: User,
    token: Token,
    work: Vec<Run>,
    replaced: Result<bool, ()>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Sent {
    Login(Name, Password),
    Basic(Name, Password),
    Token(Name),
    Bytes([u8; 12]),
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Name {
    Alice,
    Bob,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Password {
    Right,
    Other,
    Empty,
}

/// What a look-up by user-id comes back with.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum User {
    Hash(Password, Form),
    Corrupt,
    TooDear,
    NoPassword,
    Disabled,
    Nobody,
    Refused,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Form {
    Current,
    Weaker,
    OtherFormat,
}

/// What a look-up by digest comes back with.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Token {
    of: Option<Name>,
    expires: Option<u8>,
    revoked: bool,
    owner_disabled: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Run {
    Whole,
    Reused,
    Slice(u8),
    Together,
    Recall,
    Defer,
    Skip,
    Refuse,
    Drop,
}

struct World {
    auth: Authenticator,
    /// By password and form.
    hashes: [[String; 3]; 3],
}

const USER: u32 = 7;
const NOW: u64 = 100;
const REFUSE: Refuse = Refuse::Throttled { retry_after: 1 };

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let argon2 = |memory_kib| Argon2::new(memory_kib, 1, 1).expect("cheap");
    let pbkdf2 = Pbkdf2::new(Prf::Sha256, 1).expect("cheap");
    let make = |hashers: Hashers, password: Password| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let making = hashers.hash_with_rng(password.text().into(), &mut rng);
        making.expect("a password for all").run().expect("memory")
    };
    let hashers = Hashers::new(argon2(9));
    let hashes = [Password::Right, Password::Other, Password::Empty].map(|password| {
        [
            make(hashers.clone(), password),
            make(Hashers::new(argon2(8)), password),
            make(Hashers::new(pbkdf2), password),
        ]
    });
    let auth = Authenticator::builder("fuzz", hashers.accept(pbkdf2))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .receipts_with_key(Secret::new(&[1; 32]))
        .build()
        .expect("a configuration without mistakes");
    World { auth, hashes }
});

fuzz_target!(|script: Script| {
    let mut receipt = None;
    for request in &script.requests {
        match request.play(receipt.as_ref()) {
            Some(Outcome::Granted(granted)) => {
                assert!(request.is_match(), "granted without a match: {request:?}");
                assert_eq!(granted.user(), &USER);
                assert_eq!(granted.username(), request.sent.username());
                receipt = granted.receipt().copied();
            }
            Some(Outcome::Denied(denied)) => {
                let refused = matches!(denied.cause(), Cause::Refused(_));
                assert!(refused || !request.is_match(), "denied a match: {request:?}, {denied:?}");
            }
            Some(Outcome::Anonymous(_)) => assert!(matches!(request.sent, Sent::Bytes(_))),
            None => {}
        }
    }
});

impl Request {
    /// Drives the request to its outcome; nothing if the script drops a step.
    fn play(&self, receipt: Option<&Receipt>) -> Option<Outcome<u32>> {
        let mut work = self.work.iter().copied().chain(std::iter::repeat(Run::Reused));
        let mut workspace = Workspace::new();
        let mut step = self.sent.begin();
        // Each turn uses up one word of the script or one step, and after the script all is run.
        for _ in 0..self.work.len() + 6 {
            step = match step {
                Step::FindUser(ask) => match self.user.account() {
                    _ if matches!(self.user, User::Refused) => ask.refuse(REFUSE),
                    Some(account) => ask.found(USER, account),
                    None => ask.not_found(),
                },
                Step::FindToken(ask) => match self.token.record() {
                    Some(record) => ask.found(USER, record, UnixTime::from_secs(NOW)),
                    None => ask.not_found(),
                },
                Step::Verify(verify) => match work.next()? {
                    Run::Whole => verify.run(),
                    Run::Reused | Run::Defer | Run::Skip => verify.run_in(&mut workspace),
                    Run::Slice(units) => match verify.advance(units.into(), &mut workspace) {
                        ControlFlow::Continue(rest) => Step::Verify(rest),
                        ControlFlow::Break(next) => next,
                    },
                    Run::Together => {
                        let stranger = Sent::Login(Name::Bob, Password::Other).begin();
                        let Step::FindUser(ask) = stranger else { panic!("a login asks") };
                        let Step::Verify(stranger) = ask.not_found() else { panic!("the work") };
                        let mut steps = verify_together(stranger, verify, &mut workspace);
                        assert!(matches!(steps.remove(0), Step::Done(Outcome::Denied(_))));
                        steps.remove(0)
                    }
                    Run::Recall => match receipt {
                        Some(receipt) => match verify.recall(receipt) {
                            ControlFlow::Continue(rest) => Step::Verify(rest),
                            ControlFlow::Break(next) => next,
                        },
                        None => Step::Verify(verify),
                    },
                    Run::Refuse => verify.refuse(REFUSE),
                    Run::Drop => return None,
                },
                Step::Rehash(rehash) => match work.next()? {
                    Run::Slice(units) => match rehash.advance(units.into(), &mut workspace) {
                        ControlFlow::Continue(rest) => Step::Rehash(rest),
                        ControlFlow::Break(next) => next,
                    },
                    Run::Defer => {
                        let (outcome, upgrade) = rehash.defer();
                        let new = upgrade.run_in(&mut workspace).expect("entropy and memory");
                        assert_eq!(Some(new.username()), self.sent.username());
                        Step::Done(outcome)
                    }
                    Run::Skip | Run::Refuse | Run::Recall => rehash.skip(),
                    Run::Drop => return None,
                    Run::Whole | Run::Reused | Run::Together => rehash.run_in(&mut workspace),
                },
                Step::Replace(ask) => {
                    assert_eq!(ask.user(), &USER);
                    assert_eq!(Some(ask.old()), self.user.hash());
                    ask.done(self.replaced)
                }
                Step::Done(outcome) => return Some(outcome),
            };
        }
        panic!("no end: {self:?} is still at {step:?}");
    }

    /// Whether the script holds what is right for what was sent.
    fn is_match(&self) -> bool {
        match (self.sent, self.user) {
            (Sent::Login(_, sent) | Sent::Basic(_, sent), User::Hash(stored, _)) => sent == stored,
            (Sent::Token(sent), _) => {
                self.token.of == Some(sent)
                    && self.token.expires.is_none_or(|expires| u64::from(expires) > NOW)
                    && !self.token.revoked
                    && !self.token.owner_disabled
            }
            _ => false,
        }
    }
}

fn verify_together(
    first: doorstep::Verify<u32>,
    second: doorstep::Verify<u32>,
    workspace: &mut Workspace,
) -> Vec<Step<u32>> {
    doorstep::Verify::run_together(vec![first, second], workspace)
}

impl Sent {
    fn begin(self) -> Step<u32> {
        let auth = &WORLD.auth;
        let authorization = |value: &[u8]| auth.begin([("authorization", value)]);
        match self {
            Sent::Login(name, password) => auth.login(name.text(), password.text().into()),
            Sent::Basic(name, password) => authorization(basic(name, password).as_bytes()),
            Sent::Token(name) => authorization(format!("Bearer {}", name.text()).as_bytes()),
            Sent::Bytes(bytes) => authorization(&bytes),
        }
    }

    fn username(self) -> Option<&'static str> {
        match self {
            Sent::Login(name, _) | Sent::Basic(name, _) => Some(name.text()),
            Sent::Token(_) | Sent::Bytes(_) => None,
        }
    }
}

/// In base64, of each user-id and password.
fn basic(name: Name, password: Password) -> &'static str {
    match (name, password) {
        (Name::Alice, Password::Right) => "Basic YWxpY2U6cmlnaHQ=",
        (Name::Alice, Password::Other) => "Basic YWxpY2U6b3RoZXI=",
        (Name::Alice, Password::Empty) => "Basic YWxpY2U6",
        (Name::Bob, Password::Right) => "Basic Ym9iOnJpZ2h0",
        (Name::Bob, Password::Other) => "Basic Ym9iOm90aGVy",
        (Name::Bob, Password::Empty) => "Basic Ym9iOg==",
    }
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Name::Alice => "alice",
            Name::Bob => "bob",
        }
    }
}

impl Password {
    fn text(self) -> &'static str {
        match self {
            Password::Right => "right",
            Password::Other => "other",
            Password::Empty => "",
        }
    }
}

impl User {
    fn hash(self) -> Option<&'static str> {
        match self {
            User::Hash(password, form) => Some(&WORLD.hashes[password as usize][form as usize]),
            User::Corrupt => Some("$argon2id$v=19$m=9,t=1,p=1$"),
            User::TooDear => Some(
                "$pbkdf2-sha256$4294967295$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A",
            ),
            User::NoPassword | User::Disabled | User::Nobody | User::Refused => None,
        }
    }

    fn account(self) -> Option<Account> {
        match self {
            User::Nobody | User::Refused => None,
            User::Disabled => Some(Account::disabled()),
            _ => Some(Account::from(self.hash())),
        }
    }
}

impl Token {
    fn record(self) -> Option<TokenRecord> {
        let mut record = TokenRecord::new(TokenDigest::of(self.of?.text().as_bytes()));
        record.expires = self.expires.map(|expires| UnixTime::from_secs(expires.into()));
        record.revoked = self.revoked;
        record.owner_disabled = self.owner_disabled;
        Some(record)
    }
}
