//! Host: a program without operating system, C library, threads or entropy. It decides two requests,
//! one of them rightly refused, and does other things between two slices of hashing.
//!
//! The programs in `src/bin` give it a place to print to; this half does no I/O and knows no machine.
//! What to take away:
//!
//! - the header's bytes may come from anywhere: a UART, a radio, a TCP stack of one's own;
//! - a slice is as long as a turn of the main loop may be late;
//! - without entropy nothing is hashed anew: old hashes are verified, and `Rehash` is skipped. With a
//!   generator of the machine's, `Rehash::with_rng` takes it.

#![no_std]

pub mod heap;

use core::fmt::{self, Write};
use core::ops::ControlFlow;

use doorstep::password::{Hashers, Pbkdf2, Prf, Workspace};
use doorstep::{Authenticator, Basic, InvalidConfig, Outcome, Scopes, Step};

/// Units of a slice. On this project's servers that is 10 microseconds; on a microcontroller one
/// unit is as many times slower as its core is.
const SLICE: u64 = 10;
/// What new hashes would be written with. 10 000 iterations are few: a microcontroller's second, and
/// not much of an attacker's. Give it all the time that a login may take.
const ROUNDS: u32 = 10_000;

/// In flash: names, numbers, and `Hashers::hash` of "open sesame", made elsewhere.
const USERS: [(&str, u32, &str); 1] = [(
    "Aladdin",
    1,
    "$pbkdf2-sha256$10000$ZW1iZWRkZWQgZG9vcnN0ZQ$LbRqTqqvLquK9x9JjbfHnI.07nWkkf1sl0PfudaLzBI",
)];

/// RFC 7617 §2: "Aladdin:open sesame".
const RIGHT: &[u8] = b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
/// "Aladdin:open barley".
const WRONG: &[u8] = b"Basic QWxhZGRpbjpvcGVuIGJhcmxleQ==";

/// Decides both requests, and prints what became of them. `other_work` is what the machine is there
/// for: it has its turn after each slice.
///
/// Whether the right password was granted and the wrong one was not.
pub fn demonstrate(out: &mut impl Write, mut other_work: impl FnMut()) -> Result<bool, fmt::Error> {
    let Ok(auth) = authenticator() else {
        writeln!(out, "no authenticator")?;
        return Ok(false);
    };
    let mut workspace = Workspace::new();
    let mut granted = [false; 2];
    for (value, granted) in [RIGHT, WRONG].into_iter().zip(&mut granted) {
        let (outcome, slices) = decide(&auth, value, &mut workspace, &mut other_work);
        match outcome.require(&Scopes::NONE_ASKED) {
            Ok(user) => {
                *granted = true;
                writeln!(out, "granted: user {}, after {slices} slices", user.user())?;
            }
            Err(refusal) => {
                writeln!(out, "denied: status {}, after {slices} slices", refusal.status())?;
                for (name, value) in refusal.fields() {
                    writeln!(out, "  {name}: {value}")?;
                }
            }
        }
    }
    Ok(granted == [true, false])
}

fn authenticator() -> Result<Authenticator, InvalidConfig> {
    let Ok(preferred) = Pbkdf2::new(Prf::Sha256, ROUNDS) else { unreachable!("rounds above 0") };
    let hashers = Hashers::new(preferred);
    #[cfg(feature = "argon2")]
    let hashers = hashers.accept(doorstep::password::Argon2::default());
    #[cfg(feature = "bcrypt")]
    let hashers = hashers.accept(doorstep::password::Bcrypt::default());
    #[cfg(feature = "sha-crypt")]
    let hashers = hashers.accept(doorstep::password::ShaCrypt::default());
    Authenticator::builder("embedded", hashers).scheme(Basic::new()).build()
}

/// The outcome for an `Authorization` field, and in how many slices it came.
fn decide(
    auth: &Authenticator,
    value: &[u8],
    workspace: &mut Workspace,
    other_work: &mut impl FnMut(),
) -> (Outcome<u32>, u32) {
    let mut step = auth.begin([("Authorization", value)]);
    let mut slices = 0;
    let outcome = loop {
        step = match step {
            Step::FindUser(ask) => match USERS.iter().find(|(name, ..)| *name == ask.username()) {
                Some((_, user, hash)) => ask.found(*user, *hash),
                None => ask.not_found(), // the same slices as a wrong password
            },
            Step::FindToken(ask) => ask.not_found(),
            Step::Verify(work) => {
                slices += 1;
                let next = work.advance(SLICE, workspace);
                other_work();
                match next {
                    ControlFlow::Continue(rest) => Step::Verify(rest),
                    ControlFlow::Break(next) => next,
                }
            }
            // There is neither entropy to make a hash with, nor a place to put it.
            Step::Rehash(work) => work.skip(),
            Step::Replace(ask) => ask.done(Ok::<_, ()>(false)),
            Step::Done(outcome) => break outcome,
        };
    };
    (outcome, slices)
}
