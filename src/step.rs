//! Every step, and every way from one to the next. Does no I/O; hashes when it is told to.
//!
//! # The steps
//!
//! - [`FindUser`]: entered with a user-id and a password or proof. Answered with the user and the
//!   account, with nobody, or refused. Dropped: the request is abandoned and the password wiped.
//! - [`FindToken`]: entered with a token's digest. Answered with the user and the token's record,
//!   with nobody, or refused. Dropped: the request is abandoned.
//! - [`Verify`]: entered when the account was looked up, whatever came of it. Answered by running it,
//!   in one piece or several, or refused. Dropped, also half-way: what it computed is wiped.
//! - [`Rehash`]: entered after a match with an outdated hash, if the preferred hasher takes the
//!   password. Answered by running, skipping or deferring it. Dropped: the request is abandoned,
//!   though the password was right.
//! - [`Replace`]: entered with the new hash. Answered with what the store said, which grants whatever
//!   it was. Dropped: as `Rehash`.
//! - [`Done`](Step::Done): the [`Outcome`].
//!
//! # The transitions
//!
//! ```text
//! FindUser   found      Verify
//! FindUser   found      Granted     (a proof that fits)
//! FindUser   found      Denied      (a proof that does not)
//! FindUser   not_found  Verify      (the same work, a forced mismatch)
//! FindUser   not_found  Denied      (a proof)
//! FindUser   refuse     Denied
//! FindToken  found      Granted
//! FindToken  found      Denied      (expired, revoked, of a disabled owner, another token)
//! FindToken  not_found  Denied
//! FindToken  refuse     Denied
//! Verify     run        Granted
//! Verify     run        Rehash      (a match, outdated)
//! Verify     run        Denied      (a mismatch, forced or not, or no memory)
//! Verify     recall     Granted     (a receipt that fits)
//! Verify     recall     Verify      (any other)
//! Verify     refuse     Denied
//! Rehash     run        Replace
//! Rehash     run        Granted     (no entropy, no memory)
//! Rehash     skip       Granted
//! Rehash     defer      Granted     (and an Upgrade)
//! Rehash     grant_now  Granted     (and the step itself)
//! Replace    done       Granted
//! ```
//!
//! `run` stands for `run`, `run_in`, `advance` to its end and `run_together`. A test drives every
//! answer in every state, one request and two at once, and compares what it sees with this table.
//!
//! # What the compiler refuses
//!
//! A step is used up by its answer:
//!
//! ```compile_fail,E0382
//! # fn host(ask: doorstep::FindUser<u32>) {
//! let first = ask.not_found();
//! let second = ask.not_found();
//! # }
//! ```
//!
//! And there is no user before the verdict:
//!
//! ```compile_fail,E0599
//! # fn host(work: doorstep::Verify<u32>) {
//! let user: &u32 = work.user();
//! # }
//! ```
//!
//! Where the verdict has been spoken, there is:
//!
//! ```
//! # fn host(ask: doorstep::FindUser<u32>, replace: doorstep::Replace<u32>) {
//! let first = ask.not_found();
//! let user: &u32 = replace.user();
//! # }
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use core::ops::ControlFlow;

use doorstep_password::{
    Check, Company, Cost, Encoder, Goal, OutOfMemory, Salt, Secret, TryCryptoRng, Verdict, Work,
    Workspace,
};

use crate::account::Account;
use crate::config::Request;
use crate::credentials::Credentials;
use crate::outcome::{Cause, Denied, Granted, Outcome, Refuse};
use crate::receipt::Receipt;
use crate::scheme::{self, Proof};
use crate::scopes::Scopes;
use crate::time::UnixTime;
use crate::token::{TokenDigest, TokenRecord};

/// What is to be done next. `U` is what the host's lookups return.
///
/// Exhaustive on purpose: a new kind of step would be a new duty of every host.
#[must_use = "an authentication makes progress only when its step is answered"]
pub enum Step<U> {
    /// I/O: who has this user-id?
    FindUser(FindUser<U>),
    /// I/O: who holds this token?
    FindToken(FindToken<U>),
    /// CPU: does the password match?
    Verify(Verify<U>),
    /// CPU, optional: the stored hash is outdated.
    Rehash(Rehash<U>),
    /// I/O: put the new hash where the old one still is.
    Replace(Replace<U>),
    /// It is decided.
    Done(Outcome<U>),
}

