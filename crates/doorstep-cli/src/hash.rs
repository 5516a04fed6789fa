//! `doorstep hash`.

use std::process::ExitCode;

use doorstep_password::{Hashers, Secret};

use crate::advice::{AS_OF, Opinion, SOURCE, Strength};
use crate::algorithm::hasher;
use crate::args::Hash;
use crate::input::Password;
use crate::output::{note, print};
use crate::refusal::Refusal;

pub(crate) fn run(args: &Hash) -> Result<ExitCode, Refusal> {
    let hashers = Hashers::new(hasher(&args.making)?);
    // What no password could change is refused before one is asked for.
    hashers.can_hash(b"")?;
    let Password { secret, from_stdin } = Password::read_new(&args.source, &hashers)?;
    note_oddities(&secret, from_stdin);
    print(format_args!("{}", make(&hashers, secret)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Says what is easily overlooked in a new password.
pub(crate) fn note_oddities(secret: &Secret, from_stdin: bool) {
    if secret.is_empty() {
        note(format_args!("the password is empty"));
    }
    if from_stdin && secret.expose().ends_with(b"\n") {
        note(format_args!("the password ends with a line feed, which counts"));
    }
}

/// Makes the hash, and says if it is a weak one.
pub(crate) fn make(hashers: &Hashers, secret: Secret) -> Result<String, Refusal> {
    let stored = hashers.hash(secret)?.run()?;
    let strength = Strength::of(&hashers.inspect(&stored)?);
    if strength.verdict == Opinion::Below {
        let reasons = strength.reasons.join("; ");
        note(format_args!("weaker than the {SOURCE} of {AS_OF} advises: {reasons}"));
    }
    Ok(stored)
}
