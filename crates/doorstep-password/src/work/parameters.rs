//! Parameters that no algorithm takes.

use core::fmt;

/// A parameter is outside the range that its algorithm defines; the constructor's docs say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidParameters;

impl fmt::Display for InvalidParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter is outside the range of its algorithm")
    }
}

impl core::error::Error for InvalidParameters {}
