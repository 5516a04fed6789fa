//! What errors say: Rust's API guidelines, C-GOOD-ERR, want "lowercase sentences without trailing
//! punctuation", and an operator who reads a log must be able to tell one reason from the other.

#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use doorstep_password::{
    CannotHash, HashError, HashFunction, InvalidParameters, InvalidShares, Malformed,
    MalformedKind, OutOfMemory, PasswordStep, Refused, Secret, UnknownName,
};

#[test]
fn each_error_is_told_in_its_own_words() {
    let malformed = |kind| Refused::Malformed(Malformed::new(3, kind));
    let errors: [&dyn Error; 22] = [
        &Refused::UnknownFormat,
        &Refused::Unsupported("$2x$ is another algorithm"),
        &malformed(MalformedKind::Syntax),
        &malformed(MalformedKind::Number),
        &malformed(MalformedKind::Range),
        &malformed(MalformedKind::Base64),
        &malformed(MalformedKind::Length),
        &malformed(MalformedKind::Trailing),
        &Refused::TooCostly("units"),
        &Refused::UnknownKey,
        &Refused::StoredTooLong,
        &Refused::PasswordTooLong,
        &HashError::Password(CannotHash::LongerThan(72)),
        &HashError::Password(CannotHash::HoldsNul),
        &HashError::Password(CannotHash::NotOpaqueString),
        &HashError::Entropy,
        &InvalidParameters,
        &InvalidShares::Sum,
        &InvalidShares::Secret,
        &InvalidShares::Sample(Refused::UnknownKey),
        &OutOfMemory::new(19_456),
        &UnknownName,
    ];
    let mut seen = BTreeSet::new();
    for error in errors {
        let message = error.to_string();
        assert!(message.starts_with(|first: char| !first.is_uppercase()), "{message:?}");
        assert!(!message.ends_with(['.', ' ', ':']), "{message:?}");
        assert!(!message.contains(char::is_control), "{message:?}");
        assert!(seen.insert(message.clone()), "twice: {message:?}");
    }
    // What is over a limit is told as what is refused.
    assert_eq!(
        HashError::Refused(Refused::UnknownKey).to_string(),
        Refused::UnknownKey.to_string()
    );
}

/// `Debug` of a step shows what it does, and no key: that can be the salt, or a secret of the host's.
#[test]
fn a_step_shows_no_key() {
    let key = || Arc::new(Secret::from("a key of the host's"));
    let steps = [
        PasswordStep::Trim,
        PasswordStep::Utf16Le,
        #[cfg(feature = "scram")]
        PasswordStep::SaslPrep,
        #[cfg(feature = "scram")]
        PasswordStep::SaslPrepOrAsIs,
        PasswordStep::Digest(HashFunction::Sha256),
        PasswordStep::Hmac(HashFunction::Sha256, key()),
        PasswordStep::Append(key()),
        PasswordStep::Hex,
        PasswordStep::Base64,
    ];
    let mut seen = BTreeSet::new();
    for step in &steps {
        let shown = format!("{step:?}");
        assert!(!shown.contains("host") && !shown.contains("[97, 32"), "{shown}");
        assert!(seen.insert(shown.clone()), "twice: {shown}");
    }
    assert_eq!(seen.len(), steps.len());
}
