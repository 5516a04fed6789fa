//! The published vectors that cost least, one at a time. `tests/import.rs` and `tests/vectors.rs` judge
//! all of them, by every kernel; these are over in a second, so that what judges a thousand small changes
//! to the code can afford them (`scripts/assure mutants`).

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "sha-crypt"))]

mod util;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{Hashers, Verdict};
use util::families::FAMILIES;
use util::{everything, rows, unescape};

/// Units of work, at most.
const MOST: u64 = 1200;

/// The row's verdict, unless it costs too much.
fn verdict(hashers: &Hashers, row: &[&str]) -> Option<&'static str> {
    let (password, stored) = (STANDARD.decode(row[1]).unwrap(), unescape(row[2]));
    if hashers.inspect(&stored).is_ok_and(|hash| hash.cost(password.len()).units > MOST) {
        return None;
    }
    let verdict = match hashers.verify(password.into(), &stored) {
        Err(_) => "refuse",
        Ok(work) => match work.run().unwrap() {
            Verdict::Match | Verdict::Outdated => "match",
            Verdict::Mismatch => "mismatch",
        },
    };
    Some(verdict)
}

#[test]
fn they_are_judged_as_written() {
    let own = everything();
    let own_rows = rows(include_str!("vectors/passwords.tsv")).map(|row| (own.clone(), row));
    let imported = FAMILIES
        .iter()
        .flat_map(|family| rows(family.rows).map(|row| ((family.hashers)(row[5]), row)));
    let (mut count, mut matching) = (0, BTreeSet::new());
    for (hashers, row) in own_rows.chain(imported) {
        // Of this one `tests/vectors/README.md` says why it is a mismatch.
        let expected = if row[5].contains("inconsistent verifier") { "mismatch" } else { row[3] };
        if let Some(verdict) = verdict(&hashers, &row) {
            assert_eq!(verdict, expected, "{row:?}");
            count += 1;
            if verdict == "match" {
                matching.insert(row[0].to_owned());
            }
        }
    }
    println!("{count} rows, with a match for each of {matching:?}");
    assert!(count > 1000, "{count}");
}
