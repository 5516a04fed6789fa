//! `doorstep calibrate`. Measures on this machine, and advises nothing weaker than OWASP does.

mod dial;
mod search;

use std::fmt::{self, Display};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;
use doorstep_password::{Hashers, Secret, StoredHash, Workspace, names};
use serde::Serialize;

use crate::advice::Strength;
use crate::calibrate::dial::{Dial, Setting};
use crate::calibrate::search::{Found, Row, search};
use crate::output::{note, print, print_json};
use crate::parameters::Parameters;
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Calibrate {
    /// How long verifying a password may take, from 1ms to 5s: `50ms`, `1s`.
    #[arg(long, value_name = "DURATION", value_parser = target)]
    target: Duration,
    /// The algorithm, by passlib's name.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "argon2",
        value_parser = PossibleValuesParser::new(names())
    )]
    algorithm: String,
    /// The most memory of one hash of Argon2's, in KiB [default: 65536].
    #[arg(long, value_name = "KIB")]
    memory: Option<u32>,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
One core hashes, in memory that is used again, as a server does it: let nothing else run meanwhile,
and let the pool of hashing threads be no larger than the machine has cores. It takes some seconds,
and less than a minute.

Of Argon2 it finds the greatest product of memory and time, with one lane. Nothing below the least
that OWASP advises is tried; for sha-crypt, which OWASP does not list, below passlib's default.

Examples:
  doorstep calibrate --target 50ms
  doorstep calibrate --target 200ms --memory 131072
  doorstep calibrate --target 250ms --algorithm bcrypt --json

Exit codes: 0 found; 1 the least that is advised takes longer; 2 refused or a wrong command line.";

/// The least that is advised takes longer than it may.
const NOT_MET: u8 = 1;
/// Runs of which the median is taken.
const RUNS: usize = 9;
/// Fewer, if they take longer than [`LONG`].
const LEAST_RUNS: usize = 3;
const LONG: Duration = Duration::from_secs(1);
/// When no further parameters are tried.
const ENOUGH: Duration = Duration::from_secs(20);
/// A password's bytes: the time of sha-crypt grows with them.
const PASSWORD: [u8; 16] = [b'x'; 16];

/// What `--json` prints. The README documents it.
#[derive(Serialize)]
struct Report {
    target_us: u64,
    met: Option<bool>,
    format: Option<String>,
    parameters: Option<Parameters>,
    median_us: Option<u64>,
    strength: Option<Strength>,
    rust: Option<String>,
    options: Option<Vec<String>>,
    measured: Vec<Measured>,
    refused: Option<Refusal>,
}

#[derive(Serialize)]
struct Measured {
    parameters: Parameters,
    runs: usize,
    median_us: u64,
    fastest_us: u64,
    slowest_us: u64,
}

pub(crate) fn run(args: &Calibrate) -> Result<ExitCode, Refusal> {
    let found = find(args);
    if args.json {
        print_json(&Report::of(args, &found)?)?;
    }
    let found = found?;
    let (best, setting) = (&found.best, found.best.setting);
    if !args.json {
        let takes = if found.met { "found" } else { "least" };
        print(format_args!(
            "{takes:10}{} {}, {} of {}\n{:10}{}\n{:10}doorstep hash {}",
            args.algorithm,
            parameters(setting)?,
            Millis(best.median),
            Millis(args.target),
            "rust",
            setting.rust(),
            "hash",
            setting.options(&args.algorithm).join(" ")
        ))?;
    }
    if best.slowest > best.fastest * 3 / 2 {
        note(format_args!("times differ by more than half: something else may be running"));
    }
    if !found.met {
        note(format_args!(
            "it cannot be met: {} takes {} on this machine",
            setting.floor(),
            Millis(best.median)
        ));
        return Ok(ExitCode::from(NOT_MET));
    }
    Ok(ExitCode::SUCCESS)
}

