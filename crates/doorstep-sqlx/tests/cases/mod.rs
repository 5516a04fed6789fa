pub mod failures;
pub mod killed;
pub mod tokens;
pub mod two_pools;
pub mod two_processes;
pub mod users;
