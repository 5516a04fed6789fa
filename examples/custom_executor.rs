//! Host: one thread that has a thousand other things to do, and no future anywhere. A game's loop, a
//! microcontroller's, an interpreter's.
//!
//! Logins are verified in slices of a millisecond between turns of everything else. What to take away:
//!
//! - `advance` does a bounded piece and gives the rest back: a value, to be kept wherever one likes, and
//!   to be dropped if the client leaves;
//! - one login at a time: on one core several in turn would all end later, and each would hold its
//!   memory (19 MiB of Argon2, say) from its first slice to its last;
//! - slices keep the loop responsive, and make no login faster: more than a few each second want a
//!   thread of their own.
//!
//! ```text
//! cargo run --example custom_executor
//! ```

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use doorstep::password::{Argon2, Hashers, Secret, Workspace};
use doorstep::{Authenticator, Outcome, Refuse, Scopes, Step};

/// Light tasks, which are all to run once between two slices.
const LIGHT: usize = 1000;
/// Units of a slice: a millisecond.
const SLICE: u64 = 1000;
/// Logins that wait, each of which holds a password. Who comes then is told to come back.
const WAITING: usize = 4;

struct Login {
    username: &'static str,
    step: Step<u64>,
}

struct Executor {
    light: Vec<u64>,
    /// The first is under way.
    logins: VecDeque<Login>,
    users: HashMap<&'static str, (u64, String)>,
    workspace: Workspace,
}

fn main() -> Result<(), Box<dyn Error>> {
    let auth = Authenticator::builder("loop", Hashers::new(Argon2::default())).build()?;
    let hash = auth.hashers().hash(Secret::from("open sesame"))?.run()?;
    let units = auth.hashers().inspect(&hash)?.cost(11).units;

    let mut executor = Executor {
        light: vec![0; LIGHT],
        logins: VecDeque::new(),
        users: HashMap::from([("Aladdin", (1, hash))]),
        workspace: Workspace::new(),
    };
    for (username, password) in [
        ("Aladdin", "open barley"),
        ("Ali\nBaba", "open sesame"), // refused by its form, at once
        ("Cassim", "open sesame"),
        ("Aladdin", "open sesame"),
        ("Aladdin", "one too many"),
    ] {
        executor.log_in(username, auth.login(username, Secret::from(password)));
    }

    let mut granted = Vec::new();
    let (mut turns, mut longest) = (0, Duration::ZERO);
    let mut last = Instant::now();
    while !executor.logins.is_empty() {
        if let Some((username, outcome)) = executor.turn() {
            println!("{username:?}: {outcome:?}");
            granted.push(outcome.require(&Scopes::NONE_ASKED).is_ok());
        }
        turns += 1;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    println!("{turns} turns; {LIGHT} tasks ran in each, and waited {longest:.1?} at most");

    granted.sort_unstable();
    assert_eq!(granted, [false, false, false, false, true]);
    assert!(executor.light.iter().all(|&runs| runs == turns), "a light task was left out");
    // Three were verified. Had one run in one go, there would have been fewer turns.
    assert!(turns >= 3 * units / (SLICE + 100), "{turns} turns for 3 × {units} units");
    Ok(())
}

impl Executor {
    fn log_in(&mut self, username: &'static str, step: Step<u64>) {
        let step = match step {
            Step::FindUser(ask) if self.logins.len() >= WAITING => {
                ask.refuse(Refuse::Overloaded { retry_after: 1 })
            }
            step => step,
        };
        self.logins.push_back(Login { username, step });
    }

    /// Everything light once, and one piece of the first login.
    fn turn(&mut self) -> Option<(&'static str, Outcome<u64>)> {
        self.light.iter_mut().for_each(|runs| *runs += 1);
        let Login { username, step } = self.logins.pop_front()?;
        match self.piece(step) {
            ControlFlow::Continue(step) => {
                self.logins.push_front(Login { username, step });
                None
            }
            ControlFlow::Break(outcome) => Some((username, outcome)),
        }
    }

    /// A look-up, or a slice of hashing, or the end.
    fn piece(&mut self, step: Step<u64>) -> ControlFlow<Outcome<u64>, Step<u64>> {
        ControlFlow::Continue(match step {
            Step::FindUser(ask) => match self.users.get(ask.username()) {
                Some((id, hash)) => ask.found(*id, &**hash),
                None => ask.not_found(), // the same slices as a wrong password
            },
            Step::FindToken(ask) => ask.not_found(),
            Step::Verify(work) => match work.advance(SLICE, &mut self.workspace) {
                ControlFlow::Continue(rest) => Step::Verify(rest),
                ControlFlow::Break(next) => next,
            },
            Step::Rehash(work) => match work.advance(SLICE, &mut self.workspace) {
                ControlFlow::Continue(rest) => Step::Rehash(rest),
                ControlFlow::Break(next) => next,
            },
            Step::Replace(ask) => {
                // Only if the old one is still there.
                let mut hashes = self.users.values_mut().map(|(_, hash)| hash);
                let old = hashes.find(|hash| *hash == ask.old());
                let replaced = old.map(|hash| *hash = ask.new_hash().into()).is_some();
                ask.done(Ok::<_, ()>(replaced))
            }
            Step::Done(outcome) => return ControlFlow::Break(outcome),
        })
    }
}
