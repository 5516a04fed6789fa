//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::seed::Hash;

/// Serves, loads and storms over the loopback, and says what came of it.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves a protected and an open route until its standard input ends.
    Serve(Serve),
    /// Prints the hashes of the users' passwords.
    Seeds(HashArg),
    /// Says how many passwords by the second the kernels verify together, without a server.
    Kernels(Kernels),
    /// Asks on each connection again as soon as it was answered.
    Ask(Ask),
    /// Measures everything, side by side, and writes it down. `scripts/load` runs it.
    Run(Run),
}

#[derive(Args, Clone)]
pub(crate) struct Serve {
    /// pbkdf2-sha256:ROUNDS, argon2id or bcrypt:COST.
    #[arg(long, default_value = "argon2id")]
    pub(crate) hash: Hash,
    /// Users and tokens in this database instead of in memory.
    #[arg(long, value_name = "sqlite:PATH")]
    pub(crate) database: Option<String>,
    /// Connections to that database.
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: u32,
    /// Remembers passwords that were right.
    #[arg(long)]
    pub(crate) receipts: bool,
    /// Slows those down who fail, by user-id and by address.
    #[arg(long)]
    pub(crate) throttle: bool,
    /// Threads that hash.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Memory of all hashing.
    #[arg(long)]
    pub(crate) memory_kib: Option<u64>,
    /// Logins that wait.
    #[arg(long)]
    pub(crate) queue: Option<usize>,
    /// Logins that are hashed together.
    #[arg(long)]
    pub(crate) batch: Option<NonZeroUsize>,
}

#[derive(Args)]
pub(crate) struct HashArg {
    #[arg(long)]
    pub(crate) hash: Hash,
}

#[derive(Args)]
pub(crate) struct Kernels {
    #[arg(long)]
    pub(crate) hash: Hash,
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
}

#[derive(Args)]
pub(crate) struct Ask {
    /// 127.0.0.1:PORT.
    pub(crate) address: SocketAddr,
    /// Whose answers are counted.
    #[arg(default_value = "/me")]
    pub(crate) path: String,
    /// By a password, by a token, or without either.
    #[arg(long, value_parser = ["login", "token", "nothing"], default_value = "login")]
    pub(crate) with: String,
    #[arg(long, default_value_t = 16)]
    pub(crate) connections: usize,
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
}

#[derive(Args)]
pub(crate) struct Run {
    /// One round of short measurements.
    #[arg(long)]
    pub(crate) quick: bool,
    /// The core of all servers. This program should be on another one.
    #[arg(long, default_value_t = 0)]
    pub(crate) core: usize,
    /// The program that serves the toolkit, if it is told `serve PORT` or `serve PORT uvloop`.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) toolkit: PathBuf,
    /// Writes the report into this page, between its marks, and a plot beside it.
    #[arg(long, value_name = "FILE.md")]
    pub(crate) report: Option<PathBuf>,
}