fn granted<U>(granted: Granted<U>) -> Step<U> {
    Step::Done(Outcome::Granted(granted))
}

pub(crate) fn denied<U>(request: Request, cause: Cause, username: Option<String>) -> Step<U> {
    Step::Done(Outcome::Denied(Denied { request, cause, username }))
}

/// Who has this user-id?
///
/// ```
/// use doorstep::{Account, FindUser, Scopes, Step};
///
/// struct Row {
///     id: u64,
///     hash: Option<String>,
///     disabled: bool,
///     scopes: Scopes,
/// }
///
/// fn answer(ask: FindUser<u64>, row: Option<Row>) -> Step<u64> {
///     match row {
///         None => ask.not_found(),
///         Some(row) if row.disabled => ask.found(row.id, Account::disabled()),
///         Some(row) => ask.found(row.id, Account::from(row.hash).with_scopes(row.scopes)),
///     }
/// }
/// ```
pub struct FindUser<U> {
    request: Request,
    claim: UserClaim,
    user: PhantomData<fn() -> U>,
}

pub(crate) enum UserClaim {
    Password(Credentials),
    Proof(Box<dyn Proof>),
}

impl<U> FindUser<U> {
    pub(crate) fn new(request: Request, claim: UserClaim) -> Self {
        Self { request, claim, user: PhantomData }
    }

    /// The name of the scheme, or `"login"`.
    pub fn scheme(&self) -> &str {
        self.request.scheme()
    }

    /// The user-id to look up, byte for byte: a lookup that folds case or trims would let one user in
    /// as another.
    pub fn username(&self) -> &str {
        match &self.claim {
            UserClaim::Password(credentials) => credentials.username(),
            UserClaim::Proof(proof) => proof.username(),
        }
    }

    /// The proof, if it is a `P`: for schemes whose credentials are judged elsewhere, by a directory's
    /// bind say. The look-up asks there and leaves in the proof what it was told, or fails if there is
    /// nobody to ask.
    ///
    /// ```
    /// use std::sync::OnceLock;
    ///
    /// use doorstep::scheme::Check;
    /// use doorstep::{Credentials, FindUser, Proof, Step};
    ///
    /// /// Credentials, and the entry that the directory took them for.
    /// struct Bind(Credentials, OnceLock<String>);
    ///
    /// impl Proof for Bind {
    ///     fn username(&self) -> &str {
    ///         self.0.username()
    ///     }
    ///
    ///     fn check(self: Box<Self>, stored: Option<&str>) -> Check {
    ///         let bound = self.1.get().map(String::as_str);
    ///         if bound.is_some() && bound == stored { Check::Match } else { Check::Mismatch }
    ///     }
    /// }
    /// # struct Directory;
    /// # impl Directory {
    /// #     fn entry(&self, _: &str) -> std::io::Result<Option<String>> { Ok(None) }
    /// #     fn bind(&self, _: &str, _: &[u8]) -> std::io::Result<bool> { Ok(true) }
    /// # }
    ///
    /// fn answer(ask: FindUser<u64>, directory: &Directory) -> std::io::Result<Step<u64>> {
    ///     let entry = directory.entry(ask.username())?;
    ///     let name = entry.as_deref().unwrap_or("cn=nobody"); // the same work
    ///     if let Some(Bind(credentials, bound)) = ask.proof()
    ///         && directory.bind(name, credentials.password())?
    ///     {
    ///         let _ = bound.set(name.into());
    ///     }
    ///     Ok(match entry {
    ///         Some(entry) => ask.found(1, entry),
    ///         None => ask.not_found(),
    ///     })
    /// }
    /// ```
    pub fn proof<P: Proof>(&self) -> Option<&P> {
        let UserClaim::Proof(proof) = &self.claim else { return None };
        let proof: &dyn Any = &**proof;
        proof.downcast_ref()
    }

