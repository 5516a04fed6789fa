//! A table of old hashes.
//!
//! Reads rows in the order of their key, page by page, and changes each in one statement: the old hash
//! goes into a column of its own and the new one into its place, if the old one is still there. What
//! somebody else has changed meanwhile is left alone, and no order of crashes loses a hash.

mod schema;

use std::fmt;
use std::process::ExitCode;

use doorstep_password::{Work, Wrapping};
use serde::Serialize;

use self::schema::{Row, Table};
use super::SOME_LEFT;
use super::args::Wrap;
use super::read::{Found, Kept, Reader};
use super::tally::{SHOWN, Tally, list};
use super::workers::Workers;
use crate::database::Access;
use crate::database::connection::{Cell, Connection, Value};
use crate::output::{print, print_progress};
use crate::progress::Progress;
use crate::refusal::Refusal;

pub(super) fn run(args: &Wrap, name: &str) -> Result<ExitCode, Refusal> {
    let mut counts = Counts::default();
    let done = wrap(args, name, &mut counts);
    if args.json {
        print_progress(&counts, done.as_ref().err())?;
    } else if done.is_ok() || counts.rows > 0 {
        print(format_args!("{counts}"))?;
    }
    done?;
    let is_whole = counts.refused_rows == 0 && counts.changed == 0;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(SOME_LEFT) })
}

fn wrap(args: &Wrap, name: &str, counts: &mut Counts) -> Result<(), Refusal> {
    let reader = Reader::new(args)?;
    let mut workers = Workers::new(args.jobs);
    let done = args.database.connect(Access::Write, async |connection| {
        let table = Table::find(connection, name, &args.columns).await?;
        make_sure_of_room(connection, &table, &reader, &mut workers).await?;
        wrap_rows(connection, &table, &reader, &mut workers, counts).await
    });
    done.map_err(|mut refusal| {
        if counts.rows > 0 {
            *refusal.message.to_mut() +=
                "; what is wrapped stays so, and the same command goes on from there";
        }
        refusal
    })
}

/// Finds out whether the columns have room for what will be written, before anything is.
async fn make_sure_of_room(
    connection: &mut Connection,
    table: &Table,
    reader: &Reader,
    workers: &mut Workers,
) -> Result<(), Refusal> {
    if !table.is_narrow() {
        return Ok(());
    }
    // The longer the old hash is, the longer is the wrapped one.
    let mut longest: Option<(usize, Work<Wrapping>)> = None;
    let (mut after, mut progress, mut rows) = (None, Progress::new(), 0);
    loop {
        let page = table.page(connection, after.as_ref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        rows += page.len();
        for row in page {
            let Cell::Value(Value::Text(old)) = row.hash else { continue };
            if !row.is_kept
                && longest.as_ref().is_none_or(|(len, _)| old.len() > *len)
                && let Found::Old(work) = reader.read(old.as_bytes())?
            {
                longest = Some((old.len(), work));
            }
        }
        progress.say(|| format!("{rows} rows looked at"));
    }
    let Some((old_len, work)) = longest else { return Ok(()) };
    let new_len = workers.run(vec![work])?.first().map_or(0, String::len);
    table.make_sure_of_room(old_len, new_len)
}

async fn wrap_rows(
    connection: &mut Connection,
    table: &Table,
    reader: &Reader,
    workers: &mut Workers,
    counts: &mut Counts,
) -> Result<(), Refusal> {
    let (mut after, mut progress) = (None, Progress::new());
    loop {
        let page = table.page(connection, after.as_ref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        let mut pending = Vec::new();
        for Row { key, hash, is_kept } in page {
            let old = match hash {
                Cell::Value(Value::Text(old)) => old,
                Cell::Null => {
                    counts.keep(Kept::WithoutPassword);
                    continue;
                }
                Cell::Value(_) | Cell::Other => {
                    counts.refuse(&key, "it is not text".into());
                    continue;
                }
            };
            match reader.read(old.as_bytes())? {
                Found::Old(_) if is_kept => {
                    counts.refuse(&key, "the column of the original is not empty".into());
                }
                Found::Old(work) => pending.push((work, [key, Value::Text(old)])),
                Found::Kept(kept) => counts.keep(kept),
                Found::Refused(reason) => counts.refuse(&key, reason),
            }
        }
        while !pending.is_empty() {
            let batch = pending.drain(..pending.len().min(workers.batch_len()));
            let (works, rows): (Vec<_>, Vec<_>) = batch.unzip();
            let new = workers.run(works)?;
            let changes = rows.into_iter().zip(new);
            let changes = changes.map(|([key, old], new)| [Value::Text(new), key, old]);
            let changes: Vec<_> = changes.collect();
            counts.change(&table.change(connection, &changes).await?);
            progress.say(|| format!("{} rows, {} wrapped", counts.rows, counts.tally.wrapped));
        }
    }
    Ok(())
}

/// What was done so far. `--json` prints it.
#[derive(Default, Serialize)]
struct Counts {
    /// The sum of all others.
    rows: u64,
    #[serde(flatten)]
    tally: Tally,
    /// Whose hash was another by the time that the new one was to take its place.
    changed: u64,
    /// Rows that are left as they are.
    refused_rows: u64,
    /// The first of them, and why.
    refusals: Vec<RefusedRow>,
}

#[derive(Serialize)]
struct RefusedRow {
    key: String,
    reason: String,
}

impl Counts {
    fn keep(&mut self, kept: Kept) {
        self.rows += 1;
        self.tally.keep(kept);
    }

    fn refuse(&mut self, key: &Value, reason: String) {
        self.rows += 1;
        self.refused_rows += 1;
        if self.refusals.len() < SHOWN {
            self.refusals.push(RefusedRow { key: key.to_string(), reason });
        }
    }

    /// Of each row that was to be changed, how many were.
    fn change(&mut self, changed: &[u64]) {
        for count in changed {
            self.rows += 1;
            self.tally.wrapped += count;
            self.changed += 1 - count;
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rows              {}", self.rows)?;
        write!(f, "{}", self.tally)?;
        writeln!(f, "changed meanwhile {}", self.changed)?;
        write!(f, "not wrapped       {}", self.refused_rows)?;
        let places = self.refusals.iter();
        // A key is whatever somebody has put there.
        let places = places
            .map(|RefusedRow { key, reason }| format!("key {}: {reason}", key.escape_debug()));
        list(f, places, self.refused_rows)
    }
}
