//! `doorstep` as a layer for axum, hyper and tonic, and the threads that hash for it.
//!
//! A [`Pool`] hashes on threads of its own, within a budget of memory, and several together.

#![forbid(unsafe_code)]

pub mod pool;

pub use pool::{Pool, PoolLimits};