    /// This user has it. What speaks against the account is found out after the work, not before.
    ///
    /// `account` is the stored hash, `None` if there is none, or an [`Account`] that knows more. The
    /// hash must be of the same row as the user.
    pub fn found(self, user: U, account: impl Into<Account>) -> Step<U> {
        self.looked_up(Some((user, account.into())))
    }

    /// Nobody has it: the same work as a wrong password, and the same answer.
    pub fn not_found(self) -> Step<U> {
        self.looked_up(None)
    }

    /// Denies at once, without the work. It is for throttling and overload: its time shows. Used for
    /// what an account is, it would tell which names exist.
    pub fn refuse(self, why: Refuse) -> Step<U> {
        let username = match self.claim {
            UserClaim::Password(credentials) => credentials.into_username(),
            UserClaim::Proof(proof) => proof.username().into(),
        };
        denied(self.request, Cause::Refused(why), Some(username))
    }

    fn looked_up(self, found: Option<(U, Account)>) -> Step<U> {
        let (user, account) = found.unzip();
        match self.claim {
            UserClaim::Password(credentials) => verify(self.request, credentials, user, account),
            UserClaim::Proof(proof) => check(self.request, proof, user, account),
        }
    }
}

/// Enters [`Verify`], with the stored hash or with a decoy of the same work.
fn verify<U>(
    request: Request,
    credentials: Credentials,
    user: Option<U>,
    account: Option<Account>,
) -> Step<U> {
    let hashers = &request.config.hashers;
    let (disabled, scopes, hash) = match account {
        Some(account) => (account.disabled, account.scopes, account.hash.ok_or(Cause::NoPassword)),
        None => (false, Scopes::default(), Err(Cause::UnknownUser)),
    };
    // For everybody: to choose it takes its time, and unknown names must not be the only ones to wait.
    let decoy = hashers.decoy(credentials.username());
    let planned = hash.and_then(|hash| {
        let plan = hashers.plan(&hash, credentials.password()).map_err(Cause::UnusableHash)?;
        Ok((plan, hash))
    });
    let (plan, hash, mut cause) = match planned {
        Ok((plan, hash)) => (plan, hash, Cause::Mismatch),
        // Its hash is kept as an account's would be, and freed when that would be.
        Err(cause) => (decoy.plan(credentials.password()), decoy.stored().into(), cause),
    };
    let mut user = user;
    if disabled {
        // `Account::disabled` brings no hash, so that the work is a decoy's. Nobody is to be granted.
        (user, cause) = (None, Cause::AccountDisabled);
    }
    let work = plan
        .work(|check| Box::new(Judge { request, credentials, user, scopes, hash, check, cause }));
    Step::Verify(Verify { work })
}

/// Checks a proof, which is quick: there is no step in between.
fn check<U>(
    request: Request,
    proof: Box<dyn Proof>,
    user: Option<U>,
    account: Option<Account>,
) -> Step<U> {
    let username = Some(String::from(proof.username()));
    let known = account.is_some();
    let Account { hash, disabled, scopes } = account.unwrap_or_default();
    let cause = match (proof.check(hash.as_deref()), user) {
        (scheme::Check::Match, Some(user)) if !disabled && hash.is_some() => {
            return granted(Granted { request, user, username, scopes, receipt: None });
        }
        _ if !known => Cause::UnknownUser,
        _ if disabled => Cause::AccountDisabled,
        _ if hash.is_none() => Cause::NoPassword,
        (scheme::Check::Stale, _) => Cause::Stale,
        _ => Cause::Mismatch,
    };
    denied(request, cause, username)
}

