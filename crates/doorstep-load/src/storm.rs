//! The storm: a thousand addresses guess passwords, half of them hang up at once, and others want in.
//!
//! It is an open loop: each attempt has a time at which it is made, whatever became of the one before.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;
use tokio::time::{sleep, sleep_until, timeout};

use crate::client::{Connection, basic, get, token};
use crate::latencies::Latencies;
use crate::probe::{Probe, probe};
use crate::seed::{PASSWORD, USERNAMES};

/// How hard it blows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Force {
    pub(crate) addresses: u32,
    /// Attempts from each address.
    pub(crate) attempts: u32,
    /// In which all of them begin.
    pub(crate) time: Duration,
    /// Users who log in meanwhile, with the right password.
    pub(crate) right: u32,
    /// After the last attempt, for those who wait for an answer.
    pub(crate) patience: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weathered {
    /// Of the wrong passwords that waited for their answer.
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) hung_up: usize,
    /// Neither answered nor refused: the connection broke, or patience ended.
    pub(crate) unanswered: usize,
    /// Of the right passwords, what they were told before they were let in.
    pub(crate) right_statuses: BTreeMap<u16, usize>,
    pub(crate) granted: usize,
    pub(crate) right: usize,
    /// From the first attempt to the grant.
    pub(crate) waited: Latencies,
    pub(crate) open: Probe,
    pub(crate) token: Probe,
}

type Shared = Rc<RefCell<Weathered>>;

/// `with_token` says whether the server knows the token.
pub(crate) fn storm(to: SocketAddr, force: Force, with_token: bool) -> io::Result<Weathered> {
    let open = get("/open", None);
    let by_token = get("/me", Some(&token()));
    // Threads of their own: what the storm's client does must not be what they measure.
    let until = Instant::now() + force.time;
    let open = thread::spawn(move || probe(to, &open, until));
    let by_token = with_token.then(|| thread::spawn(move || probe(to, &by_token, until)));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shared = Shared::default();
    let waited = Rc::new(RefCell::new(Vec::new()));
    let local = LocalSet::new();
    for address in 0..force.addresses {
        local.spawn_local(attack(to, address, force, shared.clone()));
    }
    for number in 0..force.right {
        local.spawn_local(log_in(to, number, force, shared.clone(), waited.clone()));
    }
    runtime.block_on(async {
        // Each of them is bounded; this is the bound of all.
        let _ = timeout(force.time + 2 * force.patience, local).await;
    });
    drop(runtime);
    let mut weathered = shared.take();
    weathered.waited = waited.take().into();
    weathered.open = open.join().map_err(|_| io::ErrorKind::Other)?;
    if let Some(by_token) = by_token {
        weathered.token = by_token.join().map_err(|_| io::ErrorKind::Other)?;
    }
    Ok(weathered)
}

/// From one address. Every other attempt is made on a connection of its own, which ends at once.
async fn attack(to: SocketAddr, address: u32, force: Force, shared: Shared) {
    let begun = tokio::time::Instant::now();
    // 127.1.0.1 and what follows.
    let from = Ipv4Addr::from(0x7f01_0001 + address);
    let step = force.time / force.attempts;
    let offset = step * address / force.addresses;
    let mut kept = None;
    for attempt in 0..force.attempts {
        sleep_until(begun + offset + step * attempt).await;
        let number = address * force.attempts + attempt;
        // Half of the names exist.
        let username = match number / 2 % 2 {
            0 => USERNAMES[number as usize / 4 % USERNAMES.len()].to_owned(),
            _ => format!("nobody-{number}"),
        };
        let request = get("/me", Some(&basic(&username, &format!("wrong {number}"))));
        if (attempt + address).is_multiple_of(2) {
            let hung_up = async { Connection::open(from, to).await?.send(&request).await };
            match timeout(force.patience, hung_up).await {
                Ok(Ok(())) => shared.borrow_mut().hung_up += 1,
                _ => shared.borrow_mut().unanswered += 1,
            }
            continue;
        }
        let asked = async {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => Connection::open(from, to).await?,
            };
            let answer = connection.ask(&request).await?;
            io::Result::Ok((connection, answer))
        };
        match timeout(force.patience, asked).await {
            Ok(Ok((connection, answer))) => {
                kept = Some(connection);
                *shared.borrow_mut().statuses.entry(answer.status).or_default() += 1;
            }
            _ => shared.borrow_mut().unanswered += 1,
        }
    }
}

/// One user, who comes back when told to, and no earlier.
async fn log_in(
    to: SocketAddr,
    number: u32,
    force: Force,
    shared: Shared,
    waited: Rc<RefCell<Vec<Duration>>>,
) {
    sleep(force.time * number / force.right).await;
    // 127.2.0.1 and what follows.
    let from = Ipv4Addr::from(0x7f02_0001 + number);
    let request = get("/me", Some(&basic(USERNAMES[number as usize % USERNAMES.len()], PASSWORD)));
    let begun = Instant::now();
    shared.borrow_mut().right += 1;
    let logged_in = async {
        loop {
            let answer = Connection::open(from, to).await?.ask(&request).await?;
            *shared.borrow_mut().right_statuses.entry(answer.status).or_default() += 1;
            match (answer.status, answer.retry_after) {
                (200, _) => return Ok(()),
                (429 | 503, Some(seconds)) => sleep(seconds).await,
                _ => return Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            }
        }
    };
    if let Ok(Ok(())) = timeout(2 * force.patience, logged_in).await {
        shared.borrow_mut().granted += 1;
        waited.borrow_mut().push(begun.elapsed());
    }
}
