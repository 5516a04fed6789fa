//! What `docs/migrating.md` says. That its code compiles and lets in, the doctests show.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PAGE: &str = include_str!("../docs/migrating.md");

/// Issue 6, section 3, and how many samples each shows at least.
const SYSTEMS: [(&str, usize); 13] = [
    ("Django", 4),
    ("Rails and Devise", 1),
    ("Laravel and PHP", 2),
    ("WordPress", 3),
    ("Spring Security", 3),
    ("Keycloak", 1),
    ("ASP.NET Identity", 2),
    ("Firebase", 1),
    ("LDAP", 4),
    ("/etc/shadow", 3),
    ("Apache", 3),
    ("passlib", 3),
    ("starlette-auth-toolkit", 2),
];

/// Samples that are in no table of vectors.
const PUBLISHED: [(&str, &str); 3] = [
    // Rails' activemodel/lib/active_model/secure_password.rb.
    ("42password", "$2a$04$iOfhwahFymCs5weB3BNH/uXkTG65HR.qpW.bNhEjFP3ftli3o5DQC"),
    // Laravel 10's database/factories/UserFactory.php.
    ("password", "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"),
    // firebase/scrypt's README: salt and hash, as an export has them.
    (
        "user1password",
        "$fbscrypt$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    ),
];

/// "One section for each system … with the query that dumps, the line of Rust that accepts it, and a
/// test that runs the line on that system's own sample."
#[test]
fn each_system_has_its_query_its_line_its_samples_and_its_sources() {
    let vectors = vectors();
    for (system, least) in SYSTEMS {
        let section = section(system);
        let blocks = blocks(section);
        assert!(blocks.iter().any(|(language, _)| ["sh", "sql"].contains(language)), "{system}");
        let code = blocks.iter().find(|(language, _)| *language == "rust");
        let (_, code) = code.unwrap_or_else(|| panic!("{system}: no program"));
        assert!(code.contains("Hashers::new(Argon2::default())"), "{system}");
        // As they stand, but for a literal that goes on in another line.
        let code = code.lines().map(|line| line.trim_start().trim_end_matches('\\'));
        let code: String = code.collect();
        let shown = vectors.iter().filter(|(password, stored)| {
            code.contains(&format!("\"{password}\"")) && code.contains(stored.as_str())
        });
        let shown = shown.count();
        assert!(shown >= least, "{system}: {shown} published samples");
        assert!(section.contains("Not migrated: "), "{system}");
        assert!(section.contains("](https://"), "{system}: no source");
    }
}

#[test]
fn all_sections_are_listed_and_no_other() {
    let headings: Vec<_> = PAGE.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let systems = SYSTEMS.map(|(system, _)| system);
    assert_eq!(headings[headings.len() - systems.len()..], systems);
    let contents = PAGE.split("\n## ").next().unwrap();
    for heading in headings {
        // As GitHub makes anchors.
        let anchor = heading.to_lowercase().replace(' ', "-").replace(['.', '/', ','], "");
        assert!(contents.contains(&format!("[{heading}](#{anchor})")), "{heading}");
    }
}

/// Between this heading and the next.
fn section(heading: &str) -> &'static str {
    let begins = format!("\n## {heading}\n");
    let (_, rest) = PAGE.split_once(&begins).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap()
}

/// Each block and its language.
fn blocks(section: &str) -> Vec<(&str, &str)> {
    // Prose and blocks take turns.
    section.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect()
}

/// Every published password that is text, and its stored string.
fn vectors() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let vectors = root.join("crates/doorstep-password/tests/vectors");
    let imports = fs::read_dir(vectors.join("import")).unwrap().map(|entry| entry.unwrap().path());
    let tables = imports.chain([vectors.join("passwords.tsv")]).map(fs::read_to_string);
    let mut all: Vec<_> =
        PUBLISHED.map(|(password, stored)| (password.into(), stored.into())).into();
    for table in tables {
        for row in table.unwrap().lines().skip(1) {
            let row: Vec<_> = row.split('\t').collect();
            let password = String::from_utf8(STANDARD.decode(row[1]).unwrap());
            if row[3] == "match"
                && let Ok(password) = password
            {
                all.push((password, row[2].replace("\\\\", "\\")));
            }
        }
    }
    assert!(all.len() > 500);
    all
}
