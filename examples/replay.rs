//! Host: any, on the day when somebody says "I cannot log in". It keeps a transcript of what it answered
//! to each step, and plays it to the same outcome again, without the password.
//!
//! What a transcript holds, and what it does not:
//!
//! - whether there was an account, and a usable one, and the algorithm and parameters of its hash. No
//!   salt and no digest: who has those guesses at leisure;
//! - the verdict, in place of the password and the hash that it came from;
//! - a pseudonym in place of the user-id, under a key of the host's: people type passwords into that
//!   field, too. Who asks about a user makes the pseudonym again and searches for it;
//! - no header field. What the request alone decided is its cause, which names a place and holds nothing;
//!   so it is with tokens, whose cause (expired, revoked, unknown) says it all.
//!
//! The replay's account has a hash of its own, of a password that everybody knows, and the verdict decides
//! whether that one is sent: nothing in the machine had to be opened for it.
//!
//! ```text
//! cargo run --example replay
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::mem::discriminant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{Argon2, Bcrypt, Hashers, Pbkdf2, Prf, Secret};
use doorstep::{Account, Authenticator, Basic, FindUser, InvalidConfig, Outcome, Scopes, Step};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// One for both, so that the replay has the host's schemes and realm.
fn authenticator(hashers: Hashers) -> Result<Authenticator, InvalidConfig> {
    Authenticator::builder("the cave", hashers).scheme(Basic::new()).build()
}

/// Who answers: the host, which takes notes, or its notes.
trait Answers {
    fn account(&mut self, ask: &FindUser<()>) -> Option<Account>;
    fn verified(&mut self, _next: &Step<()>) {}
}

fn decide(auth: &Authenticator, authorization: &str, host: &mut impl Answers) -> Outcome<()> {
    let mut step = auth.begin([("authorization", authorization.as_bytes())]);
    loop {
        step = match step {
            Step::FindUser(ask) => match host.account(&ask) {
                Some(account) => ask.found((), account),
                None => ask.not_found(),
            },
            Step::FindToken(ask) => ask.not_found(),
            Step::Verify(work) => {
                let next = work.run();
                host.verified(&next);
                next
            }
            Step::Rehash(work) => work.skip(),
            Step::Replace(ask) => ask.done(Err(())),
            Step::Done(outcome) => return outcome,
        };
    }
}

/// The host, taking notes: `verdict: outdated`.
struct Recorder<'a> {
    users: &'a HashMap<&'static str, (Option<String>, bool)>,
    hashers: &'a Hashers,
    transcript: String,
}

impl Recorder<'_> {
    fn note(&mut self, what: &str, seen: &str) {
        self.transcript.extend([what, ": ", seen, "\n"]);
    }

    /// The algorithm and its parameters, or why the hash is not looked at.
    fn describe(&self, hash: Option<&str>) -> String {
        let Some(hash) = hash else { return "none".into() };
        match self.hashers.inspect(hash) {
            Err(refused) => format!("refused: {refused}"),
            Ok(stored) => {
                let parameters = stored.parameters().into_iter();
                let pairs = parameters.map(|one| format!(" {}={}", one.name, one.value));
                stored.name().to_owned() + &pairs.collect::<String>()
            }
        }
    }
}

impl Answers for Recorder<'_> {
    fn account(&mut self, ask: &FindUser<()>) -> Option<Account> {
        self.note("user", &pseudonym(ask.username()));
        let (hash, disabled) = self.users.get(ask.username())?;
        self.note("account", if *disabled { "disabled" } else { "active" });
        self.note("hash", &self.describe(hash.as_deref()));
        Some(if *disabled { Account::disabled() } else { Account::from(hash.clone()) })
    }

    fn verified(&mut self, next: &Step<()>) {
        let verdict = match next {
            Step::Rehash(_) => "outdated",
            Step::Done(Outcome::Granted(_)) => "match",
            _ => "mismatch", // by force, if nobody may use the account
        };
        self.note("verdict", verdict);
    }
}

