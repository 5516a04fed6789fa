//! What errors say: Rust's API guidelines, C-GOOD-ERR, want "lowercase sentences without trailing
//! punctuation", and an operator who reads a log must be able to tell one cause from the other.

#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::error::Error;

use doorstep::grammar::{Malformed, MalformedKind};
use doorstep::password::{HashError, OutOfMemory, Refused};
use doorstep::{Cause, InvalidConfig, InvalidPrefix, InvalidScope, NoEntropy, Refuse};

/// Each is one line of its own words.
#[track_caller]
fn are_lines_of_their_own(messages: &[String]) {
    let mut seen = BTreeSet::new();
    for message in messages {
        assert!(message.starts_with(|first: char| !first.is_uppercase()), "{message:?}");
        assert!(!message.ends_with(['.', ' ', ':']), "{message:?}");
        assert!(!message.contains(char::is_control), "{message:?}");
        assert!(seen.insert(message), "twice: {message:?}");
    }
}

#[test]
fn each_cause_is_told_in_its_own_words() {
    let malformed = |kind| Cause::Malformed(Malformed::new(3, kind));
    let causes = [
        malformed(MalformedKind::Scheme),
        malformed(MalformedKind::Token68),
        malformed(MalformedKind::Base64),
        malformed(MalformedKind::NoColon),
        malformed(MalformedKind::NotUtf8),
        malformed(MalformedKind::Control),
        malformed(MalformedKind::Parameter),
        malformed(MalformedKind::Credentials),
        Cause::Duplicate,
        Cause::Ambiguous,
        Cause::TooLong,
        Cause::ForeignToken,
        Cause::UnknownUser,
        Cause::NoPassword,
        Cause::AccountDisabled,
        Cause::UnusableHash(Refused::UnknownFormat),
        Cause::Mismatch,
        Cause::Stale,
        Cause::UnknownToken,
        Cause::AnotherToken,
        Cause::TokenExpired,
        Cause::TokenRevoked,
        Cause::Refused(Refuse::Throttled { retry_after: 1 }),
        Cause::Refused(Refuse::Overloaded { retry_after: 1 }),
        Cause::OutOfMemory(OutOfMemory::new(19_456)),
    ];
    are_lines_of_their_own(&causes.map(|cause| cause.to_string()));
}

#[test]
fn each_error_of_a_configuration_is_told_in_its_own_words() {
    let errors: [&dyn Error; 10] = [
        &InvalidConfig::Realm,
        &InvalidConfig::Scheme,
        &InvalidConfig::SchemeTwice,
        &InvalidConfig::TooManyFields,
        &InvalidConfig::Hasher(HashError::Entropy),
        &InvalidConfig::ReceiptKey,
        &InvalidConfig::Entropy,
        &InvalidScope,
        &InvalidPrefix,
        &NoEntropy,
    ];
    are_lines_of_their_own(&errors.map(|error| error.to_string()));
}
