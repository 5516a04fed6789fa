//! Arbitrary hosts: whatever they answer, nobody is granted whose password or token did not match.
//!
//! DESIGN §6.14: "Granted ⇒ the script held a match"; every path ends; a step can be dropped anywhere.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "bcrypt", feature = "pbkdf2"))]

use std::ops::ControlFlow;
use std::sync::LazyLock;

use doorstep::password::{Bcrypt, Hashers, Pbkdf2, Prf, Secret, Workspace};
use doorstep::{
    Account, ApiKey, Authenticator, Basic, Bearer, Outcome, Receipt, Refuse, Rehash, Replace, Step,
    TokenDigest, TokenRecord, UnixTime, Verify,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const USERS: [&str; 3] = ["alice", "bob", "Alice"];
const PASSWORDS: [&str; 4] = ["correct horse", "correct horse ", "", "пароль"];
const TOKENS: [&str; 3] = ["mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqN", "x"];
const NOW: UnixTime = UnixTime::from_secs(1_000_000);

/// What hosts have stored: the hashes of each password, and what is no hash.
struct World {
    auth: Authenticator,
    /// By password, then current, outdated and of another format.
    hashes: Vec<[String; 3]>,
    unusable: Vec<&'static str>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let make = |hashers: Hashers, password: &str| {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        hashers.hash_with_rng(password.into(), &mut rng).unwrap().run().unwrap()
    };
    let pbkdf2 = |rounds| Pbkdf2::new(Prf::Sha256, rounds).unwrap();
    let hashes = PASSWORDS.iter().map(|password| {
        [
            make(Hashers::new(pbkdf2(20)), password),
            make(Hashers::new(pbkdf2(10)), password),
            make(Hashers::new(Bcrypt::new(4).unwrap()), password),
        ]
    });
    let hashers = Hashers::new(pbkdf2(20)).accept(Bcrypt::default());
    World {
        auth: Authenticator::builder("r", hashers)
            .scheme(Basic::new())
            .scheme(Bearer::new())
            .scheme(ApiKey::in_field("x-api-key"))
            .receipts_with_key(Secret::new(&[1; 32]))
            .build()
            .unwrap(),
        hashes: hashes.collect(),
        unusable: vec![
            "",
            "correct horse",
            "$pbkdf2-sha256$20$AAAA$",
            "$pbkdf2-sha256$4294967295$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A",
            "$2x$04$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy",
        ],
    }
});

/// What a request brings.
#[derive(Clone, Debug)]
enum Sent {
    Login { user: usize, password: usize },
    Basic { user: usize, password: usize },
    Bearer(usize),
    ApiKey(usize),
    Fields(Vec<(bool, Vec<u8>)>),
}

/// What a host answers to an ask for a user.
#[derive(Clone, Debug)]
enum User {
    Hash { password: usize, form: usize },
    Unusable(usize),
    NoPassword,
    Disabled,
    Nobody,
    Refused,
}

/// What it answers to an ask for a token.
#[derive(Clone, Debug)]
struct Token {
    of: Option<usize>,
    expires: Option<u64>,
    revoked: bool,
    owner_disabled: bool,
    refused: bool,
}

/// What it does with work.
#[derive(Clone, Debug)]
enum Run {
    Whole,
    Slices(Vec<u64>),
    Together(usize),
    Refused,
    /// `skip` or `defer` of a rehash.
    Otherwise(bool),
}

#[derive(Clone, Debug)]
struct Host {
    user: User,
    token: Token,
    /// The receipts of earlier logins that it offers, by number.
    recalls: Vec<usize>,
    verify: Run,
    rehash: Run,
    replaced: Result<bool, ()>,
    /// After how many steps it loses interest.
    drop_after: Option<usize>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let pair = || (0..USERS.len(), 0..PASSWORDS.len());
    prop_oneof![
        4 => pair().prop_map(|(user, password)| Sent::Login { user, password }),
        4 => pair().prop_map(|(user, password)| Sent::Basic { user, password }),
        2 => (0..TOKENS.len()).prop_map(Sent::Bearer),
        1 => (0..TOKENS.len()).prop_map(Sent::ApiKey),
        1 => prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..4)
            .prop_map(Sent::Fields),
    ]
}

