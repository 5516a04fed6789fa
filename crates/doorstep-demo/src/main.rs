//! A server that registers users, logs them in by Basic and by token, and renews their old hashes.
//!
//! It is a host of `doorstep` over the ready parts: users and tokens are stored by `doorstep-sqlx`,
//! `doorstep-tower` asks for them and hashes. What is left to a host is here: which hashes it takes and
//! makes (`algorithm.rs`, `auth.rs`), what HTTP makes of the outcome (`router.rs`, `answer.rs`), and a
//! page for people, which shows the steps (`page.rs`).
//!
//! What it is not: it speaks no TLS, which passwords on a network need, and it does not throttle.

mod accounts;
mod algorithm;
mod answer;
mod args;
mod auth;
mod body;
mod import;
mod origin;
mod page;
mod router;
mod serve;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use doorstep::TokenFormat;
use doorstep::password::{Argon2, Hasher, Limits};
use doorstep_sqlx::SqlStore;
use doorstep_tower::{AuthLayer, Pool, PoolLimits};
use tokio::net::TcpListener;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Cli, Command, Common, Serve};
use crate::auth::{Auth, accept_all, authenticator};
use crate::import::{Counts, Layout, import};

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, serve, common } = Cli::parse();
    log(&common);
    let done = match &command {
        Some(Command::Import { from, file }) => run_import(*from, file, &common).await,
        None => run_server(&serve, &common).await,
    };
    done.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "doorstep-demo: {error}");
        ExitCode::from(2)
    })
}

/// Logs what this program and the layer say, a line for each authentication. Other libraries are not
/// asked: their traces show what clients send.
fn log(common: &Common) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(io::stderr().is_terminal());
    let own = Targets::new()
        .with_target(env!("CARGO_CRATE_NAME"), common.log)
        .with_target("doorstep_tower", common.log);
    tracing_subscriber::registry().with(lines).with(own).init();
}

async fn run_server(args: &Serve, common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let hasher = algorithm::hasher(args)?;
    let limits = limits(args, common, &*hasher);
    let hashers = accept_all(hasher, limits.memory_kib);
    let tokens = TokenFormat::new("ds_")?;
    let authenticator = authenticator(hashers, &tokens)?;

    let store = open(common).await?;
    let stop = stop_signal()?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", args.listen))?;
    let address = listener.local_addr()?;
    let mut upgrades = PoolLimits::for_upgrades();
    upgrades.memory_kib = upgrades.memory_kib.max(limits.keep_kib);
    let layer = AuthLayer::new(authenticator.clone(), store.clone())
        .pool(Pool::start(limits)?)
        .upgrades(upgrades)
        .with_usernames()
        .on_refusal(answer::refused);
    let auth = Auth::new(authenticator, &layer, store.clone(), tokens, args.token_lifetime);
    let router = router::router(Arc::new(auth), layer.clone());

    let PoolLimits { threads, queue, memory_kib, .. } = limits;
    tracing::info!(threads, queue, memory_kib, "hashing");
    // On stdout, for scripts. Nobody may be reading it.
    let _ = writeln!(io::stdout(), "listening on http://{address}");
    serve::serve(listener, router, args.connections, stop).await;

    tracing::info!("stopping");
    // What waits to be renewed is renewed.
    layer.renewed().await;
    layer.hashing_pool().drain().await;
    store.close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn run_import(
    layout: Layout,
    file: &Path,
    common: &Common,
) -> Result<ExitCode, Box<dyn Error>> {
    // Before the database, which is made if there is none.
    let lines: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Box::new(BufReader::new(opened))
    };
    let store = open(common).await?;
    let memory_kib = common.hash_memory_kib.unwrap_or(dearest_kib());
    let hashers = accept_all(Arc::new(Argon2::default()), memory_kib);
    let (mut counts, report) = (Counts::default(), io::stdout().lock());
    let done = import(&store, &hashers, layout, lines, report, &mut counts).await;
    store.close().await;
    let Counts { accepted, refused, blank } = counts;
    writeln!(io::stdout(), "{accepted} accepted, {refused} refused, {blank} blank")?;
    done.map_err(|error| format!("the import stopped: {error}"))?;
    Ok(ExitCode::from(u8::from(refused > 0)))
}

/// Memory for all threads at once, and for the dearest hash that is let in.
fn limits(args: &Serve, common: &Common, preferred: &dyn Hasher) -> PoolLimits {
    let mut limits = PoolLimits::default();
    limits.threads = args.hash_threads.unwrap_or(limits.threads);
    limits.queue = args.hash_queue;
    limits.keep_kib = preferred.derivation(&[]).cost(0).memory_kib;
    let usual = limits.keep_kib.saturating_mul(limits.threads.get() as u64);
    limits.memory_kib = common.hash_memory_kib.unwrap_or(usual.max(dearest_kib()));
    limits
}

fn dearest_kib() -> u64 {
    u64::from(Limits::default().argon2_memory_kib)
}

async fn open(common: &Common) -> Result<SqlStore, Box<dyn Error>> {
    let scheme = common.database.split(':').next().unwrap_or_default();
    let failed = |error| format!("cannot open the {scheme} database: {error}");
    let store = SqlStore::connect(&common.database).await.map_err(failed)?;
    store.migrate().await.map_err(failed)?;
    Ok(store)
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
