//! Standard output and standard error, without colour and without panics when nobody reads them.

use std::fmt::{self, Arguments};
use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::refusal::Refusal;

/// Prints lines on standard output. A reader who left changes nothing; a full disk does.
pub(crate) fn print(text: Arguments<'_>) -> Result<(), Refusal> {
    let mut out = io::stdout().lock();
    is_read(writeln!(out, "{text}").and_then(|()| out.flush())).map(drop)
}

/// Prints one line of JSON on standard output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Refusal> {
    print(format_args!("{}", json(value)?))
}

/// JSON of printable characters: a terminal obeys some that JSON lets through.
fn json(value: &impl Serialize) -> Result<String, Refusal> {
    let line = serde_json::to_string(value).map_err(no_json)?;
    if line.is_ascii() && !line.contains('\x7f') {
        return Ok(line);
    }
    let mut printable = String::with_capacity(line.len());
    for character in line.chars() {
        // Within a string, as all of them are that are not ASCII.
        let is_printable = character.is_ascii() || character.escape_debug().len() == 1;
        if is_printable && character != '\x7f' {
            printable.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = fmt::Write::write_fmt(&mut printable, format_args!("\\u{unit:04x}"));
        }
    }
    Ok(printable)
}

fn no_json(error: serde_json::Error) -> Refusal {
    Refusal::io(format!("cannot write JSON: {error}"))
}

/// Prints a secret alone on its line, past the standard library's buffer, which is never wiped. Here
/// a reader who left is an error.
#[cfg(feature = "database")]
pub(crate) fn print_secret(secret: &doorstep_password::Secret) -> Result<(), Refusal> {
    let mut line = zeroize::Zeroizing::new(Vec::with_capacity(secret.len() + 1));
    line.extend_from_slice(secret.expose());
    line.push(b'\n');
    #[cfg(unix)]
    let out = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let out = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    out.and_then(|out| std::fs::File::from(out).write_all(&line))
        .map_err(|error| Refusal::io(format!("cannot write to standard output: {error}")))
}

/// Many lines on standard output, as they come.
#[cfg(feature = "database")]
pub(crate) struct Listing(io::BufWriter<io::Stdout>);

#[cfg(feature = "database")]
impl Listing {
    pub(crate) fn new() -> Self {
        Self(io::BufWriter::new(io::stdout()))
    }

    /// Prints a line for people or of JSON, and says whether there is still somebody who reads.
    pub(crate) fn line(
        &mut self,
        line: &(impl fmt::Display + Serialize),
        as_json: bool,
    ) -> Result<bool, Refusal> {
        is_read(if as_json {
            writeln!(self.0, "{}", json(line)?)
        } else {
            writeln!(self.0, "{line}")
        })
    }

    pub(crate) fn end(mut self) -> Result<bool, Refusal> {
        is_read(self.0.flush())
    }
}

fn is_read(done: io::Result<()>) -> Result<bool, Refusal> {
    match done {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Refusal::io(format!("cannot write to standard output: {error}"))),
    }
}

/// What a command with a report prints with `--json`.
#[derive(Serialize)]
struct Outcome<'a, T> {
    #[serde(flatten)]
    report: &'a T,
    refused: Option<&'a Refusal>,
}

/// Prints what a command has done until it was stopped, if it was, as one line of JSON.
#[cfg(feature = "database")]
pub(crate) fn print_progress<T: Serialize>(
    report: &T,
    refused: Option<&Refusal>,
) -> Result<(), Refusal> {
    print_json(&Outcome { report, refused })
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
    let mut object = serde_json::to_value(nothing).map_err(no_json)?;
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
