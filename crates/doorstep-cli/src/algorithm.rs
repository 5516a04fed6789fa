//! Which hasher the options name. Knows no algorithm by name: the registry does.

use std::sync::Arc;

use doorstep_password::{
    Algorithm, Argon2, Bcrypt, BuiltIn, Hasher, Hashers, InvalidParameters, Limits, Pbkdf2,
    ShaCrypt, bare_formats, by_name, formats,
};

use crate::args::Making;
use crate::refusal::Refusal;

/// The hasher that `making` names, with its options or today's defaults.
pub(crate) fn hasher(making: &Making) -> Result<Arc<dyn Hasher>, Refusal> {
    let Making { algorithm: name, memory, passes, lanes, cost, rounds } = making;
    let default = by_name(name).map_err(|unknown| Refusal::usage(unknown.to_string()))?;
    let (belonging, made): (&[&str], Result<Arc<dyn Hasher>, Refusal>) = match default
        .derivation(&[])
        .algorithm()
    {
        Algorithm::Argon2(params) => (
            &["--memory", "--passes", "--lanes"],
            Argon2::new(
                memory.unwrap_or(params.memory_kib()),
                passes.unwrap_or(params.passes()),
                lanes.unwrap_or(params.lanes()),
            )
            .map(|argon2| Arc::new(argon2) as _)
            .map_err(|InvalidParameters| {
                Refusal::usage(
                    "argon2 takes --passes from 1, --lanes from 1 to 16777215, and --memory \
                         from 8 KiB for each lane",
                )
            }),
        ),
        Algorithm::Bcrypt(params) => (
            &["--cost"],
            Bcrypt::new(cost.unwrap_or(params.cost()))
                .map(|bcrypt| Arc::new(bcrypt) as _)
                .map_err(|InvalidParameters| Refusal::usage("bcrypt takes --cost from 4 to 31")),
        ),
        Algorithm::Pbkdf2(params) => (
            &["--rounds"],
            Pbkdf2::new(params.prf(), rounds.unwrap_or(params.rounds()))
                .map(|pbkdf2| Arc::new(pbkdf2) as _)
                .map_err(|InvalidParameters| Refusal::usage("pbkdf2 takes --rounds from 1")),
        ),
        Algorithm::ShaCrypt(params) => (
            &["--rounds"],
            ShaCrypt::new(params.variant(), rounds.unwrap_or(params.rounds()))
                .map(|sha_crypt| Arc::new(sha_crypt) as _)
                .map_err(|InvalidParameters| {
                    Refusal::usage("sha-crypt takes --rounds from 1000 to 999999999")
                }),
        ),
        _ => (&[], Ok(default)),
    };
    let given = [
        ("--memory", memory),
        ("--passes", passes),
        ("--lanes", lanes),
        ("--cost", cost),
        ("--rounds", rounds),
    ];
    let is_stray =
        |option: &str, value: &Option<u32>| value.is_some() && !belonging.contains(&option);
    if let Some((stray, _)) = given.iter().find(|(option, value)| is_stray(option, value)) {
        let takes =
            if belonging.is_empty() { "no such option".into() } else { belonging.join(", ") };
        return Err(Refusal::usage(format!(
            "{stray} does not belong to {name}, which takes {takes}"
        )));
    }
    made
}

/// A set that writes with `preferred` and reads every format that can be told by its prefix: those of
/// other systems too, and wrapped ones.
pub(crate) fn accept_all(preferred: Arc<dyn Hasher>) -> Hashers {
    formats().fold(Hashers::new(preferred), |hashers, built_in| hashers.accept(built_in.format()))
}

/// What goes by `name` and has no prefix, so that it is read only if it is named.
pub(crate) fn bare(name: &str) -> impl Iterator<Item = &'static BuiltIn> {
    bare_formats().filter(move |built_in| built_in.names().contains(&name))
}

/// The names of all formats, each once.
pub(crate) fn format_names() -> Vec<&'static str> {
    each_once(formats().chain(bare_formats()))
}

/// The names of those without a prefix, each once.
pub(crate) fn bare_names() -> Vec<&'static str> {
    each_once(bare_formats())
}

fn each_once(formats: impl Iterator<Item = &'static BuiltIn>) -> Vec<&'static str> {
    let mut names: Vec<_> = formats.flat_map(BuiltIn::names).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Limits that let everything in, for reading a hash and doing none of its work.
pub(crate) fn unlimited() -> Limits {
    let mut limits = Limits::default();
    limits.argon2_memory_kib = u32::MAX;
    limits.argon2_passes = u32::MAX;
    limits.argon2_lanes = u32::MAX;
    limits.pbkdf2_rounds = u64::MAX;
    limits.sha_crypt_rounds = u32::MAX;
    limits.bcrypt_cost = u32::MAX;
    limits.units = u64::MAX;
    limits
}
