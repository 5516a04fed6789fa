//! The registry: its names are those that hashes go by, and no two of its formats claim one string.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "sha-crypt"))]

mod util;

use std::collections::BTreeSet;

use doorstep_password::{BuiltIn, Format, bare_formats, formats, imports, names};
use util::families::tables;
use util::{rows, unescape};

/// Every string of the vectors.
fn published() -> impl Iterator<Item = String> {
    tables().flat_map(|table| rows(table).map(|row| unescape(row[2])))
}

fn names_of(formats: impl Iterator<Item = &'static BuiltIn>) -> BTreeSet<&'static str> {
    formats.flat_map(BuiltIn::names).copied().collect()
}

/// What no published vector has; `tests/import.rs` and `tests/wrapped.rs` make such strings themselves.
const UNPUBLISHED: [&str; 2] = ["keycloak_argon2", "wrapped"];

#[test]
fn hashes_go_by_the_names_of_the_registry() {
    let known = names_of(formats().chain(bare_formats()));
    let mut seen = BTreeSet::new();
    for stored in published() {
        for built_in in formats().chain(bare_formats()) {
            let format = built_in.format();
            let Some(hash) = format.claims(&stored).then(|| format.parse(&stored).ok()).flatten()
            else {
                continue;
            };
            assert!(known.contains(hash.name()), "{}: {stored}", hash.name());
            if built_in.names().contains(&hash.name()) {
                seen.insert(hash.name());
            }
        }
    }
    let unseen: Vec<_> = known.difference(&seen).collect();
    println!("{} names; no vector of {unseen:?}", known.len());
    assert!(unseen.iter().all(|name| UNPUBLISHED.contains(name)), "{unseen:?}");
    assert!(names().all(|name| known.contains(name)));
}

/// What a host accepts to read everything: each format but those around others, once.
#[test]
fn hashers_and_imports_are_all_formats() {
    let around = formats().filter(|built_in| built_in.names() == ["wrapped"]).count();
    let own = formats().count() - imports().count() - around;
    let shown: BTreeSet<_> = formats().map(|built_in| format!("{:?}", built_in.format())).collect();
    assert!(imports().all(|format| shown.contains(&format!("{format:?}"))));
    // passlib's names are more than the formats: some are one format with other parameters.
    assert!(own > 0 && own <= names().count());
}

#[test]
fn one_format_claims_a_string() {
    for stored in published() {
        let claims = |built_in: &&BuiltIn| built_in.format().claims(&stored);
        let claimed: Vec<_> = formats().filter(claims).map(BuiltIn::expression).collect();
        assert!(claimed.len() <= 1, "{claimed:?}: {stored}");
    }
}

#[test]
fn expressions_name_types_of_this_crate() {
    // Each is a line of the registry and compiles there; a host writes it behind a `use`.
    let expressions: BTreeSet<_> =
        formats().chain(bare_formats()).map(BuiltIn::expression).collect();
    assert_eq!(expressions.len(), formats().chain(bare_formats()).count());
    for expression in ["Argon2::default()", "Phpass", "NtHash::BARE", "Django::with_unsalted_md5()"]
    {
        assert!(expressions.contains(expression), "{expressions:?}");
    }
}