fn run() -> impl Strategy<Value = Run> {
    prop_oneof![
        4 => Just(Run::Whole),
        4 => prop::collection::vec(0..2000u64, 0..6).prop_map(Run::Slices),
        2 => (0..3usize).prop_map(Run::Together),
        1 => Just(Run::Refused),
        1 => any::<bool>().prop_map(Run::Otherwise),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    let user = prop_oneof![
        6 => (0..PASSWORDS.len(), 0..3usize).prop_map(|(password, form)| User::Hash { password, form }),
        1 => (0..5usize).prop_map(User::Unusable),
        1 => Just(User::NoPassword),
        1 => Just(User::Disabled),
        1 => Just(User::Nobody),
        1 => Just(User::Refused),
    ];
    let token = (
        prop::option::weighted(0.9, 0..TOKENS.len()),
        prop::option::of(0..2 * NOW.as_secs()),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(of, expires, revoked, owner_disabled, refused)| Token {
            of,
            expires,
            revoked,
            owner_disabled,
            refused,
        });
    let replaced = prop_oneof![Just(Ok(true)), Just(Ok(false)), Just(Err(()))];
    let recalls = prop::collection::vec(0..8usize, 0..3);
    let drop_after = prop::option::weighted(0.2, 0..5usize);
    (user, token, recalls, run(), run(), replaced, drop_after).prop_map(
        |(user, token, recalls, verify, rehash, replaced, drop_after)| Host {
            user,
            token,
            recalls,
            verify,
            rehash,
            replaced,
            drop_after,
        },
    )
}

/// Receipts with what they were given for: user-id, password, stored hash.
type Receipts = Vec<(Receipt, (String, String, String))>;

/// What the model says of a request at a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Granted,
    NotGranted,
    Dropped,
}

impl Sent {
    fn begin(&self, auth: &Authenticator) -> Step<u32> {
        match self {
            Sent::Login { user, password } => {
                auth.login(USERS[*user], Secret::from(PASSWORDS[*password]))
            }
            Sent::Basic { user, password } => {
                let pair = format!("{}:{}", USERS[*user], PASSWORDS[*password]);
                let value = format!("Basic {}", base64(pair.as_bytes()));
                auth.begin([("Authorization", value.as_bytes())])
            }
            Sent::Bearer(token) => {
                let value = format!("Bearer {}", TOKENS[*token]);
                auth.begin([("AUTHORIZATION", value.as_bytes())])
            }
            Sent::ApiKey(token) => auth.begin([("X-Api-Key", TOKENS[*token].as_bytes())]),
            Sent::Fields(fields) => auth.begin(fields.iter().map(|(key, value)| {
                (if *key { "x-api-key" } else { "authorization" }, value.as_slice())
            })),
        }
    }

    fn token(&self) -> Option<&[u8]> {
        match self {
            Sent::Bearer(token) | Sent::ApiKey(token) => Some(TOKENS[*token].as_bytes()),
            _ => None,
        }
    }

    fn password(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Sent::Login { user, password } | Sent::Basic { user, password } => {
                Some((USERS[*user], PASSWORDS[*password]))
            }
            _ => None,
        }
    }
}

impl Host {
    /// Whether the script holds a match, by what was sent and stored alone.
    fn holds_a_match(&self, sent: &Sent) -> bool {
        if let Some(token) = sent.token() {
            let Token { of, expires, revoked, owner_disabled, refused } = self.token;
            return of.is_some_and(|of| TOKENS[of].as_bytes() == token)
                && expires.is_none_or(|expires| expires > NOW.as_secs())
                && !(revoked || owner_disabled || refused);
        }
        let (Some((_, sent)), User::Hash { password, .. }) = (sent.password(), &self.user) else {
            return false;
        };
        PASSWORDS[*password] == sent
    }

    /// Drives `step`, and says whether it was granted. Ends after as many steps as DESIGN §2 allows.
    fn drive(&self, mut step: Step<u32>, sent: &Sent, receipts: &mut Receipts) -> Verdict {
        let mut workspace = Workspace::new();
        let mut stored = String::new();
        for steps in 0..6 {
            if self.drop_after == Some(steps) {
                return Verdict::Dropped;
            }
            step = match step {
                Step::FindUser(ask) => {
                    assert_eq!(sent.password().map(|(user, _)| user), Some(ask.username()));
                    match &self.user {
                        User::Hash { password, form } => {
                            stored = WORLD.hashes[*password][*form].clone();
                            ask.found(7, stored.as_str())
                        }
                        User::Unusable(index) => ask.found(7, WORLD.unusable[*index]),
                        User::NoPassword => ask.found(7, None::<&str>),
                        User::Disabled => ask.found(7, Account::disabled()),
                        User::Nobody => ask.not_found(),
                        User::Refused => ask.refuse(Refuse::Overloaded { retry_after: 1 }),
                    }
                }
                Step::FindToken(ask) => {
                    let Token { of, expires, revoked, owner_disabled, refused } = self.token;
                    match of {
                        _ if refused => ask.refuse(Refuse::Throttled { retry_after: 1 }),
                        None => ask.not_found(),
                        Some(of) => {
                            let digest = TokenDigest::of(TOKENS[of].as_bytes());
                            let mut record = TokenRecord::new(digest);
                            record.expires = expires.map(UnixTime::from_secs);
                            (record.revoked, record.owner_disabled) = (revoked, owner_disabled);
                            ask.found(7, record, NOW)
                        }
                    }
                }
                Step::Verify(work) => match self.recall(work, sent, &stored, receipts) {
                    ControlFlow::Continue(work) => self.verify(work, &mut workspace),
                    ControlFlow::Break(next) => next,
                },
                Step::Rehash(work) => self.rehash(work, &mut workspace),
                Step::Replace(ask) => {
                    self.check_replacement(&ask, sent, &stored);
                    if self.replaced == Ok(true) {
                        stored = ask.new_hash().into();
                    }
                    ask.done(self.replaced)
                }
                Step::Done(Outcome::Granted(granted)) => {
                    assert_eq!(
                        (*granted.user(), granted.username()),
                        (7, sent.password().map(|(user, _)| user))
                    );
                    if let Some(receipt) = granted.receipt() {
                        let (user, password) = sent.password().unwrap();
                        receipts.push((*receipt, (user.into(), password.into(), stored)));
                    }
                    return Verdict::Granted;
                }
                Step::Done(_) => return Verdict::NotGranted,
            };
        }
        panic!("{self:?} does not end");
    }

