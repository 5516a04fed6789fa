//! Everything, side by side: rounds in which each is measured once, so that what the machine does
//! besides meets all of them.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::args::Run;
use crate::client::{basic, get, token};
use crate::closed::closed;
use crate::latencies::median;
use crate::report::{Measured, Report, Stormed, Timed};
use crate::seed::{PASSWORD, USERNAMES};
use crate::servers::{Server, limited};
use crate::storm::{Force, storm};
use crate::timing::timing;

/// How long, and how often.
struct Extent {
    rounds: usize,
    /// Routes that hash nothing.
    short: Duration,
    /// Logins.
    long: Duration,
    force: Force,
}

impl Extent {
    fn new(quick: bool) -> Self {
        let force = Force {
            addresses: 1_000,
            attempts: 10,
            time: Duration::from_secs(5),
            right: 100,
            patience: Duration::from_secs(12),
        };
        let secs = Duration::from_secs;
        match quick {
            false => Self { rounds: 5, short: secs(3), long: secs(6), force },
            true => Self { rounds: 1, short: secs(2), long: secs(4), force },
        }
    }
}

const CONNECTIONS: usize = 16;
const PBKDF2: &str = "pbkdf2-sha256:29000";
const BCRYPT: &str = "bcrypt:10";
const BCRYPT_COST: u32 = 10;
const ARGON2: &str = "argon2id";

pub(crate) fn run(args: &Run) -> Result<(), Box<dyn Error>> {
    let extent = Extent::new(args.quick);
    let directory = Directory::new()?;
    let database = format!("sqlite:{}", directory.0.join("users.db").display());
    let begun = Instant::now();
    let report = Report {
        quick: args.quick,
        rounds: extent.rounds,
        measured: closed_loops(args, &extent, &directory.0, &database)?,
        timed: timings(args.core, extent.long)?,
        stormed: storms(args.core, &extent, &directory.0)?,
        took: begun.elapsed(),
    };
    print!("{}", report.text());
    if let Some(path) = &args.report {
        report.write(path)?;
    }
    Ok(())
}

/// One thing that is measured in each round.
struct Case<'a> {
    name: &'static str,
    server: &'a Server,
    requests: Vec<Vec<u8>>,
    time: Duration,
}

fn closed_loops(
    args: &Run,
    extent: &Extent,
    directory: &Path,
    database: &str,
) -> Result<Vec<Measured>, Box<dyn Error>> {
    let core = args.core;
    let pbkdf2 = Server::doorstep(core, &["--hash", PBKDF2])?;
    let sqlite = Server::doorstep(core, &["--hash", PBKDF2, "--database", database])?;
    let receipts = Server::doorstep(core, &["--hash", PBKDF2, "--receipts"])?;
    let bcrypt = Server::doorstep(core, &["--hash", BCRYPT])?;
    let argon2 = Server::doorstep(core, &["--hash", ARGON2])?;
    let toolkit = Server::toolkit(core, &args.toolkit, &[])?;
    let uvloop = Server::toolkit(core, &args.toolkit, &["uvloop"])?;
    let nginx = Server::nginx(core, &directory.join("nginx"), BCRYPT_COST)?;

    let (open, by_token) = (get("/open", None), get("/me", Some(&token())));
    let logins = || {
        let names = USERNAMES.iter().cycle().take(CONNECTIONS);
        names.map(|name| get("/me", Some(&basic(name, PASSWORD)))).collect::<Vec<_>>()
    };
    let all = |request: &Vec<u8>| vec![request.clone(); CONNECTIONS];
    let (short, long) = (extent.short, extent.long);
    let login = |name, server| Case { name, server, requests: logins(), time: long };
    let cases = [
        login("login, PBKDF2: doorstep", &pbkdf2),
        login("login, PBKDF2: toolkit", &toolkit),
        login("login, PBKDF2: toolkit, uvloop", &uvloop),
        login("login, Argon2id: doorstep", &argon2),
        login("login, bcrypt: doorstep", &bcrypt),
        login("login, bcrypt: nginx", &nginx),
        Case { name: "token: doorstep", server: &pbkdf2, requests: all(&by_token), time: short },
        Case { name: "token: toolkit", server: &toolkit, requests: all(&by_token), time: short },
        Case {
            name: "token: toolkit, uvloop",
            server: &uvloop,
            requests: all(&by_token),
            time: short,
        },
        Case {
            name: "token, SQLite: doorstep",
            server: &sqlite,
            requests: all(&by_token),
            time: short,
        },
        Case { name: "receipts: doorstep", server: &receipts, requests: logins(), time: short },
        Case { name: "open: doorstep", server: &receipts, requests: all(&open), time: short },
        Case { name: "open: toolkit, uvloop", server: &uvloop, requests: all(&open), time: short },
        Case { name: "open: nginx", server: &nginx, requests: all(&open), time: short },
    ];
    let servers = [&pbkdf2, &sqlite, &receipts, &bcrypt, &argon2, &toolkit, &uvloop, &nginx];
    // The first receipts, and whatever else is done once.
    closed(receipts.address, logins(), Duration::from_millis(500))?;

    let mut samples = vec![Vec::new(); cases.len()];
    let kernels =
        [("kernels, PBKDF2", PBKDF2), ("kernels, Argon2id", ARGON2), ("kernels, bcrypt", BCRYPT)];
    let mut alone = vec![Vec::new(); kernels.len()];
    for round in 0..extent.rounds {
        for (case, samples) in cases.iter().zip(&mut samples) {
            settle(&servers);
            let sample = sample(case)?;
            eprintln!("round {}: {}: {:.1}/s", round + 1, case.name, sample.rate);
            samples.push(sample);
        }
        settle(&servers);
        for ((name, hash), alone) in kernels.iter().zip(&mut alone) {
            let rate = kernels_alone(core, hash, extent.short)?;
            eprintln!("round {}: {name}: {rate:.1}/s", round + 1);
            alone.push(rate);
        }
    }
    let served = cases.iter().zip(samples).map(|(case, samples)| Measured::of(case.name, &samples));
    let alone = kernels.iter().zip(alone).map(|((name, _), rates)| Measured {
        name,
        rate: median(rates),
        p50: None,
        p99: None,
        server: None,
        client_idle: None,
    });
    Ok(served.chain(alone).collect())
}

