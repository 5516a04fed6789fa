//! A hash that stands for others: the same format and parameters, with digest and salt of zeros.
//!
//! [`Format::blank`] leaves the salt, which could be looked for in the dump. Where in a string that is,
//! is the format's to know. So each run of its characters is filled with zeros, as far as the format
//! still reads the same. Bits can stay of a salt that shares its characters with something else.

use doorstep_password::{Cost, Format, StoredHash};

use crate::parameters::Parameters;
use crate::price::PASSWORD_LEN;

/// Zero in base64, in the alphabets of crypt(3) and bcrypt, and in hexadecimal; in a salt of text, each
/// does.
const ZEROS: [&str; 3] = ["A", ".", "0"];

/// So many strings are tried: many times as many as any hash of a known format needs.
const TRIES: u32 = 5000;

/// A string of zeros that `format` reads like `stored`; `None` if the format knows no blank.
pub(crate) fn sample(format: &dyn Format, stored: &str) -> Option<String> {
    let original = Reading::of(&format.parse(stored).ok()?);
    let mut tries = TRIES;
    // How much of a salt is zero, if the rest is as it should be.
    let mut zeros = |candidate: &str| {
        tries = tries.checked_sub(1)?;
        let hash = format.claims(candidate).then(|| format.parse(candidate).ok())??;
        let is_blank = hash.digest().iter().all(|byte| *byte == 0);
        let is_alike = is_blank && Reading::of(&hash) == original;
        is_alike.then(|| hash.derivation().salt().iter().filter(|byte| **byte == 0).count())
    };
    let mut sample = format.blank(stored)?;
    zeros(&sample)?;
    let mut end = sample.len();
    while let Some((start, run_end)) = last_run(&sample[..end]) {
        // The longest tail of the run that can be zeros; what stands before it is looked at again.
        let filled = |from| Some((from, fill(&sample, from, run_end, &mut zeros)?));
        end = start;
        if let Some((from, filled)) = (start..run_end).find_map(filled) {
            (end, sample) = (from, filled);
        }
    }
    Some(sample)
}

/// `text` with zeros in `from..end`, of the kind that makes the most of a salt zero.
fn fill(
    text: &str,
    from: usize,
    end: usize,
    mut zeros: impl FnMut(&str) -> Option<usize>,
) -> Option<String> {
    let filled = ZEROS.iter().filter_map(|zero| {
        let filled = [&text[..from], &zero.repeat(end - from), &text[end..]].concat();
        Some((zeros(&filled)?, filled))
    });
    filled.max_by_key(|(zeros, _)| *zeros).map(|(_, filled)| filled)
}

/// The last run of what salts and digests are written in.
fn last_run(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is_in = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/.-_".contains(byte);
    let end = bytes.iter().rposition(is_in)? + 1;
    let before = bytes[..end].iter().rposition(|byte| !is_in(byte));
    Some((before.map_or(0, |before| before + 1), end))
}

/// What tells a login with one hash from a login with another.
#[derive(PartialEq)]
struct Reading {
    name: &'static str,
    parameters: Parameters,
    salt_len: usize,
    digest_len: usize,
    cost: Cost,
}

impl Reading {
    fn of(hash: &StoredHash) -> Self {
        Self {
            name: hash.name(),
            parameters: Parameters::of(hash),
            salt_len: hash.derivation().salt().len(),
            digest_len: hash.digest().len(),
            cost: hash.cost(PASSWORD_LEN),
        }
    }
}
