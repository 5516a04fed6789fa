//! The parameters of a hash: for people `m=19456 t=2`, in JSON an object.

use std::fmt;

use doorstep_password::{Hasher, Parameter, StoredHash};
use serde::{Serialize, Serializer};

/// In the format's own order and words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub(crate) fn of(stored: &StoredHash) -> Self {
        let pair = |Parameter { name, value, .. }| (name, value);
        Self(stored.parameters().into_iter().map(pair).collect())
    }

    /// Those of a new hash.
    pub(crate) fn written_by(hasher: &dyn Hasher) -> Self {
        // Parameters have neither name, salt nor digest.
        Self::of(&StoredHash::new("", hasher.derivation(&[]), &[]))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number that goes by `name`, if there is one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == name)?.1.parse().ok()
    }
}

/// An object, with numbers where the values are numbers.
impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| {
            let value = match value.parse::<u64>() {
                Ok(number) => serde_json::Value::from(number),
                Err(_) => serde_json::Value::from(value.as_str()),
            };
            (name, value)
        }))
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{name}={value}")?;
        }
        Ok(())
    }
}
