//! `docs/incidents.md`: each failure has its source, and the tests that it names are there.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "util/named_tests.rs"]
mod named_tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const INCIDENTS: &str = include_str!("../docs/incidents.md");

/// The cells of each row that is about a failure.
fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    let lines = INCIDENTS.lines().filter(|line| line.starts_with("| ["));
    lines.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        cells.try_into().unwrap_or_else(|_| panic!("not of four cells: {line}"))
    })
}

#[test]
fn every_failure_has_a_source_of_its_own() {
    let mut sources = BTreeSet::new();
    for [failure, ..] in rows() {
        let mut links = failure.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0);
        assert!(links.clone().count() > 0, "{failure}");
        assert!(links.all(|link| link.starts_with("http") && sources.insert(link)), "{failure}");
    }
    println!("{} failures in {} rows", sources.len(), rows().count());
    assert!(rows().count() >= 60);
}

#[test]
fn every_test_that_is_named_is_there() {
    for [failure, .., tests] in rows() {
        assert!(named_tests::named(tests).count() > 0, "no test: {failure}");
    }
    println!("{} tests", named_tests::all_are_there(INCIDENTS));
}

/// No test sees nanoseconds: this one sees whether it is `subtle` that compares what is secret.
#[test]
fn secrets_are_compared_in_constant_time() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, comparison) in [
        ("src/receipt.rs", "impl PartialEq for Receipt {"),
        ("src/token.rs", "impl PartialEq for TokenDigest {"),
        ("crates/doorstep-password/src/secret.rs", "impl PartialEq for Secret {"),
        (
            "crates/doorstep-password/src/hashers.rs",
            "pub fn verdict(&self, key: &[u8]) -> Verdict {",
        ),
    ] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let (_, rest) = text.split_once(comparison).unwrap_or_else(|| panic!("{comparison}"));
        let indent = text.lines().find(|line| line.ends_with(comparison)).unwrap();
        let end = format!("\n{}}}", &indent[..indent.len() - indent.trim_start().len()]);
        let body = rest.split_once(&end).unwrap().0;
        assert!(body.contains(".ct_eq(") && !body.contains("=="), "{comparison}{body}");
    }
}