/// What one measurement said.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) rate: f64,
    /// In seconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// The share of its core that the server had.
    pub(crate) server: f64,
    pub(crate) client_idle: f64,
}

fn sample(case: &Case<'_>) -> Result<Sample, Box<dyn Error>> {
    let (begun, before) = (Instant::now(), case.server.cpu());
    let counted = closed(case.server.address, case.requests.clone(), case.time)?;
    let (took, after) = (begun.elapsed(), case.server.cpu());
    if counted.statuses.keys().any(|status| *status != 200) {
        return Err(format!("{}: {:?}", case.name, counted.statuses).into());
    }
    let seconds = |share| counted.latencies.quantile(share).unwrap_or_default().as_secs_f64();
    let used = after.zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok(Sample {
        rate: counted.rate,
        p50: seconds(0.5),
        p99: seconds(0.99),
        server: used.unwrap_or_default().as_secs_f64() / took.as_secs_f64(),
        client_idle: counted.idle,
    })
}

/// Waits until no server works any more: nginx and the toolkit hash for clients that are gone.
fn settle(servers: &[&Server]) {
    const QUIET: Duration = Duration::from_millis(100);
    let used = || servers.iter().filter_map(|server| server.cpu()).sum::<Duration>();
    let begun = Instant::now();
    let mut before = used();
    while begun.elapsed() < Duration::from_secs(5) {
        thread::sleep(QUIET);
        let now = used();
        if now.saturating_sub(before) < QUIET / 5 {
            return;
        }
        before = now;
    }
}

fn kernels_alone(core: usize, hash: &str, time: Duration) -> Result<f64, Box<dyn Error>> {
    let seconds = time.as_secs_f64().to_string();
    let mut command = limited(core, &std::env::current_exe()?);
    let output = command.args(["kernels", "--hash", hash, "--seconds", &seconds]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn timings(core: usize, time: Duration) -> Result<Vec<Timed>, Box<dyn Error>> {
    let mut all = Vec::new();
    for (name, hash) in [("Argon2id", ARGON2), ("PBKDF2", PBKDF2), ("bcrypt", BCRYPT)] {
        let server = Server::doorstep(core, &["--hash", hash])?;
        let timing = timing(server.address, time)?;
        if timing.statuses.keys().any(|status| *status != 401) {
            return Err(format!("{name}: {:?}", timing.statuses).into());
        }
        all.push(Timed { name, timing });
    }
    Ok(all)
}

fn storms(core: usize, extent: &Extent, directory: &Path) -> Result<Vec<Stormed>, Box<dyn Error>> {
    let mut all = Vec::new();
    let servers: [(&str, &[&str]); 3] = [
        ("doorstep, Argon2id", &["--hash", ARGON2]),
        ("doorstep, Argon2id, throttled", &["--hash", ARGON2, "--throttle"]),
        ("doorstep, bcrypt", &["--hash", BCRYPT]),
    ];
    for (name, args) in servers {
        let server = Server::doorstep(core, args)?;
        all.push(stormed(name, &server, extent.force, true)?);
    }
    let server = Server::nginx(core, &directory.join("storm"), BCRYPT_COST)?;
    // It answers some twenty attempts by the second: nobody waits for the others.
    let force = Force { patience: Duration::from_secs(3), right: 20, ..extent.force };
    all.push(stormed("nginx, bcrypt", &server, force, false)?);
    Ok(all)
}

fn stormed(
    name: &'static str,
    server: &Server,
    force: Force,
    with_token: bool,
) -> Result<Stormed, Box<dyn Error>> {
    let rest = server.memory().ok_or("no memory in /proc")?.now;
    eprintln!("storm: {name}");
    let weathered = storm(server.address, force, with_token)?;
    let peak = server.memory().ok_or("the server is gone")?.peak;
    Ok(Stormed { name, rest, peak, force, weathered })
}

/// Removed when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self, Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("doorstep-load-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
