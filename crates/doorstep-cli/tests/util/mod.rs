//! Runs the program.

#![allow(dead_code, unreachable_pub)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_doorstep");

/// Options that make Argon2 cheap.
pub const CHEAP: [&str; 4] = ["--memory", "8", "--passes", "1"];

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    /// Refused: nothing but JSON on standard output, and a reason on standard error.
    #[track_caller]
    pub fn refuses(self, reason: &str) -> Self {
        assert!(self.stderr.contains(reason), "no {reason:?} in {self:?}");
        self.exits(2)
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// The program, in an environment that forces no colour.
pub fn program() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("CLICOLOR_FORCE");
    command
}

#[track_caller]
pub fn run(args: &[&str]) -> Ran {
    with_stdin(args, b"")
}

/// Runs it with `password` as all of standard input.
#[track_caller]
pub fn with_stdin(args: &[&str], password: &[u8]) -> Ran {
    let mut child = program()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read all, or any of it.
    let _ = child.stdin.take().unwrap().write_all(password);
    ran(child.wait_with_output().unwrap())
}

#[track_caller]
pub fn ran(Output { status, stdout, stderr }: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Makes a hash, with options after the algorithm.
#[track_caller]
pub fn hash(password: &[u8], options: &[&str]) -> String {
    let made = with_stdin(&[&["hash", "--stdin"], options].concat(), password).exits(0);
    let stored = made.stdout.strip_suffix('\n').unwrap();
    assert!(!stored.contains('\n'), "{stored}");
    stored.to_owned()
}

/// The exit code of `verify`.
#[track_caller]
pub fn verify(password: &[u8], stored: &str) -> i32 {
    with_stdin(&["verify", "--stdin", "--", stored], password).code.unwrap()
}

/// A file of the tests' own.
#[track_caller]
pub fn file(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path.into_os_string().into_string().unwrap()
}

/// As `vectors/README.md` writes the hashes.
pub fn unescape(text: &str) -> String {
    let named = [(r"\t", "\t"), (r"\n", "\n"), (r"\r", "\r"), (r"\0", "\0")];
    let pieces = text.split(r"\\").map(|piece| {
        named.iter().fold(piece.to_owned(), |text, (name, character)| text.replace(name, character))
    });
    pieces.collect::<Vec<_>>().join("\\")
}
