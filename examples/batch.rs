//! Host: one core that verifies many passwords, and a queue before it.
//!
//! What waits is verified together: bcrypt and the SHA-2 hashes fill the lanes of one core's vectors,
//! several passwords in little more than the time of one. What to take away:
//!
//! - take what waits and no more: who waits for company while idle only adds latency;
//! - bound the queue, since each place in it holds a password, and the batch, since all of it is
//!   answered at its end;
//! - answers come back in the batch's order, of whatever users and algorithms.
//!
//! ```text
//! cargo run --example batch
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::iter;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Instant;

use doorstep::password::{Bcrypt, Hashers, Secret, Workspace};
use doorstep::{Authenticator, Outcome, Refuse, Scopes, Step, Verify};

/// Logins that wait.
const QUEUE: usize = 64;
/// As many as the widest vectors have lanes.
const BATCH: usize = 16;
/// bcrypt's cost: little, so that the example is short. `Bcrypt::default()` is what to use.
const COST: u32 = 8;

/// A login that waits, and whose it is.
struct Job {
    request: usize,
    work: Verify<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let auth = Authenticator::builder("batch", Hashers::new(Bcrypt::new(COST)?)).build()?;
    let hash = auth.hashers().hash(Secret::from("open sesame"))?.run()?;
    let users = HashMap::from([("Aladdin", &*hash), ("Morgiana", &*hash)]);

    // 33 logins that came while the core was busy: every third is wrong, one way or the other.
    let (queue, jobs) = sync_channel(QUEUE);
    let mut outcomes = HashMap::new();
    for request in 0..33 {
        let (username, password) = match request % 6 {
            2 => ("Aladdin", "open barley"),
            5 => ("Cassim", "open sesame"),
            even if even % 2 == 0 => ("Aladdin", "open sesame"),
            _ => ("Morgiana", "open sesame"),
        };
        match queue_up(auth.login(username, Secret::from(password)), &users) {
            ControlFlow::Break(outcome) => {
                outcomes.insert(request, outcome);
            }
            ControlFlow::Continue(work) => match queue.try_send(Job { request, work }) {
                Ok(()) => {}
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                    let refused = job.work.refuse(Refuse::Overloaded { retry_after: 1 });
                    outcomes.insert(request, done(refused));
                }
            },
        }
    }
    drop(queue); // Nobody else will come, and the thread is to end.

    let (answers, answered) = channel();
    let batches = thread::scope(|scope| {
        let hasher = scope.spawn(|| hash_what_waits(jobs, answers));
        outcomes.extend(answered.iter().map(|(request, step)| (request, done(step))));
        hasher.join()
    });
    let batches = batches.map_err(|_| "the thread that hashes has panicked")?;

    assert_eq!(batches, [16, 16, 1], "all of it was waiting");
    assert_eq!(outcomes.len(), 33);
    for (request, outcome) in outcomes {
        let status = outcome.require(&Scopes::NONE_ASKED).map_err(|refusal| refusal.status());
        let expected = if request % 3 == 2 { Some(401) } else { None };
        assert_eq!(status.err(), expected, "of request {request}");
    }
    Ok(())
}

/// Does the look-ups, which are not for the core that hashes.
fn queue_up(
    mut step: Step<String>,
    users: &HashMap<&str, &str>,
) -> ControlFlow<Outcome<String>, Verify<String>> {
    loop {
        step = match step {
            Step::FindUser(ask) => match users.get_key_value(ask.username()) {
                Some((&user, &hash)) => ask.found(user.into(), hash),
                None => ask.not_found(), // waits in the same queue, does the same work
            },
            Step::Verify(work) => return ControlFlow::Continue(work),
            other => return ControlFlow::Break(done(other)),
        };
    }
}

/// What comes after the verdict. A host with tokens or old hashes has more to answer here.
fn done(step: Step<String>) -> Outcome<String> {
    match step {
        Step::Done(outcome) => outcome,
        Step::Rehash(work) => done(work.skip()),
        Step::FindUser(ask) => done(ask.not_found()),
        Step::FindToken(ask) => done(ask.not_found()),
        Step::Verify(work) => done(work.refuse(Refuse::Overloaded { retry_after: 1 })),
        Step::Replace(ask) => done(ask.done(Err(()))),
    }
}

/// The life of the thread that hashes. Says how large the batches were.
fn hash_what_waits(jobs: Receiver<Job>, answers: Sender<(usize, Step<String>)>) -> Vec<usize> {
    let mut workspace = Workspace::new();
    let mut sizes = Vec::new();
    while let Ok(first) = jobs.recv() {
        let batch = iter::once(first).chain(jobs.try_iter()).take(BATCH);
        let (requests, work): (Vec<_>, Vec<_>) = batch.map(|job| (job.request, job.work)).unzip();
        let begin = Instant::now();
        let steps = Verify::run_together(work, &mut workspace);
        let each = begin.elapsed() / steps.len() as u32;
        println!("{} together: {each:.1?} each", steps.len());
        sizes.push(steps.len());
        for answer in requests.into_iter().zip(steps) {
            // Who asked may be gone.
            let _ = answers.send(answer);
        }
    }
    sizes
}
