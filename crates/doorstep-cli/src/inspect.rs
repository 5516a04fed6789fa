//! `doorstep inspect`. Does no hashing, and shows neither salt nor digest unless it is asked to.

use std::fmt::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use doorstep_password::{Hasher, Limits, StoredHash};
use serde::Serialize;

use crate::REFUSED;
use crate::advice::{AS_OF, SOURCE, Strength};
use crate::algorithm::{accept_all, hasher, unlimited};
use crate::args::Inspect;
use crate::input::stored_hash;
use crate::output::{complain, print, print_json};
use crate::parameters::Parameters;
use crate::price::Price;
use crate::refusal::Refusal;

/// What `--json` prints. The README documents it.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    reading: Reading,
    refused: Option<Refusal>,
}

/// What a hash says of itself; all of it is null if it cannot be read.
#[derive(Default, Serialize)]
struct Reading {
    format: Option<&'static str>,
    parameters: Option<Parameters>,
    salt_len: Option<usize>,
    digest_len: Option<usize>,
    /// In hexadecimal, if asked for.
    salt: Option<String>,
    digest: Option<String>,
    strength: Option<Strength>,
    outdated: Option<bool>,
    compared_with: Option<Preferred>,
    price: Option<Price>,
}

#[derive(Serialize)]
struct Preferred {
    format: String,
    parameters: Parameters,
}

pub(crate) fn run(args: &Inspect) -> Result<ExitCode, Refusal> {
    let preferred = hasher(&args.making)?;
    let read = read(args, &preferred);
    if args.json {
        let report = match read {
            Ok((stored, outdated, refused)) => {
                Report { reading: Reading::of(&stored, outdated, args, &*preferred), refused }
            }
            Err(refusal) => Report { reading: Reading::default(), refused: Some(refusal) },
        };
        print_json(&report)?;
        return Ok(exit_code(report.refused.as_ref()));
    }
    let (stored, outdated, refused) = read?;
    let table = Table { stored: &stored, outdated, args, preferred: &*preferred };
    print(format_args!("{table}"))?;
    Ok(exit_code(refused.as_ref()))
}

/// What can be read, whether it is outdated, and why `verify` would refuse it all the same: a dear hash costs nothing to
/// look at.
fn read(
    args: &Inspect,
    preferred: &Arc<dyn Hasher>,
) -> Result<(StoredHash, bool, Option<Refusal>), Refusal> {
    let hashers = accept_all(preferred.clone());
    let text = stored_hash(&args.stored)?;
    let reader = hashers.clone().limits(unlimited());
    let (stored, outdated) = (reader.inspect(&text)?, reader.needs_update(&text)?);
    let refused = hashers.limits(Limits::default()).inspect(&text).err().map(Refusal::from);
    Ok((stored, outdated, refused))
}

fn exit_code(refused: Option<&Refusal>) -> ExitCode {
    match refused {
        None => ExitCode::SUCCESS,
        Some(refusal) => {
            complain(format_args!("{refusal}"));
            ExitCode::from(REFUSED)
        }
    }
}

impl Reading {
    fn of(stored: &StoredHash, outdated: bool, args: &Inspect, preferred: &dyn Hasher) -> Self {
        let salt = stored.derivation().salt();
        Self {
            format: Some(stored.name()),
            parameters: Some(Parameters::of(stored)),
            salt_len: Some(salt.len()),
            digest_len: Some(stored.digest().len()),
            salt: args.show_salt.then(|| hex(salt)),
            digest: args.show_digest.then(|| hex(stored.digest())),
            strength: Some(Strength::of(stored)),
            outdated: Some(outdated),
            compared_with: Some(Preferred {
                format: args.making.algorithm.clone(),
                parameters: Parameters::written_by(preferred),
            }),
            price: Some(Price::of(stored)),
        }
    }
}

/// The same for people.
struct Table<'a> {
    stored: &'a StoredHash,
    outdated: bool,
    args: &'a Inspect,
    preferred: &'a dyn Hasher,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, outdated, args, preferred } = self;
        let salt = stored.derivation().salt();
        writeln!(f, "format      {}", stored.name())?;
        writeln!(f, "parameters  {}", Parameters::of(stored))?;
        writeln!(f, "salt        {}", bytes(salt, args.show_salt))?;
        writeln!(f, "digest      {}", bytes(stored.digest(), args.show_digest))?;

        let Strength { verdict, reasons, .. } = Strength::of(stored);
        writeln!(f, "strength    {verdict} ({SOURCE}, {AS_OF})")?;
        for reason in reasons {
            writeln!(f, "            {reason}")?;
        }

        let new = Parameters::written_by(*preferred);
        let algorithm = &args.making.algorithm;
        if *outdated {
            writeln!(f, "rehash      yes, to {algorithm} {new}")?;
        } else {
            writeln!(f, "rehash      no, it is as good as {algorithm} {new}")?;
        }
        write!(f, "price       {}", Price::of(stored))
    }
}

fn bytes(bytes: &[u8], shown: bool) -> String {
    let len = bytes.len();
    if shown { format!("{len} bytes, {}", hex(bytes)) } else { format!("{len} bytes") }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
