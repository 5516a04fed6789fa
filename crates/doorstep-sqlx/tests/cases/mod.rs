pub mod failures;
pub mod killed;
pub mod layer;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod network;
pub mod sqlite_file;
pub mod tokens;
pub mod two_pools;
pub mod two_processes;
pub mod users;
