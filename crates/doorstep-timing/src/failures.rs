//! Instructions of each way to fail, counted by callgrind: in process from the answer of the look-up to the
//! verdict, and of a server for each request of a client outside of it.
//!
//! Instructions are no time, but they are nearly the same each time, and say what was done without a clock.

mod serve;

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{Argon2, Hashers, Pbkdf2, Prf, Secret, Workspace};
use doorstep::{Account, Authenticator, Basic, Outcome, Step};

use crate::valgrind;
pub(crate) use serve::serve;

/// How far the dearest class may be from the cheapest, as a share of the latter.
const IN_PROCESS: f64 = 0.01;
const OVER_HTTP: f64 = 0.03;

/// What has the work of the preferred format, each the user-id of such an account.
const PREFERRED: [&str; 6] =
    ["wrong-password", "unknown-user", "no-password", "disabled", "corrupt-hash", "over-the-limit"];
/// What has the work of an old format: somebody's, and by shares nobody's.
const OLD: [&str; 2] = ["old-hash", "unknown-by-shares"];

const PASSWORD: &str = "wrong, and 27 letters long.";
/// Of two servers, whose difference is that of the requests that only one of them had.
const REQUESTS: [u64; 2] = [1, 4];

/// A host with an account of each class, whose hashes are Argon2's with its defaults and PBKDF2's.
struct Host {
    auth: Authenticator,
    current: String,
    old: String,
}

impl Host {
    /// `class` says whether unknown names get the old format's work.
    fn new(class: &str) -> Result<Self, Box<dyn Error>> {
        let preferred = Hashers::new(Argon2::default());
        let current = preferred.hash(Secret::from("right"))?.run()?;
        let old = Hashers::new(Pbkdf2::new(Prf::Sha256, 100_000)?);
        let old = old.hash(Secret::from("right"))?.run()?;
        let mut hashers = preferred.accept(Pbkdf2::default());
        if OLD.contains(&class) {
            hashers = hashers.shares(Secret::new(&[3; 32]), [(&*old, 1.0)])?;
        }
        let auth = Authenticator::builder("timing", hashers).scheme(Basic::new()).build()?;
        Ok(Self { auth, current, old })
    }

    fn account(&self, username: &str) -> Option<Account> {
        match username {
            "wrong-password" => Some(Account::from(&*self.current)),
            "no-password" => Some(Account::from(None::<String>)),
            "disabled" => Some(Account::disabled()),
            "corrupt-hash" => Some(Account::from(&self.current[..self.current.len() - 1])),
            "over-the-limit" => Some(self.current.replace("m=19456", "m=4000000000").into()),
            "old-hash" => Some(Account::from(&*self.old)),
            _ => None,
        }
    }
}

/// Counts all classes, or those in process alone, and holds them against one another. Prints the figure, and
/// says whether they are within their bounds.
pub(crate) fn judge(over_http_too: bool) -> Result<bool, Box<dyn Error>> {
    let mut places = vec![("in process", IN_PROCESS, in_process as fn(&str) -> _)];
    if over_http_too {
        places.push(("over HTTP", OVER_HTTP, over_http));
    }
    let (mut is_within, mut figures) = (true, Vec::new());
    for (place, bound, count) in places {
        for classes in [&PREFERRED[..], &OLD[..]] {
            let mut counts = Vec::new();
            for class in classes {
                let count = count(class)?;
                println!("{place:12} {class:18} {count:11} instructions");
                counts.push(count);
            }
            let (least, most) = (counts.iter().min(), counts.iter().max());
            let (least, most) = least.zip(most).ok_or("no classes")?;
            let apart = *most as f64 / *least as f64 - 1.0;
            is_within &= apart <= bound;
            figures.push(format!("{} classes {place} {:.4} %", counts.len(), 100.0 * apart));
        }
    }
    let (in_process, over_http) = (100.0 * IN_PROCESS, 100.0 * OVER_HTTP);
    println!(
        "figure: failures: instructions at most so far apart: {}; {in_process} % and {over_http} % are allowed",
        figures.join(", "),
    );
    Ok(is_within)
}

fn in_process(class: &str) -> Result<u64, Box<dyn Error>> {
    let output = callgrind(&["--collect-atstart=no"], &["failure", class])?.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    collected(&output.stderr)
}

/// One failure, of which callgrind counts what lies between look-up and verdict.
pub(crate) fn fail(class: &str) -> Result<(), Box<dyn Error>> {
    let host = Host::new(class)?;
    let mut workspace = Workspace::new();
    // Twice: the first pays for what is made once.
    for is_counted in [false, true] {
        let account = host.account(class);
        let Step::FindUser(ask) = host.auth.login::<u64>(class, Secret::from(PASSWORD)) else {
            return Err("malformed credentials".into());
        };
        if is_counted {
            valgrind::toggle_collect();
        }
        let step = match account {
            Some(account) => ask.found(7, account),
            None => ask.not_found(),
        };
        let Step::Verify(work) = step else { return Err("no verification".into()) };
        let step = work.run_in(&mut workspace);
        if is_counted {
            valgrind::toggle_collect();
        }
        let Step::Done(Outcome::Denied(_)) = black_box(step) else { return Err("granted".into()) };
    }
    Ok(())
}

/// Instructions of one request, between a server of few and one of more.
fn over_http(class: &str) -> Result<u64, Box<dyn Error>> {
    let mut counts = [0; 2];
    for (count, requests) in counts.iter_mut().zip(REQUESTS) {
        let mut server = callgrind(&[], &["serve", class])?.spawn()?;
        let mut address = String::new();
        let stdout = server.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut address)?;
        for _ in 0..requests {
            let response = request(address.trim(), "/", class)?;
            if !response.starts_with("HTTP/1.1 401 ") {
                return Err(response.into());
            }
        }
        request(address.trim(), "/quit", class)?;
        *count = collected(&server.wait_with_output()?.stderr)?;
    }
    Ok((counts[1] - counts[0]) / (REQUESTS[1] - REQUESTS[0]))
}

fn request(address: &str, path: &str, class: &str) -> Result<String, Box<dyn Error>> {
    let mut user_pass = format!("{class}:{PASSWORD}").into_bytes();
    // Of one length for all classes.
    user_pass.resize(60, b'.');
    let credentials = STANDARD.encode(user_pass);
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Basic {credentials}\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// This program under callgrind, which writes its counts to the standard error.
fn callgrind(options: &[&str], arguments: &[&str]) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(options)
        .arg(std::env::current_exe()?)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

fn collected(stderr: &[u8]) -> Result<u64, Box<dyn Error>> {
    let text = String::from_utf8_lossy(stderr);
    let count =
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.ok_or_else(|| format!("callgrind counted nothing:\n{text}").into())
}
