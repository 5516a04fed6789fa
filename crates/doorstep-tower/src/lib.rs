#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! `axum`, which is on by default, brings the extractors.

#![forbid(unsafe_code)]

#[cfg(feature = "axum")]
mod axum;
mod caching;
mod granted;
mod host;
mod layer;
mod login;
mod peer;
pub mod pool;
mod proxies;
mod receipts;
mod refused;
mod require;

pub use granted::{Granted, Scopes};
pub use layer::{Auth, AuthLayer};
pub use login::Login;
pub use peer::Peer;
pub use pool::{Pool, PoolLimits};
pub use proxies::{InvalidPrefix, Proxies};
pub use receipts::ReceiptLimits;
pub use refused::{EmptyBody, OnRefusal, Refused, Why};
pub use require::{Require, Required};
