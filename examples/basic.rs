//! Anything can be a host: one page behind Basic, over the standard library's sockets alone.
//!
//! ```text
//! cargo run --example basic
//! curl -u 'Aladdin:open sesame' http://127.0.0.1:8080/private
//! ```
//!
//! With `-- --check` it asks itself, on whatever port is free, and ends.
//!
//! It reads just enough of HTTP/1.1 to be safe to talk to: one request a connection, a head of
//! bounded size in bounded time, no body. A few threads accept and hash, each with a workspace of its
//! own, so that time and memory are bounded too: who comes when all are busy waits in the backlog.
//! It speaks no TLS, which passwords on a network need, and so listens on this machine alone.

mod client;

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use doorstep::driver::{MemoryStore, drive_blocking};
use doorstep::password::{Argon2, Hashers, Secret, Workspace};
use doorstep::{Authenticator, Basic, Scopes, UnixTime};

const ADDRESS: &str = "127.0.0.1:8080";
/// Connections that are served at once, and so passwords that are hashed at once.
const THREADS: usize = 4;
/// A request's head, in bytes.
const HEAD_LEN: usize = 16 * 1024;
/// For all of a connection but the hashing, however slowly its bytes come.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let hashers = Hashers::new(Argon2::default());
    let auth = Authenticator::builder("the cave", hashers).scheme(Basic::new()).build()?;

    let hash = auth.hashers().hash(Secret::from("open sesame"))?.run()?;
    let mut users = MemoryStore::new();
    users.insert_user("Aladdin", Some(&hash), Scopes::NONE_ASKED);
    let users = Mutex::new(users);

    let check = std::env::args().any(|argument| argument == "--check");
    let listener = TcpListener::bind(if check { "127.0.0.1:0" } else { ADDRESS })?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}; the page is /private");
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| serve(&listener, &auth, &users));
        }
        if check {
            let failed =
                client::check(address, "/private").inspect_err(|error| println!("{error}"));
            // The threads serve for ever.
            std::process::exit(failed.is_err().into());
        }
    });
    Ok(())
}

/// A thread's life: one connection after the other.
fn serve(listener: &TcpListener, auth: &Authenticator, users: &Mutex<MemoryStore>) {
    let mut workspace = Workspace::new();
    loop {
        // A client that left before it was accepted, or that leaves half-way, is nobody's loss.
        let served = listener.accept().and_then(|(mut stream, _)| {
            let head = read_head(&mut stream)?;
            let response = match head.as_deref().and_then(Request::parse) {
                Some(request) => respond(&request, auth, users, &mut workspace),
                None => Response::new(400, "that was no request"),
            };
            response.send(stream)
        });
        if let Err(error) = served {
            eprintln!("connection: {error}");
        }
    }
}

fn respond(
    request: &Request<'_>,
    auth: &Authenticator,
    users: &Mutex<MemoryStore>,
    workspace: &mut Workspace,
) -> Response {
    match (request.method, request.path) {
        ("GET", "/private") => {}
        ("GET", _) => return Response::new(404, "there is nothing here"),
        _ => return Response::new(501, "only GET"),
    }
    let step = auth.begin(request.fields.iter().copied());
    // The store is locked for a lookup, never while somebody hashes.
    let Ok(outcome) = drive_blocking(step, &mut &*users, workspace, now());
    // `Debug` of an outcome shows why, and nothing secret.
    println!("{outcome:?}");
    match outcome.require(&Scopes::NONE_ASKED) {
        Ok(granted) => Response::new(200, &format!("welcome, {}", granted.user())),
        Err(refusal) => {
            let mut response = Response::new(refusal.status(), "not without a password");
            for (name, value) in refusal.fields() {
                response.head.push_str(&format!("{name}: {value}\r\n"));
            }
            response
        }
    }
}

fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}

struct Request<'a> {
    method: &'a str,
    path: &'a str,
    fields: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Request<'a> {
    /// `request-line *( field-line CRLF ) CRLF` (RFC 9112 §2.1), the last CRLF taken off.
    fn parse(head: &'a [u8]) -> Option<Self> {
        let mut lines = head.strip_suffix(b"\r\n")?.split(|&byte| byte == b'\n');
        let mut line = || lines.next().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut words = std::str::from_utf8(line()?).ok()?.split(' ');
        let (method, path, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
            return None;
        }
        let mut fields = Vec::new();
        while let Some(line) = line() {
            let colon = line.iter().position(|&byte| byte == b':')?;
            // No space before the colon, and no folded line: RFC 9112 §5.1 and §5.2.
            let name = Some(&line[..colon]).filter(|name| doorstep::grammar::is_token(name))?;
            let value = line[colon + 1..].trim_ascii();
            if value.contains(&b'\r') || value.contains(&0) {
                return None;
            }
            fields.push((std::str::from_utf8(name).ok()?, value));
        }
        Some(Self { method, path, fields })
    }
}

/// The head up to its empty line, which is taken off; `None` if it is too long. Reads no further than
/// `HEAD_LEN`, and no longer than `PATIENCE`.
fn read_head(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let deadline = Instant::now() + PATIENCE;
    let mut head = Vec::with_capacity(HEAD_LEN);
    let mut piece = [0; 1024];
    while head.len() < HEAD_LEN {
        let read = read_until(deadline, stream, &mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // The empty line may have begun in the piece before.
        let unsearched = head.len().saturating_sub(3);
        head.extend_from_slice(&piece[..read]);
        let end = head[unsearched..].windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            head.truncate(unsearched + end + 2);
            return Ok(Some(head));
        }
    }
    Ok(None)
}

/// One read that ends at the deadline. A timeout for each alone would let a byte a second hold a
/// thread for hours.
fn read_until(deadline: Instant, stream: &mut TcpStream, piece: &mut [u8]) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    stream.set_read_timeout(Some(left))?;
    stream.read(piece)
}

struct Response {
    head: String,
    body: String,
}

impl Response {
    fn new(status: u16, body: &str) -> Self {
        // RFC 9112 §4: the reason phrase may be empty, the space before it may not.
        let head = format!(
            "HTTP/1.1 {status} \r\ncontent-type: text/plain; charset=utf-8\r\n\
             content-length: {}\r\nconnection: close\r\n",
            body.len() + 1,
        );
        Self { head, body: body.into() }
    }

    fn send(self, mut stream: TcpStream) -> io::Result<()> {
        let Self { head, body } = self;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{head}\r\n{body}\n").as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        // What was not read would turn into a reset that overtakes the response (RFC 9112 §9.6).
        let deadline = Instant::now() + Duration::from_secs(1);
        let mut rest = [0; 1024];
        let mut budget = 64;
        while budget > 0 && read_until(deadline, &mut stream, &mut rest).is_ok_and(|read| read > 0)
        {
            budget -= 1;
        }
        Ok(())
    }
}
