//! What the README says of its own code. That it compiles and does what it says, the doctests show.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

/// The app of the README, before it is protected.
const APP: &str = r#"
use axum::{Router, routing::get};

fn app() -> Router {
    let app = Router::new()
        .route("/", get("for everybody"))
        .route("/me", get("for somebody"))
        .route("/users", get("for users"));
    app
}
"#;

/// Issue 5, section 4: "A protected axum router is at most ten lines beyond the app itself: show it in
/// the README." Changed lines count.
#[test]
fn a_protected_router_is_nine_lines_beyond_the_app() {
    let protected = block("README.md", "axum::{Router");
    let is_new = |line: &&str| !line.is_empty() && !APP.lines().any(|own| own == *line);
    let beyond: Vec<_> = protected.lines().filter(is_new).collect();
    assert_eq!(beyond.len(), 9, "{beyond:#?}");
    assert_eq!(block("crates/doorstep-tower/README.md", "axum::{Router"), protected);
}

/// The code in which this word stands.
fn block(path: &str, word: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(path).unwrap();
    // Prose and code take turns.
    let block = text.split("```").skip(1).step_by(2).find(|block| block.contains(word));
    block.unwrap().split_once('\n').unwrap().1.into()
}