/// Who holds this token?
///
/// ```
/// use doorstep::{FindToken, Step, TokenDigest, TokenRecord, UnixTime};
///
/// struct Row {
///     user: u64,
///     digest: [u8; 32],
///     expires: u64,
///     revoked: bool,
/// }
///
/// fn answer(ask: FindToken<u64>, row: Option<Row>, now: UnixTime) -> Step<u64> {
///     let Some(row) = row else { return ask.not_found() };
///     // The digest of the row: it is compared with the one that was asked for.
///     let mut token = TokenRecord::new(TokenDigest::from_bytes(row.digest));
///     token.expires = Some(UnixTime::from_secs(row.expires));
///     token.revoked = row.revoked;
///     ask.found(row.user, token, now)
/// }
/// ```
pub struct FindToken<U> {
    request: Request,
    digest: TokenDigest,
    token: Option<Secret>,
    user: PhantomData<fn() -> U>,
}

impl<U> FindToken<U> {
    pub(crate) fn new(request: Request, digest: TokenDigest, token: Option<Secret>) -> Self {
        Self { request, digest, token, user: PhantomData }
    }

    /// The name of the scheme.
    pub fn scheme(&self) -> &str {
        self.request.scheme()
    }

    /// The digest to look up.
    pub fn digest(&self) -> &TokenDigest {
        &self.digest
    }

    /// The token itself, if the scheme keeps it ([`Bearer::keep_token`](crate::Bearer::keep_token)).
    pub fn token(&self) -> Option<&[u8]> {
        self.token.as_ref().map(Secret::expose)
    }

    /// This user holds it, and this is its record, all of it as it was stored. With a digest that is
    /// copied from the ask instead, whatever the lookup found would be granted.
    ///
    /// A token is good until, and not at, the second in which it expires.
    pub fn found(self, user: U, token: TokenRecord, now: UnixTime) -> Step<U> {
        let cause = if token.digest != self.digest {
            Cause::AnotherToken
        } else if token.revoked {
            Cause::TokenRevoked
        } else if token.expires.is_some_and(|expires| expires <= now) {
            Cause::TokenExpired
        } else if token.owner_disabled {
            Cause::AccountDisabled
        } else {
            let (request, scopes) = (self.request, token.scopes);
            return granted(Granted { request, user, username: None, scopes, receipt: None });
        };
        denied(self.request, cause, None)
    }

    /// Nobody holds it.
    pub fn not_found(self) -> Step<U> {
        denied(self.request, Cause::UnknownToken, None)
    }

    /// Denies at once. It is for throttling and overload.
    pub fn refuse(self, why: Refuse) -> Step<U> {
        denied(self.request, Cause::Refused(why), None)
    }
}

/// Does the password match?
///
/// It is work: run it here, on any thread, in slices, or several together, or refuse it by its price.
///
/// ```
/// use core::ops::ControlFlow;
/// use doorstep::password::Workspace;
/// use doorstep::{Refuse, Step, Verify};
///
/// fn answer(mut work: Verify<u64>, free_kib: u64, workspace: &mut Workspace) -> Step<u64> {
///     if work.cost().memory_kib > free_kib {
///         return work.refuse(Refuse::Overloaded { retry_after: 1 });
///     }
///     loop {
///         // A piece of about a millisecond, then whatever else this thread has to do.
///         match work.advance(1000, workspace) {
///             ControlFlow::Continue(rest) => work = rest,
///             ControlFlow::Break(next) => return next,
///         }
///     }
/// }
/// ```
pub struct Verify<U> {
    work: Work<Box<Judge<U>>>,
}

struct Judge<U> {
    request: Request,
    credentials: Credentials,
    /// Nobody, if nobody is to be granted, whatever the verdict.
    user: Option<U>,
    scopes: Scopes,
    hash: String,
    check: Check,
    /// Why it will have been denied, if it will.
    cause: Cause,
}

impl<U> Verify<U> {
    /// What all of it costs, as known before any of it is done.
    pub fn cost(&self) -> Cost {
        self.work.cost()
    }

    /// With which others it gains by [`run_together`](Self::run_together), if with any: those of which
    /// this is equal.
    pub fn company(&self) -> Option<Company> {
        self.work.company()
    }

    /// How many units are left.
    pub fn remaining(&self) -> u64 {
        self.work.remaining()
    }

    /// Does all of it, here and now, in fresh memory.
    pub fn run(self) -> Step<U> {
        self.work.run()
    }

