//! Which unknown names get the work of an old format, in a table that is half migrated.

use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::decoy::StandIn;
use crate::secret::Secret;
use crate::stored::Refused;

/// Stand-ins of old formats and the part of all names that each is to have.
///
/// A name's place between 0 and 1 is fixed by the secret. The first format takes the lowest places,
/// the others follow it, and the last takes the highest; the new format has what lies between. So a
/// falling share of the first or the last only moves names from old to new. (With three or more old
/// formats no layout does so for all of them.)
pub(crate) struct Shares {
    secret: Secret,
    shares: Vec<(StandIn, f64)>,
}

impl Shares {
    pub(crate) fn new(secret: Secret, shares: Vec<(StandIn, f64)>) -> Result<Self, InvalidShares> {
        // Not `any(is_nan)`: a comparison with NaN is false, and so refused.
        let each_fits = shares.iter().all(|(_, share)| (0.0..=1.0).contains(share));
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        // Shares that were counted add up to 1 but for rounding.
        if !each_fits || sum > 1.0 + 1e-9 {
            return Err(InvalidShares::Sum);
        }
        if secret.len() < 16 {
            return Err(InvalidShares::Secret);
        }
        Ok(Self { secret, shares })
    }

    /// What stands in for the hash of an unknown `name`, if not one of the preferred format.
    pub(crate) fn stand_in_for(&self, name: &str) -> Option<&StandIn> {
        let place = self.place(name);
        let (last, others) = self.shares.split_last()?;
        let mut end = 0.0;
        for (stand_in, share) in others {
            end += share;
            if place < end {
                return Some(stand_in);
            }
        }
        // Of a single share this is the only test, and the lowest places are as good.
        if 1.0 - place <= last.1 && last.1 > 0.0 { Some(&last.0) } else { None }
    }

    /// A pseudo-random place in [0, 1), of 53 bits.
    fn place(&self, name: &str) -> f64 {
        // HMAC takes a key of any length.
        let Ok(mut prf) = Hmac::<Sha256>::new_from_slice(self.secret.expose()) else { return 0.0 };
        prf.update(b"doorstep decoy\0");
        prf.update(name.as_bytes());
        let tag = prf.finalize().into_bytes();
        let bits = tag.iter().take(8).fold(0u64, |bits, &byte| bits << 8 | u64::from(byte)) >> 11;
        bits as f64 / (1u64 << 53) as f64
    }
}

/// Why shares were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidShares {
    /// A share is not between 0 and 1, or their sum is above 1.
    Sum,
    /// The secret is shorter than 16 bytes.
    Secret,
    /// A sample hash is refused.
    Sample(Refused),
}

impl fmt::Display for InvalidShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidShares::Sum => f.write_str("shares are to be between 0 and 1, also in sum"),
            InvalidShares::Secret => f.write_str("the secret is to be of at least 16 bytes"),
            InvalidShares::Sample(refused) => write!(f, "a sample hash is refused: {refused}"),
        }
    }
}

impl core::error::Error for InvalidShares {}
