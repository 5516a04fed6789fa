//! What can be turned to make a hash dearer, how far, and how it is written down. Measures nothing.

use std::sync::Arc;

use doorstep_password::{
    Algorithm, Argon2, Bcrypt, Hasher, InvalidParameters, Limits, Pbkdf2, Prf, ShaCrypt,
    ShaCryptVariant, by_name,
};

use crate::advice::{ARGON2, AS_OF, BCRYPT_COST, SOURCE, pbkdf2_rounds};
use crate::refusal::Refusal;

/// Argon2's memory is a multiple of this many KiB.
const MEMORY_STEP: u32 = 1024;
/// Rounds are a multiple of this.
const ROUNDS_STEP: u32 = 1000;
/// The memory of RFC 9106 §4's recommendation for machines that have to spare it, in KiB.
const MEMORY: u32 = 65_536;

/// An algorithm, and how far its parameters go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dial {
    Argon2 {
        /// At most, in KiB.
        memory: u32,
    },
    Bcrypt,
    Pbkdf2(Prf),
    ShaCrypt(ShaCryptVariant),
}

/// Parameters of a new hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Argon2 { memory: u32, passes: u32 },
    Bcrypt { cost: u32 },
    Pbkdf2 { prf: Prf, rounds: u32 },
    ShaCrypt { variant: ShaCryptVariant, rounds: u32 },
}

impl Dial {
    /// The algorithm of this name, with no more memory than this.
    pub(crate) fn of(name: &str, memory: Option<u32>) -> Result<Self, Refusal> {
        let hasher = by_name(name).map_err(|unknown| Refusal::usage(unknown.to_string()))?;
        let dial = match hasher.derivation(&[]).algorithm() {
            Algorithm::Argon2(_) => {
                let memory = memory.unwrap_or(MEMORY);
                let (least, most) = (least_memory(), Limits::default().argon2_memory_kib);
                if !(least..=most).contains(&memory) {
                    return Err(Refusal::usage(format!(
                        "--memory from {least} KiB, the least of the {SOURCE} of {AS_OF}, to {most}"
                    )));
                }
                return Ok(Self::Argon2 { memory });
            }
            Algorithm::Bcrypt(_) => Self::Bcrypt,
            Algorithm::Pbkdf2(params) => Self::Pbkdf2(params.prf()),
            Algorithm::ShaCrypt(params) => Self::ShaCrypt(params.variant()),
            _ => return Err(Refusal::usage(format!("{name} has nothing to calibrate"))),
        };
        if memory.is_some() {
            return Err(Refusal::usage(format!(
                "--memory does not belong to {name}, whose memory is always the same"
            )));
        }
        Ok(dial)
    }

    /// The least work that is advised.
    pub(crate) fn least(&self) -> Setting {
        let rounds = self.least_rounds();
        match *self {
            Self::Argon2 { memory } => {
                let affordable = ARGON2.iter().filter(|(_, least)| *least <= memory);
                let least = affordable.min_by_key(|(passes, least)| passes * least);
                let (passes, memory) = *least.unwrap_or(&ARGON2[ARGON2.len() - 1]);
                Setting::Argon2 { memory, passes }
            }
            Self::Bcrypt => Setting::Bcrypt { cost: BCRYPT_COST },
            Self::Pbkdf2(prf) => Setting::Pbkdf2 { prf, rounds },
            Self::ShaCrypt(variant) => Setting::ShaCrypt { variant, rounds },
        }
    }

    /// The strongest parameters with at most this work: no weaker than the least, no dearer than
    /// `verify` takes.
    pub(crate) fn fit(&self, work: u64) -> Setting {
        let limits = Limits::default();
        let rounds = |most: u64| {
            let most = u32::try_from(work.min(most)).unwrap_or(u32::MAX);
            (most - most % ROUNDS_STEP).max(self.least_rounds())
        };
        match *self {
            Self::Argon2 { memory: most } => {
                let with_passes = |passes: u32| {
                    let memory = u32::try_from(work / u64::from(passes)).unwrap_or(u32::MAX);
                    let memory = memory.min(most);
                    let memory = memory - memory % MEMORY_STEP;
                    let least = least_with(passes);
                    (memory >= least).then_some(Setting::Argon2 { memory, passes })
                };
                let settings = (1..=limits.argon2_passes).filter_map(with_passes);
                settings.max_by_key(Setting::strength).unwrap_or_else(|| self.least())
            }
            Self::Bcrypt => {
                let cost = work.max(1).ilog2().clamp(BCRYPT_COST, limits.bcrypt_cost);
                Setting::Bcrypt { cost }
            }
            Self::Pbkdf2(prf) => Setting::Pbkdf2 { prf, rounds: rounds(limits.pbkdf2_rounds) },
            Self::ShaCrypt(variant) => {
                Setting::ShaCrypt { variant, rounds: rounds(limits.sha_crypt_rounds.into()) }
            }
        }
    }

    fn least_rounds(&self) -> u32 {
        match self {
            Self::Argon2 { .. } | Self::Bcrypt => 0,
            Self::Pbkdf2(prf) => match pbkdf2_rounds(*prf) {
                Some((least, _)) => least,
                None => Pbkdf2::default().params().rounds(),
            },
            Self::ShaCrypt(ShaCryptVariant::Sha256) => ShaCrypt::SHA256.params().rounds(),
            Self::ShaCrypt(ShaCryptVariant::Sha512) => ShaCrypt::SHA512.params().rounds(),
        }
    }
}

/// The least memory that is advised with any number of passes, in KiB.
fn least_memory() -> u32 {
    ARGON2.iter().map(|(_, least)| *least).min().unwrap_or(MEMORY)
}

