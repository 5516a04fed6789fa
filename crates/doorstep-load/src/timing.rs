//! Whether the time of an answer tells who has an account: unknown user-ids and wrong passwords in
//! turns, one at a time.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{Answer, LONGEST, basic, get};
use crate::latencies::Latencies;
use crate::seed::USERNAMES;

/// The times of both.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    pub(crate) unknown: Latencies,
    pub(crate) wrong: Latencies,
    pub(crate) statuses: BTreeMap<u16, usize>,
}

impl Timing {
    /// By how much the medians differ, as a share of the wrong password's.
    pub(crate) fn difference(&self) -> Option<f64> {
        let median = |latencies: &Latencies| Some(latencies.quantile(0.5)?.as_secs_f64());
        Some(median(&self.unknown)? / median(&self.wrong)? - 1.0)
    }
}

/// Pairs of attempts, for so long. Names and passwords are of one length.
pub(crate) fn timing(to: SocketAddr, time: Duration) -> io::Result<Timing> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut statuses = BTreeMap::new();
    let mut ask = |username: &str| {
        let request = get("/me", Some(&basic(username, "wrong horses!")));
        let asked = Instant::now();
        stream.write_all(&request)?;
        let (mut buffer, mut filled) = ([0; LONGEST], 0);
        let answer = loop {
            match stream.read(&mut buffer[filled..])? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                read => filled += read,
            }
            if let Some(answer) = Answer::parse(&buffer[..filled])? {
                break answer;
            }
        };
        *statuses.entry(answer.status).or_default() += 1;
        Ok(asked.elapsed())
    };
    let (mut unknown, mut wrong) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < time {
        let number = unknown.len();
        let nobody = format!("nobo-{:02}", number % 100);
        let user = USERNAMES[number % USERNAMES.len()];
        // Whoever comes second finds a warm processor: each does so half of the time.
        if number.is_multiple_of(2) {
            unknown.push(ask(&nobody)?);
            wrong.push(ask(user)?);
        } else {
            wrong.push(ask(user)?);
            unknown.push(ask(&nobody)?);
        }
    }
    Ok(Timing { unknown: unknown.into(), wrong: wrong.into(), statuses })
}
