//! The prompt, at a terminal of the test's own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use doorstep_password::{Argon2, Hashers, Secret};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use util::{CHEAP, Ran, ran};

/// A terminal and the program at it.
struct Session {
    terminal: File,
    modes: LocalModes,
    shown: Vec<u8>,
    child: Child,
}

impl Session {
    fn start(args: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let modes = tcgetattr(&terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
        // A session of its own, whose terminal this is.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", util::PROGRAM])
            .args(args)
            .stdin(File::options().read(true).write(true).open(name).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { terminal: File::from(terminal), modes, shown: Vec::new(), child }
    }

    /// Waits for a prompt, then types.
    #[track_caller]
    fn answer(mut self, prompt: &str, typed: &[u8]) -> Self {
        let seen_before = self.shown.len();
        while !self.shown[seen_before..].ends_with(prompt.as_bytes()) {
            let mut buffer = [0; 100];
            let len = self.terminal.read(&mut buffer).expect("the program ended");
            self.shown.extend_from_slice(&buffer[..len]);
        }
        assert!(!tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO));
        self.terminal.write_all(typed).unwrap();
        self
    }

    /// What is left when the program has ended: the terminal as it was, and no password on it.
    #[track_caller]
    fn end(mut self, secret: &str) -> (Ran, Option<i32>) {
        let seen_before = self.shown.len();
        let mut buffer = [0; 100];
        // Until the last program at the terminal is gone, which reading reports as an error.
        while let Ok(len) = self.terminal.read(&mut buffer) {
            self.shown.extend_from_slice(&buffer[..len]);
            // It would wait for ever. The end of the terminal ends it.
            assert!(!self.shown[seen_before..].ends_with(b": "), "a question that nobody expects");
        }
        assert_eq!(tcgetattr(&self.terminal).unwrap().local_modes, self.modes);
        let shown = String::from_utf8_lossy(&self.shown).into_owned();
        assert!(!shown.contains(secret), "{shown:?}");
        let output = self.child.wait_with_output().unwrap();
        let signal = output.status.signal();
        (ran(output), signal)
    }
}

/// Types `password` at both prompts of `hash`.
#[track_caller]
fn make(first: &[u8], again: &[u8]) -> Ran {
    Session::start(&[&["hash"] as &[&str], &CHEAP].concat())
        .answer("New password: ", &[first, b"\n"].concat())
        .answer("The same again: ", &[again, b"\n"].concat())
        .end("horse")
        .0
}

#[track_caller]
fn is_of(ran: &Ran, password: &[u8]) -> bool {
    let hashers = Hashers::new(Argon2::default());
    let work = hashers.verify(Secret::new(password), ran.stdout.trim_end()).unwrap();
    work.run().unwrap().is_match()
}

#[test]
fn hash_asks_twice_and_shows_nothing() {
    let made = make(b"correct horse", b"correct horse").exits(0);
    assert!(is_of(&made, b"correct horse"), "{made:?}");
}

#[test]
fn two_that_differ_are_refused() {
    make(b"correct horse", b"correct horsf").refuses("differ");
}

/// Backspace takes a character, not a byte; Ctrl-U takes the line.
#[test]
fn a_line_can_be_corrected() {
    let made = make("wrong\x15horsé\x7fe".as_bytes(), b"\x7fhorsf\x08e").exits(0);
    assert!(is_of(&made, b"horse"), "{made:?}");
}

/// 4096 bytes are allowed; a terminal that collects lines would give 4095 of them.
#[test]
fn a_long_line_is_not_cut() {
    let longest = [b'h'; 4096];
    let made = make(&longest, &longest).exits(0);
    assert!(is_of(&made, &longest), "{made:?}");

    Session::start(&["hash"])
        .answer("New password: ", &[&longest as &[u8], b"hh\n"].concat())
        .end("hh")
        .0
        .refuses("longer than 4096 bytes");
}

/// Not UTF-8, and yet what was typed.
#[test]
fn any_bytes_but_control_characters() {
    let made = make(b"horse\xe9", b"horse\xe9").exits(0);
    assert!(is_of(&made, b"horse\xe9"), "{made:?}");
    for control in ["\x1b[D", "\t", "\x1a"] {
        let typed = format!("horse{control}\n");
        let (refused, _) =
            Session::start(&["hash"]).answer("New password: ", typed.as_bytes()).end("horse");
        refused.refuses("control character");
    }
}

#[test]
fn verify_asks_once() {
    let stored = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for (typed, code) in [(b"U*U\n", 0), (b"U*V\n", 1)] {
        let (checked, _) =
            Session::start(&["verify", "--", stored]).answer("Password: ", typed).end("U*");
        checked.exits(code);
    }
}

/// A hash that is refused whatever the password is asks for none.
#[test]
fn nothing_is_asked_in_vain() {
    for args in [
        &["verify", "--", "$2a$05$CCCC"] as &[&str],
        &["hash", "--algorithm", "bcrypt", "--cost", "17"],
    ] {
        let session = Session::start(args);
        let (refused, _) = session.end("assword");
        refused.exits(2);
    }
}

/// The echo comes back (checked by `end`), and nothing is hashed.
#[test]
fn ctrl_c_and_ctrl_d_end_it() {
    for (key, reason) in [(b"\x03", "interrupted"), (b"\x04", "the terminal ended")] {
        let session = Session::start(&["hash"]);
        let (ended, signal) = session.answer("New password: ", key).end("\x03");
        assert_eq!(ended.stdout, "");
        // Whoever started the tests may have let SIGINT be ignored.
        if signal != Some(2) && ended.code != Some(128 + 2) {
            ended.refuses(reason);
        }
    }
}

#[test]
fn a_terminal_is_no_stream_of_bytes() {
    let mut session = Session::start(&["hash", "--stdin"]);
    // An end, should it read all the same.
    session.terminal.write_all(b"\x04").unwrap();
    session.end("horse").0.refuses("leave --stdin away");
}

#[test]
fn without_a_terminal_it_says_so() {
    let mut command = Command::new("setsid");
    command.args(["--wait", util::PROGRAM, "hash"]).stdin(Stdio::null());
    ran(command.output().unwrap()).refuses("use --stdin");
}
