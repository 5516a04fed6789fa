//! What the queue waits and locks with. A test of its own has others here, whose every order it chooses.

pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
