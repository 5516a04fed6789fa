//! Starts the server on a free port, and asks it as a client.

#![allow(dead_code, unreachable_pub)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard};

/// One at a time: some of them count seconds.
static ALONE: Mutex<()> = Mutex::const_new(());

const PROGRAM: &str = env!("CARGO_BIN_EXE_doorstep-demo");

/// A directory with a database, for one test.
pub struct Place {
    pub directory: PathBuf,
    pub database: String,
    _alone: MutexGuard<'static, ()>,
}

impl Place {
    pub async fn new(name: &str) -> Self {
        let alone = ALONE.lock().await;
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let database = format!("sqlite:{}", directory.join("demo.sqlite").display());
        Self { directory, database, _alone: alone }
    }

    pub async fn open(&self) -> SqlitePool {
        let options = SqliteConnectOptions::from_str(&self.database).unwrap();
        SqlitePool::connect_with(options.busy_timeout(Duration::from_secs(5))).await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        let database = self.open().await;
        sqlx::raw_sql(sql).execute(&database).await.unwrap();
        database.close().await;
    }

    /// The stored hash of a user.
    pub async fn hash(&self, username: &str) -> String {
        let database = self.open().await;
        let sql = "SELECT hash FROM doorstep_users WHERE username = ?";
        let hash = sqlx::query_scalar(sql).bind(username).fetch_one(&database).await.unwrap();
        database.close().await;
        hash
    }

    pub fn start(&self, args: &[&str]) -> Server {
        self.start_by(Command::new(PROGRAM), args)
    }

    /// Starts it after a line of sh's, which limits what it may take.
    pub fn start_limited(&self, limits: &str, args: &[&str]) -> Server {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), PROGRAM]);
        self.start_by(shell, args)
    }

    fn start_by(&self, mut program: Command, args: &[&str]) -> Server {
        let log = self.directory.join("log");
        let mut child = program
            .args(["--listen", "127.0.0.1:0", "--database", &self.database, "--log", "debug"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(fs::File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on http://").unwrap();
        Server { address: address.parse().unwrap(), child, log }
    }

    /// Runs it to its end, which must come by itself.
    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(PROGRAM).args(args).current_dir(&self.directory).output().unwrap()
    }

    pub fn import(&self, lines: &[u8]) -> Output {
        self.import_from("lines", lines)
    }

    pub fn import_from(&self, layout: &str, lines: &[u8]) -> Output {
        let mut child = Command::new(PROGRAM)
            .args(["import", "-", "--from", layout, "--database", &self.database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines).unwrap();
        child.wait_with_output().unwrap()
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub child: Child,
    pub log: PathBuf,
}

/// An answer without its date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn field(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| &**value).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// 401 with every challenge; `Bearer` may say what became of its token.
    #[track_caller]
    pub fn challenged(self) -> Self {
        let answer = self.is(401);
        let challenges = answer.field("www-authenticate");
        assert_eq!(challenges.len(), 3, "{answer:?}");
        for (challenge, scheme) in challenges.iter().zip(["Basic", "Bearer", "Token"]) {
            assert!(challenge.starts_with(&format!("{scheme} realm=\"doorstep-demo\"")));
        }
        answer
    }
}

impl Server {
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &[u8])],
        body: impl Into<Bytes>,
    ) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", self.address.to_string());
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        let fields = head.headers.iter().filter(|(name, _)| *name != "date");
        let fields =
            fields.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            fields: fields.collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let fields: [(&str, &[u8]); 1] = [("content-type", b"application/json")];
        self.send("POST", path, &fields, body.to_string()).await
    }

    pub async fn authorized(&self, method: &str, path: &str, authorization: &str) -> Answer {
        self.send(method, path, &[("authorization", authorization.as_bytes())], "").await
    }

    pub async fn protected(&self, authorization: &str) -> Answer {
        self.authorized("GET", "/protected", authorization).await
    }

    /// Bytes that no client would send. What comes back until the server hangs up.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may have answered and hung up before it has all.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A request whose client does not wait for the answer: it hangs up when this is dropped.
    pub async fn leave(&self, authorization: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "GET /protected HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The most memory that it ever had, in KiB.
    pub fn peak_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub async fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(15), "it does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn stop(mut self) {
        self.signal("INT");
        assert_eq!(self.ended().await.code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

pub fn login(username: &str, password: &str) -> Value {
    json!({ "username": username, "password": password })
}

/// Runs all of them at once, on this task.
pub async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut futures {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

/// For how long a database is gone: a second, or `DOORSTEP_OUTAGE_SECS`.
pub fn outage() -> Duration {
    let secs = std::env::var("DOORSTEP_OUTAGE_SECS").map_or(1, |secs| secs.parse().unwrap());
    Duration::from_secs(secs)
}
