//! Standard output and standard error, without colour and without panics when nobody reads them.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::{Value, json};

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

/// What a command with a report prints with `--json`.
#[derive(Serialize)]
struct Outcome<'a, T> {
    #[serde(flatten)]
    report: &'a T,
    refused: Option<&'a Refusal>,
}

/// Prints what came of a command as one line of JSON: its report with `refused` null, or `refused` with
/// all else null.
pub(crate) fn print_outcome<T: Serialize + Default>(
    outcome: &Result<T, Refusal>,
) -> Result<(), Refusal> {
    let refusal = match outcome {
        Ok(report) => return print_json(&Outcome { report, refused: None }),
        Err(refusal) => refusal,
    };
    let nothing = Outcome { report: &T::default(), refused: None };
    let mut object = serde_json::to_value(nothing)
        .map_err(|error| Refusal::io(format!("cannot write JSON: {error}")))?;
    object.as_object_mut().into_iter().flatten().for_each(|(_, value)| *value = Value::Null);
    object["refused"] = json!(refusal);
    print_json(&object)
}

/// Says on standard error why nothing came of it.
pub(crate) fn complain(why: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "doorstep: {why}");
}

/// Says on standard error what somebody should know.
pub(crate) fn note(what: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "doorstep: note: {what}");
}
