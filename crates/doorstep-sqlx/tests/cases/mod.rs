pub mod failures;
pub mod tokens;
pub mod two_pools;
pub mod users;