/// The least memory that is advised with so many passes, in KiB.
fn least_with(passes: u32) -> u32 {
    let row = ARGON2.iter().rev().find(|(fewer, _)| *fewer <= passes);
    row.map_or(MEMORY, |(_, least)| *least)
}

impl Setting {
    /// To which the time is in proportion: KiB and passes, or rounds.
    pub(crate) fn work(&self) -> u64 {
        match *self {
            Self::Argon2 { memory, passes } => u64::from(memory) * u64::from(passes),
            Self::Bcrypt { cost } => 1 << cost.min(63),
            Self::Pbkdf2 { rounds, .. } | Self::ShaCrypt { rounds, .. } => rounds.into(),
        }
    }

    /// What a guess costs: of Argon2 the memory that is held, times the time that it is held for.
    fn strength(&self) -> u64 {
        match *self {
            Self::Argon2 { memory, .. } => self.work() * u64::from(memory),
            _ => self.work(),
        }
    }

    pub(crate) fn hasher(&self) -> Result<Arc<dyn Hasher>, Refusal> {
        let made: Result<Arc<dyn Hasher>, InvalidParameters> = match *self {
            Self::Argon2 { memory, passes } => {
                Argon2::new(memory, passes, 1).map(|hasher| Arc::new(hasher) as _)
            }
            Self::Bcrypt { cost } => Bcrypt::new(cost).map(|hasher| Arc::new(hasher) as _),
            Self::Pbkdf2 { prf, rounds } => {
                Pbkdf2::new(prf, rounds).map(|hasher| Arc::new(hasher) as _)
            }
            Self::ShaCrypt { variant, rounds } => {
                ShaCrypt::new(variant, rounds).map(|hasher| Arc::new(hasher) as _)
            }
        };
        made.map_err(|InvalidParameters| Refusal::usage("there are no such parameters"))
    }

    /// The options of `doorstep hash` that make such hashes.
    pub(crate) fn options(&self, algorithm: &str) -> Vec<String> {
        let mut options = vec!["--algorithm".into(), algorithm.into()];
        let mut push = |name: &str, value: u32| options.extend([name.into(), value.to_string()]);
        match *self {
            Self::Argon2 { memory, passes } => {
                push("--memory", memory);
                push("--passes", passes);
                push("--lanes", 1);
            }
            Self::Bcrypt { cost } => push("--cost", cost),
            Self::Pbkdf2 { rounds, .. } | Self::ShaCrypt { rounds, .. } => push("--rounds", rounds),
        }
        options
    }

    /// The line of Rust that makes such hashes.
    pub(crate) fn rust(&self) -> String {
        let made = match *self {
            Self::Argon2 { memory, passes } => format!("Argon2::new({memory}, {passes}, 1)"),
            Self::Bcrypt { cost } => format!("Bcrypt::new({cost})"),
            Self::Pbkdf2 { prf, rounds } => format!("Pbkdf2::new(Prf::{prf:?}, {rounds})"),
            Self::ShaCrypt { variant, rounds } => {
                format!("ShaCrypt::new(ShaCryptVariant::{variant:?}, {rounds})")
            }
        };
        format!("let hashers = Hashers::new({made}?);")
    }

    /// What nothing is tried below.
    pub(crate) fn floor(&self) -> String {
        match self {
            Self::ShaCrypt { .. } => "passlib's default".into(),
            _ => format!("the least that the {SOURCE} of {AS_OF} advises"),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorstep_password::{StoredHash, names};

    use super::{Dial, Setting};
    use crate::advice::{Opinion, Strength};

    fn dials() -> impl Iterator<Item = Dial> {
        let argon2 = [7_168, 9_000, 19_456, 65_536, 262_144];
        let argon2 = argon2.into_iter().map(|memory| Dial::Argon2 { memory });
        let others = names().filter(|name| *name != "argon2");
        argon2.chain(others.map(|name| Dial::of(name, None).unwrap_or(Dial::Bcrypt)))
    }

    fn is_advised(setting: Setting) -> bool {
        let Ok(hasher) = setting.hasher() else { return false };
        let stored = StoredHash::new("", hasher.derivation(&[]), &[0; 32]);
        Strength::of(&stored).verdict != Opinion::Below
            && doorstep_password::Hashers::new(hasher).can_hash(&[b'x'; 16]).is_ok()
    }

    /// Neither below the advice nor above the limits, whatever the work.
    #[test]
    fn every_setting_is_advised_and_admitted() {
        for dial in dials() {
            assert!(is_advised(dial.least()), "{dial:?}");
            let mut last = 0;
            for work in (0..40 * 8).map(|eighths| 2_f64.powf(f64::from(eighths) / 8.0) as u64) {
                let setting = dial.fit(work);
                assert!(is_advised(setting), "{dial:?} {work} {setting:?}");
                let allowed = work.max(dial.least().work());
                assert!(setting.work() <= allowed, "{dial:?} {work} {setting:?}");
                assert!(setting.strength() >= last, "{dial:?} {work} {setting:?}");
                last = setting.strength();
            }
        }
    }

    /// RFC 9106 §4: as much memory as can be afforded, and then passes.
    #[test]
    fn argon2_takes_memory_first() {
        let dial = Dial::Argon2 { memory: 65_536 };
        for (work, memory, passes) in [
            (38_911, 12_288, 3),
            (38_912, 19_456, 2),
            (47_104, 47_104, 1),
            (65_536, 65_536, 1),
            (131_072, 65_536, 2),
            (u64::MAX, 65_536, 16),
        ] {
            assert_eq!(dial.fit(work), Setting::Argon2 { memory, passes }, "{work}");
        }
    }
}
