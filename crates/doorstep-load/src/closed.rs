//! A closed loop: each connection asks again as soon as it was answered.
//!
//! The client never sleeps: it looks at one connection after the other. Else the server would have to
//! wake it, on another core, for each answer that it waits for, and the faster client would make the
//! slower server: on a virtual machine that is a third of the time of a request.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{Answer, LONGEST};
use crate::latencies::Latencies;

/// What was answered, and how fast.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// Answers by the second.
    pub(crate) rate: f64,
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) latencies: Latencies,
    /// The share of its looks at which there was nothing: a client that has none is the bottleneck.
    pub(crate) idle: f64,
}

struct Asker {
    stream: TcpStream,
    request: Vec<u8>,
    asked: Instant,
    buffer: Box<[u8; LONGEST]>,
    filled: usize,
}

/// One connection for each request, which is sent again and again.
pub(crate) fn closed(
    to: SocketAddr,
    requests: Vec<Vec<u8>>,
    time: Duration,
) -> io::Result<Counted> {
    let asker = |request| Asker::new(to, request);
    let mut askers = requests.into_iter().map(asker).collect::<io::Result<Vec<_>>>()?;
    let (mut latencies, mut answered) = (Vec::with_capacity(1 << 20), Vec::with_capacity(1 << 20));
    let mut statuses = BTreeMap::<u16, usize>::new();
    let (mut looks, mut found) = (0_u64, 0_u64);
    let begun = Instant::now();
    let mut now = begun;
    for asker in &mut askers {
        asker.ask()?;
    }
    while now.duration_since(begun) < time {
        for asker in &mut askers {
            looks += 1;
            let Some(answer) = asker.look()? else { continue };
            found += 1;
            now = Instant::now();
            latencies.push(now.duration_since(asker.asked));
            answered.push(now);
            *statuses.entry(answer.status).or_default() += 1;
            asker.ask()?;
        }
        if found == 0 || looks % 1024 < askers.len() as u64 {
            now = Instant::now();
        }
    }
    let idle = 1.0 - found as f64 / looks as f64;
    Ok(Counted { rate: rate(&answered), statuses, latencies: latencies.into(), idle })
}

impl Asker {
    fn new(to: SocketAddr, request: Vec<u8>) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let buffer = Box::new([0; LONGEST]);
        Ok(Self { stream, request, asked: Instant::now(), buffer, filled: 0 })
    }

    /// Requests are smaller than any socket's buffer.
    fn ask(&mut self) -> io::Result<()> {
        (self.asked, self.filled) = (Instant::now(), 0);
        self.stream.write_all(&self.request)
    }

    fn look(&mut self) -> io::Result<Option<Answer>> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.filled += read;
                Answer::parse(&self.buffer[..self.filled])
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Answers come in groups, of a batch each: what is counted begins with the end of one group and ends
/// with the end of another, or up to a whole batch would be counted in no time.
fn rate(answered: &[Instant]) -> f64 {
    let Some((first, last)) = answered.first().zip(answered.last()) else { return 0.0 };
    let total = last.duration_since(*first);
    if total.is_zero() {
        return 0.0;
    }
    // Who is closer to the first than the mean distance is of its group.
    let near = total / u32::try_from(answered.len()).unwrap_or(u32::MAX);
    let group = answered.iter().take_while(|answer| answer.duration_since(*first) < near).count();
    (answered.len() - group) as f64 / total.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three batches of four, a second from one to the next: four in a second, not six.
    #[test]
    fn a_rate_counts_whole_batches() {
        let begun = Instant::now();
        let answered: Vec<_> =
            (0..12).map(|n| begun + Duration::from_millis(1000 * (n / 4) + n % 4)).collect();
        let rate = rate(&answered);
        assert!((3.9..4.1).contains(&rate), "{rate}");
    }
}
