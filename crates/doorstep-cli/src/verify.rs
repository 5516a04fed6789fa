//! `doorstep verify`.

use std::process::ExitCode;
use std::sync::Arc;

use doorstep_password::{Argon2, BuiltIn, Hashers, Verdict, by_name};
use serde::Serialize;

use crate::algorithm::{accept_all, bare};
use crate::args::Verify;
use crate::input::{Password, stored_hash};
use crate::output::{note, print, print_json};
use crate::refusal::Refusal;

/// The password is not that of the hash.
const MISMATCH: u8 = 1;

/// What `--json` prints. The README documents it.
#[derive(Serialize)]
struct Report {
    verdict: &'static str,
    /// Known once the hash is read.
    format: Option<&'static str>,
    outdated: Option<bool>,
    refused: Option<Refusal>,
}

pub(crate) fn run(args: &Verify) -> Result<ExitCode, Refusal> {
    let mut report = Report { verdict: "refused", format: None, outdated: None, refused: None };
    let judged = judge(args, &mut report);
    if args.json {
        report.refused = judged.as_ref().err().cloned();
        print_json(&report)?;
    }
    let verdict = judged?;
    if !args.json {
        match verdict {
            Verdict::Mismatch => print(format_args!("mismatch"))?,
            Verdict::Match => print(format_args!("match"))?,
            Verdict::Outdated => {
                print(format_args!("match, outdated: `doorstep hash` would not write this hash"))?;
            }
        }
    }
    Ok(if verdict.is_match() { ExitCode::SUCCESS } else { ExitCode::from(MISMATCH) })
}

fn judge(args: &Verify, report: &mut Report) -> Result<Verdict, Refusal> {
    let hashers = accept_all(Arc::new(Argon2::default()));
    let named = args.format.iter().flat_map(|name| bare(name)).map(BuiltIn::format);
    let hashers = named.fold(hashers, Hashers::accept);
    let text = stored_hash(&args.stored)?;
    // The hash is read before a password is asked for.
    let stored = hashers.inspect(&text)?;
    let name = stored.name();
    report.format = Some(name);
    if let Some(wanted) = args.format.as_deref().filter(|wanted| *wanted != name) {
        let message = format!("this is a hash of {name}, and {wanted} alone is accepted");
        return Err(Refusal::new("other_format", message));
    }
    report.outdated = Some(hashers.needs_update(&text)?);

    let Password { secret, from_stdin } = Password::read(&args.source, &hashers)?;
    let misfit = by_name(name).ok().and_then(|hasher| hasher.can_hash(secret.expose()).err());
    let ends_line = from_stdin && secret.expose().ends_with(b"\n");
    let verdict = hashers.verify(secret, &text)?.run()?;
    if let Some(misfit) = misfit {
        note(format_args!("{misfit}"));
    }
    if ends_line && verdict == Verdict::Mismatch {
        note(format_args!("the password ends with a line feed, which counts"));
    }
    report.verdict = if verdict.is_match() { "match" } else { "mismatch" };
    Ok(verdict)
}
