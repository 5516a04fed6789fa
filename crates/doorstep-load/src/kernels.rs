//! What the arithmetic alone reaches: the same passwords, verified together, without a server.

use std::error::Error;
use std::time::{Duration, Instant};

use doorstep::password::Workspace;
use doorstep::{Authenticator, Basic, Outcome, Step, Verify};

use crate::seed::{Hash, PASSWORD, Seeds};

/// As many as the server's pool takes together.
const BATCH: usize = 16;

/// Passwords by the second on the core that this thread runs on.
pub(crate) fn rate(hash: &Hash, time: Duration) -> Result<f64, Box<dyn Error>> {
    let auth = Authenticator::builder("load", hash.hashers()).scheme(Basic::new()).build()?;
    let seeds = Seeds::new(hash)?;
    let batch = || -> Vec<Verify<()>> {
        let steps = seeds.users.iter().take(BATCH).map(|(name, stored)| {
            let Step::FindUser(ask) = auth.login(name, PASSWORD.into()) else { return None };
            let Step::Verify(work) = ask.found((), stored.as_str()) else { return None };
            Some(work)
        });
        steps.flatten().collect()
    };
    let mut workspace = Workspace::new();
    let right = |step| matches!(step, Step::Done(Outcome::Granted(_)));
    if !Verify::run_together(batch(), &mut workspace).into_iter().all(right) {
        return Err("a right password was refused".into());
    }
    let begun = Instant::now();
    let mut verified = 0;
    while begun.elapsed() < time {
        verified += Verify::run_together(batch(), &mut workspace).len();
    }
    Ok(verified as f64 / begun.elapsed().as_secs_f64())
}
