//! The connections that have no request under way, by age: they make room for new ones. Closes none
//! that waits for its answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// All of them: those of whose head a byte is missing, and those between two requests.
#[derive(Default)]
pub(super) struct Idle {
    /// By turn: the first has been idle for the longest.
    waiting: Mutex<Waiting>,
    /// There is one more.
    came: Notify,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    by_turn: BTreeMap<u64, Arc<Notify>>,
}

/// One of them, or one that has a request under way.
pub(super) struct Connection {
    idle: Arc<Idle>,
    turn: Mutex<Option<u64>>,
    /// It is to end.
    ends: Arc<Notify>,
}

/// While this is there, the connection is not idle.
pub(super) struct Busy(Arc<Connection>);

impl Idle {
    /// A new one, which has sent nothing yet.
    pub(super) fn connection(self: &Arc<Self>) -> Arc<Connection> {
        let (idle, turn, ends) = (self.clone(), Mutex::default(), Arc::default());
        let connection = Arc::new(Connection { idle, turn, ends });
        connection.is_idle(true);
        connection
    }

    /// Has the one that has been idle for the longest end, and says whether there is one.
    pub(super) fn end_oldest(&self) -> bool {
        let oldest = lock(&self.waiting).by_turn.pop_first();
        oldest.inspect(|(_, ends)| ends.notify_one()).is_some()
    }

    /// Waits until one more is idle.
    pub(super) async fn came(&self) {
        self.came.notified().await;
    }
}

impl Connection {
    /// A request has begun.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.is_idle(false);
        Busy(self.clone())
    }

    /// Waits until it is to end. If a request came first, that is answered.
    pub(super) async fn ends(&self) {
        loop {
            self.ends.notified().await;
            if lock(&self.turn).is_some() {
                return;
            }
        }
    }

    fn is_idle(&self, idle: bool) {
        let (mut turn, mut waiting) = (lock(&self.turn), lock(&self.idle.waiting));
        if let Some(turn) = turn.take() {
            waiting.by_turn.remove(&turn);
        }
        if idle {
            let next = waiting.next;
            waiting.next += 1;
            waiting.by_turn.insert(next, self.ends.clone());
            *turn = Some(next);
            self.idle.came.notify_one();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.is_idle(false);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.is_idle(true);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
