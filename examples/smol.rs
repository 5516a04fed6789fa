//! Host: smol, and a protocol that is not HTTP: a line each way, as mail servers speak.
//!
//! What to take away:
//!
//! - `login` takes a user-id and a password from wherever a host reads them;
//! - `smol::unblock` has up to 500 threads: permits say how many passwords are hashed at once. The permit
//!   goes with the job, which runs on if the client hangs up;
//! - a line has a limit and is wiped, a connection has a time limit, and so has the wait for a permit.
//!
//! `Pool::verify` of `doorstep-tower` takes the place of permits and `unblock` on any runtime. It speaks no
//! TLS, which passwords on a network need.
//!
//! ```text
//! cargo run --example smol
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use doorstep::password::{Argon2, Hashers, Secret};
use doorstep::{Authenticator, Outcome, Refuse, Step};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use smol::lock::Semaphore;
use smol::net::{TcpListener, TcpStream};

/// Passwords that are hashed at once: 2 × 19 MiB.
const PERMITS: usize = 2;
/// How long a login may wait for a permit.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection may last.
const SESSION: Duration = Duration::from_secs(60);
/// A line, in bytes.
const LINE_LEN: u64 = 512;

struct Host {
    auth: Authenticator,
    users: HashMap<&'static str, String>,
    permits: Arc<Semaphore>,
}

impl Host {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut user = None;
        let mut reader = BufReader::new(stream.clone());
        let mut writer = stream;
        loop {
            // Never grows, so that it leaves no copy behind, and is wiped. The reader's own buffer is not.
            let mut line = Vec::with_capacity(LINE_LEN as usize);
            let read = (&mut reader).take(LINE_LEN).read_until(b'\n', &mut line).await;
            let line = Secret::from(line);
            if read? == 0 {
                return Ok(());
            }
            let answer = match line.expose().strip_suffix(b"\r\n").map(Command::parse) {
                None => return writer.write_all(b"BAD that was no line\r\n").await,
                Some(Command::Login(username, password)) => {
                    let outcome = self.decide(self.auth.login(username, password)).await;
                    // `Debug` of an outcome shows why, and nothing secret.
                    println!("{outcome:?}");
                    match outcome {
                        Outcome::Granted(granted) => {
                            user = Some(granted.into_user());
                            "OK\r\n".into()
                        }
                        Outcome::Denied(_) | Outcome::Anonymous(_) => "NO\r\n".into(),
                    }
                }
                Some(Command::WhoAmI) => match user {
                    Some(name) => format!("OK {name}\r\n"),
                    None => "NO log in first\r\n".into(),
                },
                Some(Command::Unknown) => "BAD what?\r\n".into(),
            };
            writer.write_all(answer.as_bytes()).await?;
        }
    }

    async fn decide(&self, mut step: Step<&'static str>) -> Outcome<&'static str> {
        loop {
            step = match step {
                Step::FindUser(ask) => match self.users.get_key_value(ask.username()) {
                    Some((user, hash)) => ask.found(user, &**hash),
                    None => ask.not_found(), // the same work as a wrong password
                },
                Step::FindToken(ask) => ask.not_found(),
                Step::Verify(work) => match within(PATIENCE, self.permits.acquire_arc()).await {
                    None => work.refuse(Refuse::Overloaded { retry_after: 1 }),
                    Some(permit) => {
                        let job = || {
                            let next = work.run();
                            drop(permit);
                            next
                        };
                        smol::unblock(job).await
                    }
                },
                // There is one hasher: its hashes are never outdated.
                Step::Rehash(work) => work.skip(),
                Step::Replace(ask) => ask.done(Err(())),
                Step::Done(outcome) => return outcome,
            };
        }
    }
}

enum Command<'a> {
    Login(&'a str, Secret),
    WhoAmI,
    Unknown,
}

impl<'a> Command<'a> {
    fn parse(line: &'a [u8]) -> Self {
        let mut words = line.splitn(3, |&byte| byte == b' ');
        match (words.next(), words.next().map(str::from_utf8), words.next()) {
            (Some(b"LOGIN"), Some(Ok(username)), Some(password)) => {
                Command::Login(username, Secret::new(password))
            }
            (Some(b"WHOAMI"), None, None) => Command::WhoAmI,
            _ => Command::Unknown,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let auth = Authenticator::builder("lines", Hashers::new(Argon2::default())).build()?;
    let hash = auth.hashers().hash(Secret::from("open sesame"))?.run()?;
    let users = HashMap::from([("Aladdin", hash)]);
    let host = Arc::new(Host { auth, users, permits: Arc::new(Semaphore::new(PERMITS)) });
    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        // A service awaits the server; this one asks it a few things instead, and ends.
        let server = smol::spawn(listen(listener, host));
        check(TcpStream::connect(address).await?).await?;
        server.cancel().await;
        Ok(())
    })
}

async fn listen(listener: TcpListener, host: Arc<Host>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let host = host.clone();
        let served = async move {
            let session = within(SESSION, host.serve(stream)).await;
            if let Some(Err(error)) = session {
                eprintln!("connection: {error}");
            }
        };
        smol::spawn(served).detach();
    }
}

async fn within<T>(time: Duration, task: impl Future<Output = T>) -> Option<T> {
    let task = async { Some(task.await) };
    let timer = async {
        Timer::after(time).await;
        None
    };
    task.or(timer).await
}

async fn check(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    let (mut answers, mut commands) = (BufReader::new(stream.clone()), stream);
    for (command, expected) in [
        ("WHOAMI", "NO log in first"),
        ("LOGIN Aladdin", "BAD what?"),
        ("LOGIN Ala:ddin open sesame", "NO"), // no user-id has a colon
        ("LOGIN Cassim open sesame", "NO"),
        ("LOGIN Aladdin open barley", "NO"),
        ("LOGIN Aladdin open sesame", "OK"),
        ("WHOAMI", "OK Aladdin"),
    ] {
        commands.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = String::new();
        answers.read_line(&mut answer).await?;
        print!("{command}: {answer}");
        assert_eq!(answer.trim_end(), expected);
    }
    Ok(())
}