    /// Does all of it, here and now, in the memory of `workspace`.
    pub fn run_in(self, workspace: &mut Workspace) -> Step<U> {
        self.work.run_in(workspace)
    }

    /// Does a piece of about `units`, and gives back the rest or the next step.
    pub fn advance(self, units: u64, workspace: &mut Workspace) -> ControlFlow<Step<U>, Self> {
        self.work.advance(units, workspace).map_continue(|work| Self { work })
    }

    /// Does several at once on this core; the next steps come back in the batch's order. They may be
    /// of different requests, users and algorithms: [`Work::run_together`].
    pub fn run_together(batch: Vec<Self>, workspace: &mut Workspace) -> Vec<Step<U>> {
        Work::run_together(batch.into_iter().map(|verify| verify.work).collect(), workspace)
    }

    /// Skips the work if `receipt` is for this user-id, this password and this stored hash: `Break`
    /// with the grant, or `Continue` with the work still to be done. [`Receipt`] has an example.
    ///
    /// Never for an account that is not to be granted, nor for an outdated hash.
    pub fn recall(self, receipt: &Receipt) -> ControlFlow<Step<U>, Self> {
        let judge = self.work.goal();
        let worthless = judge.check.is_forced() || judge.check.is_outdated();
        if worthless || judge.user.is_none() || judge.receipt().as_ref() != Some(receipt) {
            return ControlFlow::Continue(self);
        }
        ControlFlow::Break(self.work.abandon().judged(Verdict::Match, Some(*receipt)))
    }

    /// Denies at once. It is for throttling and overload: its time shows.
    pub fn refuse(self, why: Refuse) -> Step<U> {
        let judge = *self.work.abandon();
        let username = judge.credentials.into_username();
        denied(judge.request, Cause::Refused(why), Some(username))
    }
}

impl<U> Goal for Judge<U> {
    type Output = Step<U>;

    fn password(&self) -> &[u8] {
        self.credentials.password()
    }

    fn conclude(mut self, key: Result<&[u8], OutOfMemory>) -> Step<U> {
        let verdict = match key {
            Ok(key) => self.check.verdict(key),
            Err(error) => {
                self.cause = Cause::OutOfMemory(error);
                Verdict::Mismatch
            }
        };
        let receipt = if verdict == Verdict::Match { self.receipt() } else { None };
        self.judged(verdict, receipt)
    }
}

impl<U> Judge<U> {
    fn judged(self, verdict: Verdict, receipt: Option<Receipt>) -> Step<U> {
        let user = match self.user {
            Some(user) if verdict.is_match() => user,
            _ => {
                let username = self.credentials.into_username();
                return denied(self.request, self.cause, Some(username));
            }
        };
        let (request, scopes) = (self.request, self.scopes);
        if verdict == Verdict::Outdated {
            return Rehash::enter(request, user, scopes, self.credentials, self.hash);
        }
        let username = Some(self.credentials.into_username());
        granted(Granted { request, user, username, scopes, receipt })
    }

    fn receipt(&self) -> Option<Receipt> {
        receipt(&self.request, &self.credentials, &self.hash)
    }
}

fn receipt(request: &Request, credentials: &Credentials, hash: &str) -> Option<Receipt> {
    let key = request.config.receipts.as_ref()?;
    Some(key.receipt(credentials.username(), credentials.password(), hash))
}

/// The stored hash is outdated: make a new one, or do not. The password was right.
///
/// ```
/// use doorstep::{Rehash, Step, Upgrade};
///
/// /// Answers now, and hashes when there is time. A full queue leaves it to the next login.
/// fn answer(work: Rehash<u64>, queue: &mut Vec<Upgrade>) -> Step<u64> {
///     let (outcome, upgrade) = work.defer();
///     if queue.len() < 16 {
///         queue.push(upgrade);
///     }
///     Step::Done(outcome)
/// }
/// ```
pub struct Rehash<U> {
    work: Work<Box<Renew<U>>>,
}

struct Renew<U> {
    user: U,
    scopes: Scopes,
    remake: Remake,
}

