//! A server that registers users, logs them in by Basic and by token, and renews their old hashes.
//!
//! It is a host of `doorstep` with all that a host has to decide: where users are stored
//! (`store.rs`), who hashes and how much at once (`pool.rs`), how each step is answered (`auth.rs`),
//! and what HTTP makes of the outcome (`router.rs`, `answer.rs`).
//!
//! What it is not: it speaks no TLS, which passwords on a network need, and it does not throttle.

mod answer;
mod args;
mod auth;
mod body;
mod import;
mod pool;
mod router;
mod serve;
mod store;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use doorstep::TokenFormat;
use doorstep::password::{Argon2, Limits};
use tokio::net::TcpListener;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Cli, Command, Common, Serve};
use crate::auth::{Auth, authenticator, hashers, renew};
use crate::import::{Counts, import};
use crate::pool::{Pool, Size};
use crate::store::Store;

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, serve, common } = Cli::parse();
    log(&common);
    let done = match &command {
        Some(Command::Import { file }) => run_import(file, &common).await,
        None => run_server(&serve, &common).await,
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "doorstep-demo: {error}");
        ExitCode::from(2)
    })
}

/// Logs what this program says. Libraries are not asked: their traces show what clients send.
fn log(common: &Common) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), common.log);
    tracing_subscriber::registry().with(lines).with(own).init();
}

async fn run_server(args: &Serve, common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = args.hash_threads.unwrap_or_else(cores);
    let memory_kib = memory_kib(common, threads);
    let tokens = TokenFormat::new("ds_")?;
    let authenticator = authenticator(hashers(memory_kib), &tokens)?;
    let size = Size { threads, queue: args.hash_queue, memory_kib, keep_kib: preferred_kib() };

    let store = open(common).await?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;
    let pool = Arc::new(Pool::start(size)?);
    let (auth, later) =
        Auth::new(authenticator, tokens, args.token_lifetime, store.clone(), pool.clone());
    let renewing = tokio::spawn(renew(store.clone(), pool.clone(), later));
    let router = router::router(Arc::new(auth));

    tracing::info!(threads, queue = size.queue, memory_kib, "hashing");
    // On stdout, for scripts. Nobody may be reading it.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    serve::serve(listener, router, stop).await;

    tracing::info!("stopping");
    // The last sender went with the router: what waits to be renewed is renewed.
    renewing.await?;
    tokio::task::spawn_blocking(move || pool.close()).await?;
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn run_import(file: &Path, common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    // Before the database, which is made if there is none.
    let lines: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let store = open(common).await?;
    let hashers = hashers(memory_kib(common, NonZeroUsize::MIN));
    let (mut counts, report) = (Counts::default(), io::stdout().lock());
    let done = import(&store, &hashers, lines, report, &mut counts).await;
    store.close().await;
    let Counts { accepted, refused, blank } = counts;
    writeln!(io::stdout(), "{accepted} accepted, {refused} refused, {blank} blank")?;
    done.map_err(|error| format!("the import stopped: {error}"))?;
    Ok(ExitCode::from(u8::from(refused > 0)))
}

/// What a hash takes that this host writes.
fn preferred_kib() -> u64 {
    u64::from(Argon2::default().params().memory_kib())
}

/// For all threads at once, and for the dearest hash that the limits let in.
fn memory_kib(common: &Common, threads: NonZeroUsize) -> u64 {
    let usual = preferred_kib().saturating_mul(threads.get() as u64);
    let dearest = u64::from(Limits::default().argon2_memory_kib);
    common.hash_memory_kib.unwrap_or(usual.max(dearest))
}

async fn open(common: &Common) -> Result<Store, Box<dyn Error>> {
    let opened = Store::open(&common.database).await;
    Ok(opened.map_err(|error| format!("cannot open {:?}: {error}", common.database))?)
}

/// Ends at Ctrl-C, or when the system asks for it.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
