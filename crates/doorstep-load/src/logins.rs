//! Logins in a closed loop: each connection asks again as soon as it was answered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::client::{Connection, basic, get};
use crate::seed::{PASSWORD, USERNAMES};

/// What was answered, and how fast.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// Answers by the second, between the first and the last.
    pub(crate) rate: f64,
    pub(crate) statuses: BTreeMap<u16, usize>,
    /// Sorted.
    pub(crate) latencies: Vec<Duration>,
}

#[derive(Default)]
struct Tally {
    at: Vec<Instant>,
    latencies: Vec<Duration>,
    statuses: BTreeMap<u16, usize>,
}

/// Each connection logs in as a user of its own.
pub(crate) fn logins(to: SocketAddr, connections: usize, time: Duration) -> io::Result<Counted> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tally = Rc::new(RefCell::new(Tally::default()));
    let until = Instant::now() + time;
    let local = LocalSet::new();
    for number in 0..connections {
        let request = get("/me", Some(&basic(USERNAMES[number % USERNAMES.len()], PASSWORD)));
        local.spawn_local(again_and_again(to, request, until, tally.clone()));
    }
    runtime.block_on(async {
        // An answer may be late, and is not waited for for ever.
        let _ = tokio::time::timeout(time + Duration::from_secs(2), local).await;
    });
    Ok(Rc::try_unwrap(tally).unwrap_or_default().into_inner().counted())
}

async fn again_and_again(
    to: SocketAddr,
    request: Vec<u8>,
    until: Instant,
    tally: Rc<RefCell<Tally>>,
) -> io::Result<()> {
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST, to).await?;
    while Instant::now() < until {
        let asked = Instant::now();
        let answer = connection.ask(&request).await?;
        let mut tally = tally.borrow_mut();
        tally.at.push(Instant::now());
        tally.latencies.push(asked.elapsed());
        *tally.statuses.entry(answer.status).or_default() += 1;
    }
    Ok(())
}

impl Tally {
    fn counted(mut self) -> Counted {
        self.latencies.sort_unstable();
        Counted { rate: rate(&self.at), statuses: self.statuses, latencies: self.latencies }
    }
}

/// Answers come in groups, of a batch each: what is counted begins with the end of one group and ends
/// with the end of another, or up to a whole batch would be counted in no time.
fn rate(at: &[Instant]) -> f64 {
    let Some((first, last)) = at.first().zip(at.last()) else { return 0.0 };
    let total = last.duration_since(*first).as_secs_f64();
    if at.len() < 2 || total == 0.0 {
        return 0.0;
    }
    // The first group is as long as its answers are closer to the first than a tenth of a mean round.
    let near = Duration::from_secs_f64(total / at.len() as f64);
    let group = at.iter().take_while(|answer| answer.duration_since(*first) < near).count();
    (at.len() - group) as f64 / total
}
