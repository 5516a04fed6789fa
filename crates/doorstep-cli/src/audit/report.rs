//! What an audit found, for programs and for people.

use std::fmt;

use doorstep_password::{Argon2, Cost, Hasher};
use serde::Serialize;

use super::program::Program;
use super::refusals::RefusedLines;
use super::salts::Sharing;
use super::tally::{Group, PREFERRED, Tally};
use crate::advice::{AS_OF, Opinion, SOURCE};
use crate::parameters::Parameters;
use crate::price::{PASSWORD_LEN, memory, time};

/// What `--json` prints. The README documents it.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    pub(crate) lines: u64,
    pub(crate) skipped: u64,
    pub(crate) without_password: u64,
    pub(crate) hashes: u64,
    pub(crate) refused_lines: u64,
    refusals: Vec<RefusedLines>,
    strength: Opinions,
    pub(crate) formats: Vec<Row>,
    salts: Sharing,
    price: Total,
    rust: String,
}

/// Hashes of one format with the same parameters.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) format: &'static str,
    /// Null of the various others, when there are too many to tell apart.
    pub(crate) parameters: Option<Parameters>,
    digest_len: Option<usize>,
    pub(crate) count: u64,
    /// Of all hashes that were read.
    pub(crate) share: f64,
    pub(crate) verdict: Opinion,
    reasons: Vec<String>,
    pub(crate) outdated: bool,
    /// Of one of them.
    price: Price,
    /// What accepts it, as Rust.
    pub(crate) accept: &'static str,
    #[serde(skip)]
    pub(crate) is_bare: bool,
    /// Whether a login with it takes what one with a new hash takes.
    #[serde(skip)]
    pub(crate) is_as_new: bool,
    /// One of them with a digest of zeros.
    pub(crate) sample: Option<String>,
}

#[derive(Serialize)]
struct Price {
    memory_kib: u64,
    units: u64,
}

/// Hashes by what the advice says of them.
#[derive(Default, Serialize)]
struct Opinions {
    source: &'static str,
    as_of: &'static str,
    meets: u64,
    legacy: u64,
    not_listed: u64,
    below: u64,
    weak: u64,
}

/// What it costs that everybody logs in once.
#[derive(Default, Serialize)]
struct Total {
    /// To verify all passwords.
    verify_units: u64,
    /// To make new hashes where they are outdated.
    renew_units: u64,
    /// Of both.
    core_hours: f64,
    /// Of the dearest login, for each that is under way.
    memory_kib: u64,
    password_len: usize,
}

impl Report {
    pub(crate) fn of(mut tally: Tally) -> Self {
        let groups = tally.groups();
        let hashes = groups.iter().map(|group| group.count).sum();
        let refused_lines = tally.refusals.count();
        let [meets, legacy, not_listed, below, weak] = tally.opinions;
        let price = Total::of(&groups);
        let formats: Vec<_> = groups.into_iter().map(|group| Row::of(group, hashes)).collect();
        Self {
            lines: tally.lines,
            skipped: tally.skipped,
            without_password: tally.without_password,
            hashes,
            refused_lines,
            refusals: tally.refusals.into_list(),
            strength: Opinions {
                source: SOURCE,
                as_of: AS_OF,
                meets,
                legacy,
                not_listed,
                below,
                weak,
            },
            salts: tally.salts.sharing(),
            price,
            rust: Program::new(&formats).to_string(),
            formats,
        }
    }
}

impl Row {
    fn of(group: Group, hashes: u64) -> Self {
        let Group { accept, is_bare, name, common, count, strength, .. } = group;
        let (parameters, digest_len) = common.unzip();
        let new = Parameters::written_by(&Argon2::default());
        let is_as_new = name == PREFERRED && parameters.as_ref() == Some(&new);
        Self {
            format: name,
            parameters,
            digest_len,
            count,
            share: count as f64 / hashes.max(1) as f64,
            verdict: strength.verdict,
            reasons: strength.reasons,
            outdated: group.is_outdated,
            price: Price { memory_kib: group.memory_kib, units: group.units / count.max(1) },
            accept,
            is_bare,
            is_as_new,
            sample: group.sample,
        }
    }
}

impl Total {
    fn of(groups: &[Group]) -> Self {
        let sum = |units: &mut dyn Iterator<Item = u64>| units.fold(0, u64::saturating_add);
        let verify_units = sum(&mut groups.iter().map(|group| group.units));
        let outdated = || groups.iter().filter(|group| group.is_outdated);
        let new = new_hash();
        let renewals = sum(&mut outdated().map(|group| group.count));
        let renew_units = renewals.saturating_mul(new.units);
        let memory = groups.iter().map(|group| group.memory_kib).max().unwrap_or(0);
        let memory_kib = if renewals > 0 { memory.max(new.memory_kib) } else { memory };
        let core_hours = verify_units.saturating_add(renew_units) as f64 / 3.6e9;
        Self { verify_units, renew_units, core_hours, memory_kib, password_len: PASSWORD_LEN }
    }
}

