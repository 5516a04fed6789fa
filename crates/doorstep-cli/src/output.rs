//! Standard output and standard error, without colour and without panics when nobody reads them.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::refusal::Refusal;

/// Prints lines on standard output. A reader who left changes nothing; a full disk does.
pub(crate) fn print(text: Arguments<'_>) -> Result<(), Refusal> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Refusal::io(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints one line of JSON on standard output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Refusal> {
    let line = serde_json::to_string(value)
        .map_err(|error| Refusal::io(format!("cannot write JSON: {error}")))?;
    print(format_args!("{line}"))
}

/// Says on standard error why nothing came of it.
pub(crate) fn complain(why: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "doorstep: {why}");
}

/// Says on standard error what somebody should know.
pub(crate) fn note(what: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "doorstep: note: {what}");
}
