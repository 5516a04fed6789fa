//! `docs/assurance.md`: each check of `scripts/assure.d` has a row, each row a check, and the tests that
//! are named are there.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "util/named_tests.rs"]
mod named_tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ASSURANCE: &str = include_str!("../docs/assurance.md");

#[test]
fn every_check_has_a_row_and_every_row_a_check() {
    let lines = ASSURANCE.lines().filter(|line| line.contains("| `scripts/assure "));
    // As `scripts/assure` takes them apart, to write a figure and a date there.
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.trim_end_matches(" |").split(" | ").collect();
        assert_eq!(cells.len(), 5, "{line}");
        cells[2].trim_matches('`').strip_prefix("scripts/assure ").unwrap().to_owned()
    });
    let rows: Vec<String> = rows.collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/assure.d");
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let checks: BTreeSet<String> = names.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(checks, rows.iter().cloned().collect());
    assert_eq!(checks.len(), rows.len(), "a check has two rows");
}

#[test]
fn every_test_that_is_named_is_there() {
    assert!(named_tests::all_are_there(ASSURANCE) > 0);
}
