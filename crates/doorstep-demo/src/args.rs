//! The command line.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use crate::import::Layout;

/// Registers users, logs them in by Basic and by token, and renews their old hashes.
///
/// Without a command it serves HTTP until Ctrl-C.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Adds users from a dump, and says for each line what became of it.
    ///
    /// Nobody's hash is overwritten. The exit code is 0 if every line was accepted, 1 if any was
    /// refused, and 2 if the import did not come to its end.
    Import {
        /// How the dump is written.
        #[arg(long, value_enum, value_name = "LAYOUT", default_value_t = Layout::Lines)]
        from: Layout,
        /// The file, or `-` for standard input.
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one, and says which.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub(crate) listen: SocketAddr,
    /// Connections at once. If there are more, those that have no request under way make room, the
    /// longest idle first. Each needs a file descriptor: see `ulimit -n`.
    #[arg(long, value_name = "N", default_value = "512")]
    pub(crate) connections: NonZeroUsize,
    /// Passwords hashed at once, a thread each [default: one for each core].
    #[arg(long, value_name = "N")]
    pub(crate) hash_threads: Option<NonZeroUsize>,
    /// Passwords that wait for a thread; more are answered with 503.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) hash_queue: usize,
    /// The algorithm of new hashes, by passlib's name; logins renew what is hashed otherwise.
    #[arg(long, value_name = "NAME", default_value = "argon2")]
    pub(crate) algorithm: String,
    /// What a new hash costs: KiB for argon2, the cost for bcrypt, rounds for the others [default:
    /// today's].
    #[arg(long, value_name = "N")]
    pub(crate) cost: Option<u32>,
    /// Seconds for which a token is good.
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    pub(crate) token_lifetime: NonZeroU32,
}

#[derive(Args)]
pub(crate) struct Common {
    /// The database: `sqlite:PATH`, whose file is made if there is none, or `postgres:` or `mysql:` of a
    /// server's. Its tables are made or brought up to date.
    #[arg(long, value_name = "URL", default_value = "sqlite:doorstep-demo.sqlite", global = true)]
    pub(crate) database: String,
    /// Memory for hashing, in KiB; stored hashes that need more are refused [default: 262144, or what
    /// all threads need at once if that is more].
    #[arg(long, value_name = "KIB", global = true)]
    pub(crate) hash_memory_kib: Option<u64>,
    /// What is logged on stderr: off, error, warn, info or debug.
    #[arg(long, value_name = "LEVEL", default_value = "info", global = true)]
    pub(crate) log: LevelFilter,
}
