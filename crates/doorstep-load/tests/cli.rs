//! The two ends of a measurement, in miniature: what is served is what is asked for. No test here
//! asserts a time or a rate.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_doorstep-load");

struct Served {
    child: Child,
    address: String,
}

fn serve(args: &[&str]) -> Served {
    let mut command = Command::new(PROGRAM);
    command.args(["serve", "--hash", "bcrypt:4"]).args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().to_owned();
    Served { child, address }
}

impl Served {
    fn ask(&self, path: &str, with: &str) -> String {
        let args = ["--with", with, "--connections", "2", "--seconds", "0.2"];
        let mut command = Command::new(PROGRAM);
        let output = command.args(["ask", &self.address, path]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// It ends when nobody holds its standard input any more.
    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn every_way_in_is_answered_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("users.db").display());
    for args in [&[][..], &["--receipts"], &["--throttle"], &["--database", &database]] {
        let served = serve(args);
        for with in ["login", "token"] {
            let said = served.ask("/me", with);
            assert!(said.contains("{200: "), "{args:?}, {with}: {said}");
        }
        assert!(served.ask("/me", "nothing").contains("{401: "), "{args:?}");
        assert!(served.ask("/open", "nothing").contains("{200: "), "{args:?}");
        served.end();
    }
}