fn find(args: &Calibrate) -> Result<Found, Refusal> {
    let dial = Dial::of(&args.algorithm, args.memory)?;
    let mut bench = Bench { workspace: Workspace::new(), begin: Instant::now() };
    if !args.json {
        let heads = ["median", "fastest", "slowest"].map(|head| format!("{head:>10}")).concat();
        print(format_args!("{:34}{heads}  runs", "measured"))?;
    }
    search(&dial, args.target, |setting| {
        let row = bench.measure(setting)?;
        if let Some(row) = row.as_ref().filter(|_| !args.json) {
            let times = [row.median, row.fastest, row.slowest]
                .map(|time| format!("{:>10}", Millis(time).to_string()))
                .concat();
            print(format_args!("{:34}{times}  {:>4}", parameters(setting)?.to_string(), row.runs))?;
        }
        Ok(row)
    })
}

/// One workspace for all, as a server's thread has it.
struct Bench {
    workspace: Workspace,
    begin: Instant,
}

impl Bench {
    /// `None` once it is enough.
    fn measure(&mut self, setting: Setting) -> Result<Option<Row>, Refusal> {
        if self.begin.elapsed() > ENOUGH {
            return Ok(None);
        }
        let hashers = Hashers::new(setting.hasher()?);
        let mut run = || {
            let work = hashers.hash(Secret::new(&PASSWORD))?;
            let begin = Instant::now();
            work.run_in(&mut self.workspace)?;
            Ok::<_, Refusal>(begin.elapsed())
        };
        // The first has fresh memory, which the others use again.
        run()?;
        let (begin, mut times) = (Instant::now(), Vec::with_capacity(RUNS));
        while times.len() < RUNS {
            times.push(run()?);
            // Of an even number there is no median.
            let is_odd = times.len() % 2 == 1;
            if times.len() >= LEAST_RUNS && is_odd && begin.elapsed() > LONG {
                break;
            }
        }
        times.sort_unstable();
        Ok(Some(Row {
            setting,
            runs: times.len(),
            median: times[times.len() / 2],
            fastest: times[0],
            slowest: times[times.len() - 1],
        }))
    }
}

impl Report {
    fn of(args: &Calibrate, found: &Result<Found, Refusal>) -> Result<Self, Refusal> {
        let mut report = Self {
            target_us: micros(args.target),
            met: None,
            format: None,
            parameters: None,
            median_us: None,
            strength: None,
            rust: None,
            options: None,
            measured: Vec::new(),
            refused: found.as_ref().err().cloned(),
        };
        let Ok(Found { met, best, rows }) = found else { return Ok(report) };
        report.met = Some(*met);
        report.format = Some(args.algorithm.clone());
        report.parameters = Some(parameters(best.setting)?);
        report.median_us = Some(micros(best.median));
        report.strength = Some(strength(best.setting)?);
        report.rust = Some(best.setting.rust());
        report.options = Some(best.setting.options(&args.algorithm));
        let measured = rows.iter().map(|row| {
            Ok(Measured {
                parameters: parameters(row.setting)?,
                runs: row.runs,
                median_us: micros(row.median),
                fastest_us: micros(row.fastest),
                slowest_us: micros(row.slowest),
            })
        });
        report.measured = measured.collect::<Result<_, Refusal>>()?;
        Ok(report)
    }
}

fn parameters(setting: Setting) -> Result<Parameters, Refusal> {
    Ok(Parameters::written_by(&*setting.hasher()?))
}

/// What the advice says to a hash of these parameters, with a digest of usual length.
fn strength(setting: Setting) -> Result<Strength, Refusal> {
    let derivation = setting.hasher()?.derivation(&[]);
    Ok(Strength::of(&StoredHash::new("", derivation, &[0; 32])))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A time of some milliseconds.
struct Millis(Duration);

impl Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} ms", self.0.as_secs_f64() * 1000.0)
    }
}

fn target(text: &str) -> Result<Duration, String> {
    let target = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let (least, most) = (Duration::from_millis(1), Duration::from_secs(5));
    if (least..=most).contains(&target) { Ok(target) } else { Err("from 1ms to 5s".into()) }
}
