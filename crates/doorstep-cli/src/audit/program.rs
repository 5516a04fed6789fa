//! The Rust that accepts what a dump holds. Shows no hash: its samples have digests of zeros.

use std::fmt;

use super::report::{Row, TAIL};
use super::tally::PREFERRED;

/// A function to paste: which formats are accepted, in the order of how often they are, and which
/// shares decoys need.
pub(crate) struct Program<'a> {
    /// Each once, the commonest first. What has no prefix is last, since it claims by shape.
    accepted: Vec<&'static str>,
    /// Of those whose logins take another time than new ones.
    shares: Vec<(&'a Row, &'a str)>,
    /// How many of those are too few for a share, or have no sample.
    left_out: Vec<&'a Row>,
}

impl<'a> Program<'a> {
    pub(crate) fn new(formats: &'a [Row]) -> Self {
        let mut accepted = Vec::new();
        for is_bare in [false, true] {
            let rows = formats.iter().filter(|row| row.is_bare == is_bare);
            for row in rows.filter(|row| row.format != PREFERRED) {
                if !accepted.contains(&row.accept) {
                    accepted.push(row.accept);
                }
            }
        }
        let (mut shares, mut left_out) = (Vec::new(), Vec::new());
        for row in formats.iter().filter(|row| !row.is_as_new) {
            match &row.sample {
                Some(sample) if row.share >= TAIL => shares.push((row, sample.as_str())),
                _ => left_out.push(row),
            }
        }
        Self { accepted, shares, left_out }
    }
}

impl fmt::Display for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = self
            .accepted
            .iter()
            .map(|expression| expression.split("::").next().unwrap_or(expression));
        let mut types: Vec<_> = types.chain(["Argon2", "Hashers"]).collect();
        if !self.shares.is_empty() {
            types.extend(["InvalidShares", "Secret"]);
        }
        types.sort_unstable();
        types.dedup();
        write_use(f, &types.join(", "))?;
        if self.shares.is_empty() {
            writeln!(f, "fn hashers() -> Hashers {{")?;
        } else {
            writeln!(f, "fn hashers(secret: Secret) -> Result<Hashers, InvalidShares> {{")?;
        }
        write!(f, "    Hashers::new(Argon2::default())")?;
        for expression in &self.accepted {
            write!(f, "\n        .accept({expression})")?;
        }
        if !self.shares.is_empty() {
            write!(f, "\n        .shares(secret, [")?;
            for (row, sample) in &self.shares {
                // Rounded down, so that all of them fit in 1.
                let share = (row.share * 1e4).floor() / 1e4;
                write!(f, "\n            // {}", row.format)?;
                if let Some(parameters) = row.parameters.as_ref().filter(|it| !it.is_empty()) {
                    write!(f, " {parameters}")?;
                }
                write!(f, "\n            ({sample:?}, {share:?}),")?;
            }
            write!(f, "\n        ])")?;
        }
        writeln!(f, "\n}}")?;
        if !self.left_out.is_empty() {
            let share: f64 = self.left_out.iter().map(|row| row.share).sum();
            writeln!(
                f,
                "// Without a share: {} kinds of old hashes, {:.2} % of all.",
                self.left_out.len(),
                100.0 * share
            )?;
        }
        Ok(())
    }
}

/// On one line if it fits, as rustfmt has it.
fn write_use(f: &mut fmt::Formatter<'_>, types: &str) -> fmt::Result {
    const COLUMNS: usize = 100;
    let line = format!("use doorstep_password::{{{types}}};");
    if line.len() <= COLUMNS {
        return writeln!(f, "{line}\n");
    }
    write!(f, "use doorstep_password::{{\n   ")?;
    let mut column = 3;
    for name in types.split(", ") {
        if column + " ,".len() + name.len() > COLUMNS {
            write!(f, "\n   ")?;
            column = 3;
        }
        write!(f, " {name},")?;
        column += " ,".len() + name.len();
    }
    writeln!(f, "\n}};\n")
}