/// A new hash in the making.
struct Remake {
    request: Request,
    credentials: Credentials,
    /// What is hashed instead of the password as it was sent, if that is to be spelt otherwise.
    normalized: Option<Secret>,
    old: String,
    encoder: Encoder,
    /// Whether the derivation has its salt. Without one, nothing is made.
    salted: bool,
}

impl<U> Rehash<U> {
    fn enter(
        request: Request,
        user: U,
        scopes: Scopes,
        credentials: Credentials,
        old: String,
    ) -> Step<U> {
        if request.config.hashers.can_hash(credentials.password()).is_err() {
            let username = Some(credentials.into_username());
            return granted(Granted { request, user, username, scopes, receipt: None });
        }
        let remake = Remake::new(request, credentials, old, system_salt());
        Step::Rehash(Self { work: Renew { user, scopes, remake }.into_work() })
    }

    /// What all of it costs, as known before any of it is done.
    pub fn cost(&self) -> Cost {
        self.work.cost()
    }

    /// How many units are left.
    pub fn remaining(&self) -> u64 {
        self.work.remaining()
    }

    /// Takes the salt from the host's generator. Without the feature `getrandom` this comes first, or
    /// no new hash is made.
    pub fn with_rng(self, rng: &mut impl TryCryptoRng) -> Self {
        let Renew { user, scopes, remake } = *self.work.abandon();
        let remake = remake.salted_with(Salt::from_rng(rng));
        Self { work: Renew { user, scopes, remake }.into_work() }
    }

    /// Does all of it, here and now, in fresh memory. Without entropy or memory it grants, and leaves
    /// the stored hash as it is.
    pub fn run(self) -> Step<U> {
        self.run_in(&mut Workspace::new())
    }

    /// Does all of it, here and now, in the memory of `workspace`.
    pub fn run_in(self, workspace: &mut Workspace) -> Step<U> {
        if self.work.goal().remake.salted { self.work.run_in(workspace) } else { self.skip() }
    }

    /// Does a piece of about `units`, and gives back the rest or the next step.
    pub fn advance(self, units: u64, workspace: &mut Workspace) -> ControlFlow<Step<U>, Self> {
        if self.work.goal().remake.salted {
            self.work.advance(units, workspace).map_continue(|work| Self { work })
        } else {
            ControlFlow::Break(self.skip())
        }
    }

    /// Grants and leaves the stored hash as it is, until the next login.
    pub fn skip(self) -> Step<U> {
        let Renew { user, scopes, remake } = *self.work.abandon();
        let Remake { request, credentials, .. } = remake;
        let username = Some(credentials.into_username());
        granted(Granted { request, user, username, scopes, receipt: None })
    }

    /// Grants now, and hands back the work to be done after the response.
    ///
    /// The [`Upgrade`] holds the password: bound the queue that it waits in. What was begun is begun
    /// anew.
    pub fn defer(self) -> (Outcome<U>, Upgrade) {
        let Renew { user, scopes, remake } = *self.work.abandon();
        let request = remake.request.clone();
        let username = Some(String::from(remake.credentials.username()));
        let granted = Granted { request, user, username, scopes, receipt: None };
        (Outcome::Granted(granted), Upgrade { work: remake.into_work() })
    }
}

impl<U: Clone> Rehash<U> {
    /// Grants now, and hands back the step itself, to go on with after the response: for hosts whose
    /// stores answer [`Replace`], where [`defer`](Self::defer) names the user by its user-id alone.
    ///
    /// The step holds the password: bound the queue that it waits in.
    pub fn grant_now(self) -> (Outcome<U>, Self) {
        let Renew { user, scopes, remake } = &**self.work.goal();
        let granted = Granted {
            request: remake.request.clone(),
            user: user.clone(),
            username: Some(remake.credentials.username().into()),
            scopes: scopes.clone(),
            receipt: None,
        };
        (Outcome::Granted(granted), self)
    }
}

impl<U> Renew<U> {
    fn into_work(self) -> Work<Box<Self>> {
        Work::new(self.remake.encoder.derivation().clone(), Box::new(self))
    }
}

impl<U> Goal for Renew<U> {
    type Output = Step<U>;

