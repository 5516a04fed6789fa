//! Counts what a dump holds. Its memory grows with the formats and parameters that there are, up to a
//! limit, and not with the lines.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::sync::Arc;

use doorstep_password::{
    Argon2, BuiltIn, Cost, Format, Hasher, Limits, Refused, StoredHash, formats,
};

use super::refusals::{Refusals, Why};
use super::salts::Salts;
use super::sample::sample;
use crate::advice::{Opinion, Strength};
use crate::algorithm::bare;
use crate::dump::entry::{Entry, Field};
use crate::dump::is_without_password;
use crate::parameters::Parameters;
use crate::price::PASSWORD_LEN;

/// So many sets of parameters are told apart; what comes after them counts as its format's various
/// others.
const GROUPS: usize = 1000;

/// Of all that was read so far.
pub(crate) struct Tally {
    readers: Vec<Reader>,
    limits: Limits,
    pub(crate) lines: u64,
    pub(crate) skipped: u64,
    pub(crate) without_password: u64,
    pub(crate) refusals: Refusals,
    pub(crate) salts: Salts,
    groups: HashMap<Key, Group>,
    /// In the order of [`Opinion::ALL`].
    pub(crate) opinions: [u64; 5],
}

/// A format, and how a program names it.
struct Reader {
    built_in: &'static BuiltIn,
    format: Arc<dyn Format>,
    is_bare: bool,
}

/// What hashes of one group have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    /// The place among the readers.
    reader: usize,
    name: &'static str,
    /// `None` of the various others.
    common: Option<(Parameters, usize)>,
}

/// Hashes of one format with the same parameters.
pub(crate) struct Group {
    pub(crate) accept: &'static str,
    pub(crate) is_bare: bool,
    pub(crate) name: &'static str,
    /// With the digest's length; `None` of the various others.
    pub(crate) common: Option<(Parameters, usize)>,
    pub(crate) count: u64,
    /// Of one; of the various others, of the weakest.
    pub(crate) strength: Strength,
    pub(crate) is_outdated: bool,
    /// Of all of them.
    pub(crate) units: u64,
    /// Of the one that takes the most.
    pub(crate) memory_kib: u64,
    pub(crate) sample: Option<String>,
}

impl Tally {
    /// Reads what has a prefix, and the formats of these names that have none.
    pub(crate) fn new(named: &[String]) -> Self {
        let with_prefix = formats().map(|built_in| (built_in, false));
        let named = named.iter().flat_map(|name| bare(name)).map(|built_in| (built_in, true));
        let readers = with_prefix.chain(named).map(|(built_in, is_bare)| Reader {
            built_in,
            format: built_in.format(),
            is_bare,
        });
        Self {
            readers: readers.collect(),
            limits: Limits::default(),
            lines: 0,
            skipped: 0,
            without_password: 0,
            refusals: Refusals::default(),
            salts: Salts::new(),
            groups: HashMap::new(),
            opinions: [0; 5],
        }
    }

    pub(crate) fn take(&mut self, entry: Entry<'_>) {
        self.lines += 1;
        let text = match entry.field {
            Field::Skipped => return self.skipped += 1,
            Field::Missing => return self.refusals.take(entry.line, Why::NoField),
            Field::TooLong => {
                return self.refusals.take(entry.line, Why::Refused(Refused::StoredTooLong));
            }
            #[cfg(feature = "database")]
            Field::Null => return self.without_password += 1,
            #[cfg(feature = "database")]
            Field::NotText => return self.refusals.take(entry.line, Why::NotUtf8),
            Field::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => return self.refusals.take(entry.line, Why::NotUtf8),
            },
        };
        if is_without_password(text) {
            self.without_password += 1;
        } else if let Err(refused) = self.read(text) {
            self.refusals.take(entry.line, Why::Refused(refused));
        }
    }

    fn read(&mut self, text: &str) -> Result<(), Refused> {
        if text.len() > self.limits.stored_len {
            return Err(Refused::StoredTooLong);
        }
        let claims = |reader: &Reader| reader.format.claims(text);
        let place = self.readers.iter().position(claims).ok_or(Refused::UnknownFormat)?;
        let reader = &self.readers[place];
        let hash = reader.format.parse(text)?;
        self.limits.admit(hash.derivation(), PASSWORD_LEN)?;

        self.salts.take(hash.name(), hash.derivation().salt());
        let common = Some((Parameters::of(&hash), hash.digest().len()));
        let mut key = Key { reader: place, name: hash.name(), common };
        if self.groups.len() >= GROUPS && !self.groups.contains_key(&key) {
            key.common = None;
        }
        let group = match self.groups.entry(key) {
            Place::Occupied(group) => group.into_mut(),
            Place::Vacant(vacant) => {
                let common = vacant.key().common.clone();
                let sample = common.as_ref().and_then(|_| sample(&*reader.format, text));
                vacant.insert(Group::of(&hash, reader, common, sample))
            }
        };
        let opinion = group.count(&hash);
        let place = Opinion::ALL.iter().position(|known| *known == opinion);
        self.opinions[place.unwrap_or_default()] += 1;
        Ok(())
    }

    /// The largest first.
    pub(crate) fn groups(&mut self) -> Vec<Group> {
        let mut groups: Vec<_> = self.groups.drain().map(|(_, group)| group).collect();
        // Among equals an order that does not depend on the hash table.
        groups.sort_by_cached_key(|group| {
            let parameters = group.common.as_ref().map(|(parameters, _)| parameters.to_string());
            (std::cmp::Reverse(group.count), group.name, parameters, group.accept)
        });
        groups
    }
}

impl Group {
    fn of(
        hash: &StoredHash,
        reader: &Reader,
        common: Option<(Parameters, usize)>,
        sample: Option<String>,
    ) -> Self {
        let is_own = hash.name() == PREFERRED;
        Self {
            accept: reader.built_in.expression(),
            is_bare: reader.is_bare,
            name: hash.name(),
            common,
            count: 0,
            strength: Strength::of(hash),
            is_outdated: !is_own || Argon2::default().is_outdated(hash),
            units: 0,
            memory_kib: 0,
            sample,
        }
    }

    /// Counts one more, and says how strong it is.
    fn count(&mut self, hash: &StoredHash) -> Opinion {
        let Cost { memory_kib, units, .. } = hash.cost(PASSWORD_LEN);
        self.count += 1;
        self.units = self.units.saturating_add(units);
        self.memory_kib = self.memory_kib.max(memory_kib);
        if self.common.is_some() {
            return self.strength.verdict;
        }
        let strength = Strength::of(hash);
        let opinion = strength.verdict;
        if opinion > self.strength.verdict {
            self.strength = strength;
        }
        opinion
    }
}

/// What the suggested set writes.
pub(crate) const PREFERRED: &str = "argon2";
