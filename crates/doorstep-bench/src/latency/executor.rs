//! The executor: one thread, timers, a queue.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use doorstep_password::{Work, Workspace};

use super::{Lateness, Load, Place};
use crate::case::{Case, Input};
use crate::compare::{Differs, judge};
use crate::contender::{DOORSTEP, Key, Mode, work};
use crate::system::{self, ThreadTime};

/// Runs all logins at `place`, and the light tasks until the last is done.
///
/// # Errors
/// [`Differs`] if a login's key is wrong.
pub(crate) fn run(case: &Case, load: &Load, place: Place) -> Result<Lateness, Differs> {
    let inputs = Case::inputs(load.logins as usize);
    let expected = judge(case, &inputs);
    // Also warms up: the workspace has its memory, and the code is in the cache.
    let mut workspace = Workspace::new();
    work(case, &inputs[0]).run_in(&mut workspace);
    let begin = ThreadTime::now();
    work(case, &inputs[0]).run_in(&mut workspace);
    let gap = 2 * begin.elapsed();

    thread::scope(|scope| {
        let (to_thread, from_executor) = mpsc::channel();
        let (to_executor, from_thread) = mpsc::channel();
        if matches!(place, Place::Thread | Place::Core(_)) {
            scope.spawn(move || hash_on_thread(place, &from_executor, &to_executor));
            // It has memory before the first login arrives.
            let _ = to_thread.send((usize::MAX, work(case, &inputs[0])));
            let _ = from_thread.recv();
        }
        let mut executor = Executor {
            load,
            place,
            workspace,
            begin: Instant::now(),
            gap,
            arrived: 0,
            slices: VecDeque::new(),
            to_thread,
            keys: vec![None; if place == Place::Nowhere { 0 } else { inputs.len() }],
            lateness: Lateness { place, light_us: Vec::new(), logins_ms: Vec::new() },
        };
        executor.run(case, &inputs, &from_thread);
        let right = |(key, expected): (_, &Vec<u8>)| Option::as_ref(key) == Some(expected);
        if !executor.keys.iter().zip(&expected).all(right) {
            return Err(Differs::new(case, DOORSTEP, Mode::One));
        }
        Ok(executor.lateness)
    })
}

struct Executor<'a> {
    load: &'a Load,
    place: Place,
    workspace: Workspace,
    begin: Instant,
    /// Between two logins.
    gap: Duration,
    /// How many logins have.
    arrived: usize,
    /// The logins that are done in slices, the first of them begun.
    slices: VecDeque<(usize, Work<Key>)>,
    to_thread: Sender<(usize, Work<Key>)>,
    keys: Vec<Option<Vec<u8>>>,
    lateness: Lateness,
}

impl Executor<'_> {
    fn run(&mut self, case: &Case, inputs: &[Input], from_thread: &Receiver<(usize, Vec<u8>)>) {
        // The light tasks' wakings follow one another evenly, so a counter is all that they need.
        let step = self.load.period / self.load.tasks;
        let end = self.begin + self.gap * self.load.logins;
        let mut due = self.begin;
        while !self.is_done() || Instant::now() < end {
            let now = Instant::now();
            while due <= now {
                compute_lightly();
                self.lateness.light_us.push(1e6 * due.elapsed().as_secs_f64());
                due += step;
            }
            while let Ok((login, key)) = from_thread.try_recv() {
                self.finish(login, key);
            }
            if self.arrived < self.keys.len() && self.arrival(self.arrived) <= now {
                self.start(self.arrived, work(case, &inputs[self.arrived]));
                self.arrived += 1;
            } else if let Some((login, work)) = self.slices.pop_front() {
                match work.advance(self.load.units, &mut self.workspace) {
                    ControlFlow::Continue(rest) => self.slices.push_front((login, rest)),
                    ControlFlow::Break(key) => self.finish(login, key),
                }
            } else {
                let next = if self.arrived < self.keys.len() {
                    due.min(self.arrival(self.arrived))
                } else {
                    due
                };
                let wait = next.saturating_duration_since(Instant::now());
                match from_thread.recv_timeout(wait) {
                    Ok((login, key)) => self.finish(login, key),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => thread::sleep(wait),
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        self.keys.iter().all(Option::is_some)
    }

    fn arrival(&self, login: usize) -> Instant {
        self.begin + self.gap * login as u32
    }

    fn start(&mut self, login: usize, work: Work<Key>) {
        match self.place {
            Place::Nowhere => {}
            Place::Inline => {
                let key = work.run_in(&mut self.workspace);
                self.finish(login, key);
            }
            Place::Thread | Place::Core(_) => {
                self.to_thread.send((login, work)).expect("the thread lives as long as this");
            }
            Place::Slices => self.slices.push_back((login, work)),
        }
    }

    fn finish(&mut self, login: usize, key: Vec<u8>) {
        let since = self.arrival(login).elapsed();
        self.lateness.logins_ms.push(1e3 * since.as_secs_f64());
        self.keys[login] = Some(key);
    }
}

fn hash_on_thread(
    place: Place,
    from_executor: &Receiver<(usize, Work<Key>)>,
    to_executor: &Sender<(usize, Vec<u8>)>,
) {
    if let Place::Core(core) = place {
        system::pin_to(core);
    }
    let mut workspace = Workspace::new();
    for (login, work) in from_executor {
        let key = work.run_in(&mut workspace);
        if to_executor.send((login, key)).is_err() {
            return;
        }
    }
}

/// What a light task does: a few microseconds of arithmetic.
fn compute_lightly() {
    let mut hasher = DefaultHasher::new();
    hasher.write(black_box(&[0x5a; 4096]));
    black_box(hasher.finish());
}