    fn password(&self) -> &[u8] {
        self.remake.password()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Step<U> {
        let Self { user, scopes, remake } = self;
        let request = remake.request.clone();
        let made = key.ok().map(|key| remake.encoder.encode(key));
        let receipt = made.as_ref().and_then(|new| receipt(&request, &remake.credentials, new));
        let username = Some(remake.credentials.into_username());
        let grant = Granted { request, user, username, scopes, receipt: None };
        match made {
            Some(new) => {
                let change = Box::new(Change { old: remake.old, new, receipt });
                Step::Replace(Replace { grant, change })
            }
            None => granted(grant),
        }
    }
}

impl Remake {
    fn new(request: Request, credentials: Credentials, old: String, salt: Option<Salt>) -> Self {
        let hashers = &request.config.hashers;
        let encoder = hashers.encoder(&salt.unwrap_or_default());
        let normalized = hashers.normalized(credentials.password());
        Self { request, credentials, normalized, old, encoder, salted: salt.is_some() }
    }

    fn password(&self) -> &[u8] {
        match &self.normalized {
            Some(normalized) => normalized.expose(),
            None => self.credentials.password(),
        }
    }

    fn salted_with(self, salt: Option<Salt>) -> Self {
        Self::new(self.request, self.credentials, self.old, salt)
    }

    fn into_work(self) -> Work<Box<Self>> {
        Work::new(self.encoder.derivation().clone(), Box::new(self))
    }
}

impl Goal for Remake {
    type Output = Option<NewHash>;

    fn password(&self) -> &[u8] {
        self.password()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Option<NewHash> {
        let new = self.encoder.encode(key.ok()?);
        Some(NewHash { username: self.credentials.into_username(), old: self.old, new })
    }
}

/// A salt from the operating system, where there is one.
fn system_salt() -> Option<Salt> {
    #[cfg(feature = "getrandom")]
    return Salt::generate();
    #[cfg(not(feature = "getrandom"))]
    None
}

/// A new hash to be made after the response: it is `Send`, and knows nothing of the user type.
///
/// It holds the password: bound the queue that it waits in. Dropping it wipes the password and leaves
/// the old hash in place.
///
/// ```
/// use doorstep::Upgrade;
/// use doorstep::password::Workspace;
/// # fn update(_: &str, _: &str, _: &str) {}
///
/// fn later(queue: Vec<Upgrade>, workspace: &mut Workspace) {
///     for made in queue.into_iter().filter_map(|upgrade| upgrade.run_in(workspace)) {
///         // UPDATE users SET hash = $new WHERE name = $name AND hash = $old
///         update(made.username(), made.old(), made.new_hash());
///     }
/// }
/// ```
#[must_use = "an upgrade makes no hash until it is run"]
pub struct Upgrade {
    work: Work<Box<Remake>>,
}

/// What an [`Upgrade`] made: put `new` where `old` still is, and only there.
#[must_use = "a new hash is to be stored where the old one still is"]
pub struct NewHash {
    username: String,
    old: String,
    new: String,
}

impl Upgrade {
    /// Whose hash it is.
    pub fn username(&self) -> &str {
        self.work.goal().credentials.username()
    }

    /// What all of it costs, as known before any of it is done.
    pub fn cost(&self) -> Cost {
        self.work.cost()
    }

    /// How many units are left.
    pub fn remaining(&self) -> u64 {
        self.work.remaining()
    }

    /// Takes the salt from the host's generator, as [`Rehash::with_rng`] does.
    pub fn with_rng(self, rng: &mut impl TryCryptoRng) -> Self {
        let remake = self.work.abandon().salted_with(Salt::from_rng(rng));
        Self { work: remake.into_work() }
    }

    /// Does all of it, in fresh memory. `None` if there was no entropy or no memory.
    pub fn run(self) -> Option<NewHash> {
        self.run_in(&mut Workspace::new())
    }

    /// Does all of it, in the memory of `workspace`. `None` if there was no entropy or no memory.
    pub fn run_in(self, workspace: &mut Workspace) -> Option<NewHash> {
        if self.work.goal().salted { self.work.run_in(workspace) } else { None }
    }

