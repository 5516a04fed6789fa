//! What the queue holds: a job of any type, which knows its price, its company and its waiter.

use std::any::{Any, TypeId};
use std::time::{Duration, Instant};

use doorstep::password::{Company, Cost, Workspace};
use doorstep::{Refuse, Step, Verify};
use tokio::sync::oneshot;

use super::{Timed, Times};

pub(super) trait Job: Any + Send {
    fn cost(&self) -> Cost;

    /// With which jobs of this type it gains by running together.
    fn company(&self) -> Option<Company> {
        None
    }

    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Ends without having begun.
    fn refuse(self: Box<Self>, why: Refuse);

    /// Runs, together with `others`, which are of the same type.
    fn run(self: Box<Self>, others: Vec<Queued>, waited: Duration, workspace: &mut Workspace);
}

/// A job in its place.
pub(super) struct Queued {
    pub(super) job: Box<dyn Job>,
    pub(super) cost: Cost,
    /// Type and algorithm: equal ones run together.
    pub(super) company: Option<(TypeId, Company)>,
    pub(super) since: Instant,
}

impl Queued {
    pub(super) fn new<J: Job>(job: Box<J>) -> Self {
        let (cost, company) = (job.cost(), job.company());
        let company = company.map(|company| (TypeId::of::<J>(), company));
        Self { job, cost, company, since: Instant::now() }
    }
}

/// A password to be verified.
pub(super) struct Check<U> {
    work: Verify<U>,
    answer: oneshot::Sender<Timed<Step<U>>>,
}

impl<U> Check<U> {
    pub(super) fn new(work: Verify<U>) -> (Box<Self>, oneshot::Receiver<Timed<Step<U>>>) {
        let (answer, receiver) = oneshot::channel();
        (Box::new(Self { work, answer }), receiver)
    }

    pub(super) fn into_work(self) -> Verify<U> {
        self.work
    }
}

impl<U: Send + 'static> Job for Check<U> {
    fn cost(&self) -> Cost {
        self.work.cost()
    }

    fn company(&self) -> Option<Company> {
        self.work.company()
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn refuse(self: Box<Self>, why: Refuse) {
        let _ = self.answer.send(Timed::at_once(self.work.refuse(why)));
    }

    fn run(self: Box<Self>, others: Vec<Queued>, waited: Duration, workspace: &mut Workspace) {
        let begun = Instant::now();
        let mut waiters = vec![(self.answer, waited)];
        let mut batch = vec![self.work];
        for Queued { job, since, .. } in others {
            let job: Box<dyn Any> = job;
            if let Ok(Check { work, answer }) = job.downcast::<Self>().map(|job| *job) {
                waiters.push((answer, begun.saturating_duration_since(since)));
                batch.push(work);
            }
        }
        let size = batch.len();
        let steps = Verify::run_together(batch, workspace);
        let ran = begun.elapsed();
        for ((answer, waited), result) in waiters.into_iter().zip(steps) {
            // A waiter may be gone by now: then what it would have got is dropped, and so wiped.
            let _ = answer.send(Timed { result, times: Times { waited, ran, batch: size } });
        }
    }
}

/// Anything else.
pub(super) struct Call<T, F> {
    cost: Cost,
    call: F,
    answer: oneshot::Sender<Timed<Result<T, Refuse>>>,
}

impl<T, F> Call<T, F> {
    pub(super) fn new(
        cost: Cost,
        call: F,
    ) -> (Box<Self>, oneshot::Receiver<Timed<Result<T, Refuse>>>) {
        let (answer, receiver) = oneshot::channel();
        (Box::new(Self { cost, call, answer }), receiver)
    }
}

impl<T: Send + 'static, F: FnOnce(&mut Workspace) -> T + Send + 'static> Job for Call<T, F> {
    fn cost(&self) -> Cost {
        self.cost
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn refuse(self: Box<Self>, why: Refuse) {
        let _ = self.answer.send(Timed::at_once(Err(why)));
    }

    fn run(self: Box<Self>, _: Vec<Queued>, waited: Duration, workspace: &mut Workspace) {
        let begun = Instant::now();
        let result = Ok((self.call)(workspace));
        let times = Times { waited, ran: begun.elapsed(), batch: 1 };
        let _ = self.answer.send(Timed { result, times });
    }
}