    /// Offers receipts: one is taken only for what it was given for.
    fn recall(
        &self,
        mut work: Verify<u32>,
        sent: &Sent,
        stored: &str,
        receipts: &Receipts,
    ) -> ControlFlow<Step<u32>, Verify<u32>> {
        for (receipt, owner) in self.recalls.iter().filter_map(|index| receipts.get(*index)) {
            match work.recall(receipt) {
                ControlFlow::Continue(rest) => work = rest,
                ControlFlow::Break(next) => {
                    let (user, password) = sent.password().unwrap();
                    assert_eq!(*owner, (user.into(), password.into(), stored.into()));
                    return ControlFlow::Break(next);
                }
            }
        }
        ControlFlow::Continue(work)
    }

    fn verify(&self, mut work: Verify<u32>, workspace: &mut Workspace) -> Step<u32> {
        match &self.verify {
            Run::Whole => work.run_in(workspace),
            Run::Slices(units) => {
                let mut units = units.iter().copied().chain(std::iter::repeat(500));
                loop {
                    let before = work.remaining();
                    match work.advance(units.next().unwrap(), workspace) {
                        ControlFlow::Continue(rest) => work = rest,
                        ControlFlow::Break(next) => return next,
                    }
                    assert!(work.remaining() <= before, "{} of {before} left", work.remaining());
                }
            }
            Run::Together(strangers) => {
                let mut batch: Vec<_> = (0..*strangers).map(stranger).collect();
                batch.insert(*strangers / 2, work);
                let mut next = Verify::run_together(batch, workspace);
                next.swap_remove(*strangers / 2)
            }
            Run::Refused | Run::Otherwise(_) => work.refuse(Refuse::Overloaded { retry_after: 2 }),
        }
    }

    fn rehash(&self, mut work: Rehash<u32>, workspace: &mut Workspace) -> Step<u32> {
        match &self.rehash {
            Run::Whole | Run::Together(_) => work.run_in(workspace),
            Run::Slices(units) => {
                for units in units {
                    match work.advance(*units, workspace) {
                        ControlFlow::Continue(rest) => work = rest,
                        ControlFlow::Break(next) => return next,
                    }
                }
                work.run()
            }
            Run::Refused | Run::Otherwise(true) => work.skip(),
            Run::Otherwise(false) => Step::Done(work.defer().0),
        }
    }

    /// The new hash is of the password that was sent, current, and for the hash that was found.
    fn check_replacement(&self, ask: &Replace<u32>, sent: &Sent, stored: &str) {
        assert_eq!((*ask.user(), ask.old()), (7, stored));
        let hashers = WORLD.auth.hashers();
        assert_eq!(hashers.needs_update(ask.new_hash()), Ok(false));
        let (_, password) = sent.password().unwrap();
        let verdict = hashers.verify(password.into(), ask.new_hash()).unwrap().run().unwrap();
        assert!(verdict.is_match());
    }
}

/// Work of somebody else, who gets nothing.
fn stranger(index: usize) -> Verify<u32> {
    let Step::FindUser(ask) = WORLD.auth.login("stranger", "wrong".into()) else { panic!() };
    let Step::Verify(work) = ask.found(666, WORLD.hashes[0][index % 3].as_str()) else { panic!() };
    work
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Both ways: granted if, and only if, the script held a match and the host did not refuse it.
    #[test]
    fn granted_means_that_the_script_held_a_match(
        logins in prop::collection::vec((sent(), host()), 1..6),
    ) {
        let mut receipts = Receipts::new();
        for (sent, host) in logins {
            let verdict = host.drive(sent.begin(&WORLD.auth), &sent, &mut receipts);
            let matches = host.holds_a_match(&sent);
            match verdict {
                Verdict::Dropped => {}
                Verdict::Granted => prop_assert!(matches, "granted: {sent:?} {host:?}"),
                Verdict::NotGranted => {
                    let refused = sent.token().is_none()
                        && matches!(host.verify, Run::Refused | Run::Otherwise(_));
                    prop_assert!(!matches || refused, "not granted: {sent:?} {host:?}");
                }
            }
        }
    }
}
