//! What several tests share: a cheap hasher, fields, and the way from one step to the next.

#![allow(dead_code, unreachable_pub)]

pub mod anything;

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{Hashers, Pbkdf2, Prf, TryCryptoRng, Workspace};
use doorstep::{
    Authenticator, Basic, Bearer, Builder, Denied, FindToken, FindUser, Granted, Outcome, Rehash,
    Replace, Scopes, Step, UnixTime, Verify,
};
use rand_chacha::rand_core::TryRng;

/// What lookups return here.
pub type User = u32;

pub const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// PBKDF2 with few rounds: the steps are what is tested, not the hash.
pub fn cheap(rounds: u32) -> Pbkdf2 {
    Pbkdf2::new(Prf::Sha256, rounds).unwrap()
}

/// A hash that the cheap hasher of so many rounds makes.
#[track_caller]
pub fn hash(rounds: u32, password: &[u8]) -> String {
    Hashers::new(cheap(rounds)).hash(password.into()).unwrap().run().unwrap()
}

/// With the cheap hasher, and no scheme yet.
pub fn builder() -> Builder {
    builder_of(Hashers::new(cheap(2)))
}

/// With these hashers, and no scheme yet.
pub fn builder_of(hashers: Hashers) -> Builder {
    Authenticator::builder("example", hashers)
}

/// Reads Basic, Bearer and Token, in this order.
pub fn three_schemes() -> Authenticator {
    let builder = builder().scheme(Basic::new()).scheme(Bearer::new());
    builder.scheme(Bearer::named("Token")).build().unwrap()
}

/// The value of a field with Basic credentials, whatever they hold.
pub fn basic(user_pass: impl AsRef<[u8]>) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(user_pass)).into_bytes()
}

pub fn from_base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// What follows on a step where everybody is this user with this hash: work is done by a piece.
pub fn next_step<U>(
    step: Step<U>,
    user: U,
    stored: Option<&str>,
    workspace: &mut Workspace,
) -> Step<U> {
    match step {
        Step::FindUser(ask) => ask.found(user, stored),
        Step::FindToken(ask) => ask.not_found(),
        Step::Verify(work) => match work.advance(200, workspace) {
            ControlFlow::Continue(work) => Step::Verify(work),
            ControlFlow::Break(next) => next,
        },
        Step::Rehash(work) => match work.advance(1, workspace) {
            ControlFlow::Continue(work) => Step::Rehash(work),
            ControlFlow::Break(next) => next,
        },
        Step::Replace(ask) => ask.done(Ok::<_, ()>(true)),
        done @ Step::Done(_) => done,
    }
}

/// Begins with these fields.
pub fn begin(auth: &Authenticator, fields: &[(&str, &[u8])]) -> Step<User> {
    auth.begin(fields.iter().copied())
}

/// Begins with this value of `Authorization`.
pub fn authorization(auth: &Authenticator, value: impl AsRef<[u8]>) -> Step<User> {
    begin(auth, &[("authorization", value.as_ref())])
}

#[track_caller]
pub fn to_find_user(step: Step<User>) -> FindUser<User> {
    let Step::FindUser(ask) = step else { panic!("{step:?}") };
    ask
}

#[track_caller]
pub fn to_find_token(step: Step<User>) -> FindToken<User> {
    let Step::FindToken(ask) = step else { panic!("{step:?}") };
    ask
}

#[track_caller]
pub fn to_verify(step: Step<User>) -> Verify<User> {
    let Step::Verify(work) = step else { panic!("{step:?}") };
    work
}

#[track_caller]
pub fn to_rehash(step: Step<User>) -> Rehash<User> {
    let Step::Rehash(work) = step else { panic!("{step:?}") };
    work
}

#[track_caller]
pub fn to_replace(step: Step<User>) -> Replace<User> {
    let Step::Replace(ask) = step else { panic!("{step:?}") };
    ask
}

#[track_caller]
pub fn to_outcome(step: Step<User>) -> Outcome<User> {
    let Step::Done(outcome) = step else { panic!("{step:?}") };
    outcome
}

#[track_caller]
pub fn to_granted(step: Step<User>) -> Granted<User> {
    let Step::Done(Outcome::Granted(granted)) = step else { panic!("{step:?}") };
    granted
}

#[track_caller]
pub fn to_denied(step: Step<User>) -> Denied {
    let Step::Done(Outcome::Denied(denied)) = step else { panic!("{step:?}") };
    denied
}

pub fn is_anonymous(step: &Step<User>) -> bool {
    matches!(step, Step::Done(Outcome::Anonymous(_)))
}

/// What is sent to the client, line by line, for a resource that asks for `scopes`.
#[track_caller]
pub fn refusal(step: Step<User>, scopes: &str) -> String {
    let refusal = to_outcome(step).require(&Scopes::parse(scopes).unwrap()).unwrap_err();
    let lines = refusal.fields().map(|(name, value)| format!("\n{name}: {value}"));
    format!("{}{}", refusal.status(), lines.collect::<String>())
}

/// Has no entropy to give.
pub struct Empty;

impl TryRng for Empty {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, std::fmt::Error> {
        Err(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, std::fmt::Error> {
        Err(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

impl TryCryptoRng for Empty {}