    /// Does a piece of about `units`, and gives back the rest or what was made.
    pub fn advance(
        self,
        units: u64,
        workspace: &mut Workspace,
    ) -> ControlFlow<Option<NewHash>, Self> {
        if self.work.goal().salted {
            self.work.advance(units, workspace).map_continue(|work| Self { work })
        } else {
            ControlFlow::Break(None)
        }
    }
}

impl NewHash {
    /// Whose hash it is.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The hash that was verified. If the store holds another by now, leave that alone.
    pub fn old(&self) -> &str {
        &self.old
    }

    /// The hash to store instead.
    pub fn new_hash(&self) -> &str {
        &self.new
    }
}

/// Put the new hash where the old one still is.
///
/// ```
/// use doorstep::{Replace, Step};
/// # struct Db;
/// # impl Db {
/// #     fn execute(&self, _: &str, _: (&str, u64, &str)) -> Result<usize, std::io::Error> { Ok(1) }
/// # }
///
/// fn answer(ask: Replace<u64>, db: &Db) -> Step<u64> {
///     let sql = "UPDATE users SET hash = ? WHERE id = ? AND hash = ?";
///     let changed = db.execute(sql, (ask.new_hash(), *ask.user(), ask.old()));
///     ask.done(changed.map(|rows| rows == 1))
/// }
/// ```
pub struct Replace<U> {
    grant: Granted<U>,
    /// In a box, since every step is as large as the largest.
    change: Box<Change>,
}

struct Change {
    old: String,
    new: String,
    receipt: Option<Receipt>,
}

impl<U> Replace<U> {
    /// Whose hash it is. The password was right.
    pub fn user(&self) -> &U {
        &self.grant.user
    }

    /// The hash that was verified. If the store holds another by now, it is a newer password's: leave
    /// it alone, and answer `Ok(false)`.
    pub fn old(&self) -> &str {
        &self.change.old
    }

    /// The hash to store instead.
    pub fn new_hash(&self) -> &str {
        &self.change.new
    }

    /// Grants, whatever the store said: whether it replaced the hash, or its error. Do it in its own
    /// transaction or savepoint, or a failed statement takes the request's with it.
    pub fn done<E>(self, replaced: Result<bool, E>) -> Step<U> {
        let receipt = if matches!(replaced, Ok(true)) { self.change.receipt } else { None };
        granted(Granted { receipt, ..self.grant })
    }
}

impl<U> fmt::Debug for Step<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::FindUser(step) => step.fmt(f),
            Step::FindToken(step) => step.fmt(f),
            Step::Verify(step) => step.fmt(f),
            Step::Rehash(step) => step.fmt(f),
            Step::Replace(step) => step.fmt(f),
            Step::Done(outcome) => f.debug_tuple("Done").field(outcome).finish(),
        }
    }
}

/// Shows the scheme and the user-id, which `Debug` escapes; never a password, a token or a hash.
fn redacted(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    request: &Request,
    username: Option<&str>,
) -> fmt::Result {
    let mut shown = f.debug_struct(title);
    shown.field("scheme", request);
    if let Some(username) = username {
        shown.field("username", &username);
    }
    shown.finish_non_exhaustive()
}

impl<U> fmt::Debug for FindUser<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "FindUser", &self.request, Some(self.username()))
    }
}

impl<U> fmt::Debug for FindToken<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "FindToken", &self.request, None)
    }
}

impl<U> fmt::Debug for Verify<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judge = self.work.goal();
        redacted(f, "Verify", &judge.request, Some(judge.credentials.username()))
    }
}

impl<U> fmt::Debug for Rehash<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remake = &self.work.goal().remake;
        redacted(f, "Rehash", &remake.request, Some(remake.credentials.username()))
    }
}

impl<U> fmt::Debug for Replace<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "Replace", &self.grant.request, self.grant.username())
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "Upgrade", &self.work.goal().request, Some(self.username()))
    }
}

impl fmt::Debug for NewHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewHash").field("username", &self.username).finish_non_exhaustive()
    }
}
