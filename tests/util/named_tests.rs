//! The tests that a page of `docs/` names, as `path/from/the/root.rs::name` in backquotes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Those of a part of the page.
pub(crate) fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|word| word.contains(".rs::"))
}

/// Panics unless each of them is a test; says how many there are.
pub(crate) fn all_are_there(page: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named: BTreeSet<_> = page.lines().flat_map(named).collect();
    for test in &named {
        let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("no name: {test}"));
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("{test}"));
        let (before, _) =
            text.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("{test}"));
        // What stands above it, as far as the item before.
        let above = before.rsplit('\n').take_while(|line| !line.starts_with(['}', ';'])).take(8);
        let is_test = above.into_iter().any(|line| {
            let line = line.trim_start();
            line.starts_with("#[test]") || line.starts_with("#[tokio::test")
        });
        // The cases of `doorstep-sqlx` are made tests of for each database elsewhere.
        assert!(is_test || file.contains("/tests/cases/"), "no test: {test}");
    }
    named.len()
}
