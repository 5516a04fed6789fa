//! One connection that asks a hundred times by the second, in an open loop: late is what is late to
//! the moment at which it was due, also if the one before was late.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Answer, LONGEST};
use crate::latencies::Latencies;

/// What it saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe {
    /// Of all that were due; those without an answer are as late as the end.
    pub(crate) latencies: Latencies,
    pub(crate) unanswered: usize,
    /// How late the client itself was.
    pub(crate) own: Latencies,
}

const PERIOD: Duration = Duration::from_millis(10);
/// For the last of them.
const GRACE: Duration = Duration::from_secs(2);

pub(crate) fn probe(to: SocketAddr, request: &[u8], until: Instant) -> Probe {
    let begun = Instant::now();
    let (mut latencies, mut own) = (Vec::new(), Vec::new());
    let mut connection = None;
    let mut due = begun;
    let mut unanswered = 0;
    while due < until {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if latencies.last().is_none_or(|last| *last < PERIOD) {
            own.push(due.elapsed());
        }
        let end = until + GRACE;
        if connection.is_none() {
            connection = TcpStream::connect_timeout(&to, GRACE).ok();
        }
        let answered = connection.as_mut().is_some_and(|stream| ask(stream, request, end).is_ok());
        if !answered {
            connection = None;
            unanswered += 1;
        }
        latencies.push(due.elapsed());
        due += PERIOD;
    }
    Probe { latencies: latencies.into(), unanswered, own: own.into() }
}

fn ask(stream: &mut TcpStream, request: &[u8], end: Instant) -> io::Result<()> {
    stream.write_all(request)?;
    let mut buffer = [0; LONGEST];
    let mut filled = 0;
    loop {
        // The system has no timeout of nothing.
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer[filled..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => filled += read,
        }
        match Answer::parse(&buffer[..filled])? {
            Some(Answer { status: 200, .. }) => return Ok(()),
            Some(_) => return Err(io::ErrorKind::PermissionDenied.into()),
            None => {}
        }
    }
}