fn pseudonym(username: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(b"a key from the host's configuration");
    let mac = mac.map(|mac| mac.chain_update(username).finalize().into_bytes());
    mac.map_or_else(|_| "?".into(), |mac| STANDARD.encode(&mac[..9]))
}

/// The notes, answering. The account's password is "right".
struct Replay<'a> {
    transcript: &'a str,
    right: String,
}

impl Answers for Replay<'_> {
    fn account(&mut self, _: &FindUser<()>) -> Option<Account> {
        let hash = match see(self.transcript, "hash") {
            None | Some("none") => None,
            Some(refused) if refused.starts_with("refused") => Some("refused"),
            Some(_) => Some(&*self.right),
        };
        match see(self.transcript, "account")? {
            "disabled" => Some(Account::disabled()),
            _ => Some(Account::from(hash)),
        }
    }
}

fn see<'a>(transcript: &'a str, what: &str) -> Option<&'a str> {
    transcript.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))
}

/// `None` if nothing was asked of the host: then the cause says all there is to say.
fn replay(transcript: &str) -> Result<Option<Outcome<()>>, Box<dyn Error>> {
    let Some(user) = see(transcript, "user") else { return Ok(None) };
    // Of one round and of two: cheap, and the first is outdated.
    let (old, new) = (Pbkdf2::new(Prf::Sha256, 1)?, Pbkdf2::new(Prf::Sha256, 2)?);
    let (by, password) = match see(transcript, "verdict") {
        Some("match") => (new, "right"),
        Some("outdated") => (old, "right"),
        _ => (new, "wrong"),
    };
    let right = Hashers::new(by).hash(Secret::from("right"))?.run()?;
    let authorization = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let auth = authenticator(Hashers::new(new))?;
    Ok(Some(decide(&auth, &authorization, &mut Replay { transcript, right })))
}

fn main() -> Result<(), Box<dyn Error>> {
    let auth = authenticator(Hashers::new(Argon2::default()).accept(Bcrypt::default()))?;
    let hash = Hashers::new(Bcrypt::new(8)?).hash(Secret::from("open sesame"))?.run()?;
    let users = HashMap::from([
        ("Aladdin", (Some(hash.clone()), false)),
        ("Morgiana", (Some(hash.clone()), true)),
        ("Ali Baba", (None, false)),
        ("Cassim", (Some("$1$salt$qJH7.N4xYta3aEG/dfqo/0".into()), false)),
    ]);
    for (user_pass, is_granted) in [
        ("Aladdin:open sesame", true),
        ("Aladdin:open barley", false),
        ("Morgiana:open sesame", false),
        ("Ali Baba:open sesame", false),
        ("Cassim:open sesame", false),
        ("open sesame:Aladdin", false), // in the wrong fields
        ("Aladdin open sesame", false), // in one
    ] {
        let authorization = format!("Basic {}", STANDARD.encode(user_pass));
        let hashers = auth.hashers();
        let mut host = Recorder { users: &users, hashers, transcript: String::new() };
        let outcome = decide(&auth, &authorization, &mut host);
        if let Outcome::Denied(denied) = &outcome {
            host.note("cause", &denied.cause().to_string());
        }
        println!("{}", host.transcript);
        assert_eq!(matches!(outcome, Outcome::Granted(_)), is_granted);
        for secret in
            ["sesame", "barley", "Aladdin", &authorization[6..], &hash[7..29], &hash[29..]]
        {
            assert!(!host.transcript.contains(secret), "the transcript holds {secret:?}");
        }
        match replay(&host.transcript)? {
            Some(again) => assert_eq!(seen(again), seen(outcome), "it was not replayed"),
            None => assert!(host.transcript.starts_with("cause: ")),
        }
    }
    Ok(())
}

/// What the client and the log see of an outcome.
fn seen(outcome: Outcome<()>) -> impl PartialEq + std::fmt::Debug {
    let cause = match &outcome {
        Outcome::Denied(denied) => Some(discriminant(&denied.cause())),
        _ => None,
    };
    (cause, outcome.require(&Scopes::NONE_ASKED).map(|granted| granted.scopes().clone()))
}