/// What the suggested set writes costs.
fn new_hash() -> Cost {
    Argon2::default().derivation(&[0; 16]).cost(PASSWORD_LEN)
}

/// Of the table, rows below this share are told together.
pub(crate) const TAIL: f64 = 0.001;

/// The same for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, skipped, without_password, hashes, refused_lines, .. } = self;
        writeln!(
            f,
            "lines      {lines}: {hashes} hashes, {without_password} without a password, {refused_lines} refused, {skipped} skipped"
        )?;
        self.write_formats(f)?;
        self.write_strength(f)?;
        self.write_salts(f)?;
        let Total { verify_units, renew_units, memory_kib, .. } = self.price;
        let [verify, renew] = [verify_units, renew_units].map(time);
        writeln!(
            f,
            "price      for one login of everybody, {verify} of a core to verify and {renew} to renew; \
             {} at a time",
            memory(memory_kib)
        )?;
        self.write_refusals(f)?;
        write!(f, "\n{}", self.rust.trim_end())
    }
}

impl Report {
    fn write_formats(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.formats.iter().take_while(|row| row.share >= TAIL).count();
        let (shown, tail) = self.formats.split_at(count);
        for (place, row) in shown.iter().enumerate() {
            let head = if place == 0 { "formats" } else { "" };
            let Row { count, format, .. } = row;
            write!(f, "{head:11}{} {count}  {format}", percent(row.share))?;
            match &row.parameters {
                Some(parameters) if parameters.is_empty() => writeln!(f)?,
                Some(parameters) => writeln!(f, " {parameters}")?,
                None => writeln!(f, " of various other parameters")?,
            }
            write!(f, "{:19}{}", "", row.verdict)?;
            for (place, reason) in row.reasons.iter().enumerate() {
                write!(f, "{}{reason}", if place == 0 { ": " } else { "; " })?;
            }
            let Price { memory_kib, units } = row.price;
            write!(f, "\n{:19}{}, {} each", "", memory(memory_kib), time(units))?;
            match row.digest_len {
                Some(len) => writeln!(f, "; a digest of {len} bytes")?,
                None => writeln!(f)?,
            }
        }
        if !tail.is_empty() {
            let (count, share) = tail
                .iter()
                .fold((0, 0.0), |(count, share), row| (count + row.count, share + row.share));
            writeln!(
                f,
                "{:11}{} {count}  of {} more kinds below 0.1 % each",
                "",
                percent(share),
                tail.len()
            )?;
        }
        Ok(())
    }

    fn write_strength(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hashes == 0 {
            return Ok(());
        }
        let Opinions { source, as_of, meets, legacy, not_listed, below, weak } = self.strength;
        writeln!(f, "strength   by the {source}, {as_of}:")?;
        let counts = [meets, legacy, not_listed, below, weak];
        for (opinion, count) in Opinion::ALL.iter().zip(counts).filter(|(_, count)| *count > 0) {
            let share = count as f64 / self.hashes as f64;
            writeln!(f, "           {} {count}  {opinion}", percent(share))?;
        }
        Ok(())
    }

    fn write_salts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sharing { sharing, shared, largest, unsalted, one_in } = self.salts;
        let about = if one_in > 1 { "about " } else { "" };
        match sharing {
            0 => write!(f, "salts      no two hashes share one")?,
            _ => write!(
                f,
                "salts      {about}{sharing} hashes share {about}{shared}, {largest} the commonest"
            )?,
        }
        writeln!(f, "; {unsalted} hashes have none")
    }

    fn write_refusals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refused) in self.refusals.iter().enumerate() {
            let head = if place == 0 { "refused" } else { "" };
            let RefusedLines { message, count, lines, .. } = refused;
            writeln!(f, "{head:11}{count}: {message}")?;
            let numbers: Vec<_> = lines.iter().map(u64::to_string).collect();
            let word = if lines.len() == 1 { "line" } else { "lines" };
            write!(f, "           {word} {}", numbers.join(", "))?;
            match count - lines.len() as u64 {
                0 => writeln!(f)?,
                more => writeln!(f, " and {more} more")?,
            }
        }
        Ok(())
    }
}

/// In seven characters.
fn percent(share: f64) -> String {
    format!("{:5.1} %", 100.0 * share)
}
