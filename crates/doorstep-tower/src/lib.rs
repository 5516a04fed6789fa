#![doc = include_str!("../README.md")]
//!
//! # Features
//!
//! `axum`, which is on by default, brings the extractors. `metrics` counts and measures for the recorder
//! that the host installs; its module has the table.

#![forbid(unsafe_code)]

#[cfg(feature = "axum")]
mod axum;
mod caching;
mod granted;
mod host;
mod layer;
mod login;
#[cfg_attr(not(feature = "metrics"), path = "meters/off.rs")]
mod meters;
#[cfg(feature = "metrics")]
pub mod metrics;
mod peer;
pub mod pool;
pub mod proxies;
mod receipts;
mod refused;
mod require;
pub mod throttle;

pub use granted::{Granted, Scopes};
pub use layer::{Auth, AuthLayer};
pub use login::Login;
pub use peer::Peer;
pub use pool::{Pool, PoolLimits};
pub use proxies::{InvalidPrefix, Proxies};
pub use receipts::ReceiptLimits;
pub use refused::{EmptyBody, OnRefusal, Refused, Why};
pub use require::{Require, Required};
pub use throttle::{Failures, Throttle, ThrottleLimits};
